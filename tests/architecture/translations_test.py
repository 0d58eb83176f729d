#!/usr/bin/env python3
"""Holds each Chinese page against its English one: the same headings in the same order, the same commands, the same
links, the same rows in tables. Words may differ; what a reader types or clicks may not.
"""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAIRS = {"README.md": "README.zh-CN.md"}
PAIRS |= {
    f"docs/{path.name}": f"docs/zh-CN/{path.name}" for path in sorted((ROOT / "docs/zh-CN").glob("*.md"))
}
CHINESE = re.compile("[\u4e00-\u9fff]")
# ASCII punctuation beside a Chinese character. Code and links are taken out before.
HALF_WIDTH = re.compile("[\u4e00-\u9fff][,:;?!(]|[,:;?!)][\u4e00-\u9fff]")


def text(page):
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page):
    return re.findall(r"^```(\w*)\n(.*?)^```", text(page), re.M | re.S)


def prose(page):
    return re.sub(r"^```.*?^```", "", text(page), flags=re.M | re.S)


def levels(page):
    return [len(marks) for marks in re.findall(r"^(#+) ", prose(page), re.M)]


def numbered(page):
    return re.findall(r"^#+ (\d+)\.", prose(page), re.M)


def commands_in_text(page):
    return sorted(set(re.findall(r"`((?:wxpipe|make|curl) [^`]+)`", prose(page))))


def rows(page):
    return [line.count("|") for line in prose(page).splitlines() if line.startswith("|")]


def links(page):
    """Where a page's links lead, seen from the root; links to a page's own translation are left out."""
    folder = (ROOT / page).parent
    found = set()
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", prose(page)):
        if "://" in target:
            found.add(target)
            continue
        path = (folder / target).resolve()
        name = str(path.relative_to(ROOT))
        back = {chinese: english for english, chinese in PAIRS.items()}
        found.add(back.get(name, re.sub(r"^(docs/pictures/\w+)\.zh\.", r"\1.en.", name)))
    own = {english for english, chinese in PAIRS.items() if page in (english, chinese)}
    return sorted(found - own)


class Translations(unittest.TestCase):
    def each(self, look):
        for english, chinese in PAIRS.items():
            with self.subTest(page=chinese):
                self.assertEqual(look(english), look(chinese))

    def test_every_page_has_its_original(self):
        for english, chinese in PAIRS.items():
            self.assertTrue((ROOT / english).is_file(), f"{chinese} translates {english}, which is not there")
            self.assertTrue((ROOT / chinese).is_file(), f"{chinese} is not there")

    def test_headings(self):
        self.each(levels)
        self.each(numbered)

    def test_what_people_type(self):
        self.each(blocks)
        self.each(commands_in_text)

    def test_links(self):
        self.each(links)

    def test_pictures_are_there_and_show_the_language_of_their_page(self):
        for pair in PAIRS.items():
            for page, language in zip(pair, ("en", "zh")):
                for name in re.findall(r"!\[[^]]*\]\((docs/pictures/[^)]+)\)", text(page)):
                    self.assertTrue((ROOT / name).is_file(), f"{page}: {name} is not there")
                    self.assertTrue(name.endswith(f".{language}.png"), f"{page}: {name}")

    def test_tables_have_the_same_rows(self):
        self.each(rows)

    def test_each_leads_to_the_other(self):
        for english, chinese in PAIRS.items():
            self.assertIn(pathlib.Path(chinese).name, text(english), f"{english} doesn't lead to {chinese}")
            self.assertIn(pathlib.Path(english).name, text(chinese), f"{chinese} doesn't lead to {english}")

    def test_chinese_is_written_as_chinese(self):
        for chinese in PAIRS.values():
            bare = re.sub(r"`[^`]*`|\]\([^)]*\)|<!--.*?-->", "", prose(chinese))
            self.assertRegex(bare, CHINESE)
            self.assertEqual(HALF_WIDTH.findall(bare), [], f"{chinese}: Chinese text wants full-width punctuation")


if __name__ == "__main__":
    unittest.main()
