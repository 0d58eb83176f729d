#!/usr/bin/env python3
"""The console's pages as files: small, from nowhere else, complete in both languages, and never markup out of data.

Usage: assets_test.py [folder of the pages]
"""

import gzip
import hashlib
import re
import sys
import unittest
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = Path(sys.argv.pop(1)) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else REPOSITORY / "console/pages"
MOST_BYTES = 120_000

ENTRY = re.compile(r"^  '((?:[^'\\]|\\.)+)': '((?:[^'\\]|\\.)*)',$")
USED = re.compile(r"\bt\(\s*'([^']+)'")
IMPORTED = re.compile(r"from '(\.[^']+)'")
QUOTED = re.compile(r"'([a-z_.0-9]+)'")
MADE = re.compile(r"`([a-z_]+(?:\.[a-z_]+)*\.)\$\{")
LIST = re.compile(r"\b(?:term|told)\('([a-z.]+)',")
WORD = re.compile(r"<\$\{Word\} list=\"([a-z]+)\"")


def sources():
    """Our modules, without the vendored ones."""
    return sorted(path for path in PAGES.rglob("*.js") if "vendor" not in path.parts)


def table(language):
    """The texts of a language, by name."""
    found = {}
    for number, line in enumerate((PAGES / f"texts/{language}.js").read_text().splitlines(), 1):
        entry = ENTRY.match(line)
        if entry:
            if entry[1] in found:
                raise ValueError(f"texts/{language}.js:{number}: '{entry[1]}' is there twice")
            found[entry[1]] = entry[2]
        elif line.startswith("  '"):
            raise ValueError(f"texts/{language}.js:{number}: one text a line, in this form:   'name': 'text',")
    return found


def code():
    return "\n".join(path.read_text() for path in sources() if path.parent.name != "texts")


def reasons(heading):
    """The words of the first column of a table of docs/operations.md."""
    section = (REPOSITORY / "docs/operations.md").read_text().split(f"\n## {heading}")[1].split("\n## ")[0]
    return [
        word for row in re.findall(r"^\| (`[^|]+) \|", section, re.M) for word in re.findall(r"`([a-z_0-9]+)`", row)
    ]


class Texts(unittest.TestCase):
    def setUp(self):
        self.en, self.zh = table("en"), table("zh")

    def test_both_languages_have_the_same_names(self):
        self.assertEqual(sorted(self.en), sorted(self.zh))

    def test_no_text_is_empty_and_chinese_is_chinese(self):
        for name in self.en:
            self.assertTrue(self.en[name].strip(), name)
            self.assertTrue(self.zh[name].strip(), name)
        latin = [name for name, text in self.zh.items() if text == self.en[name] and len(text) > 12]
        self.assertEqual(latin, [], "not translated")

    def test_both_languages_fill_in_the_same_values(self):
        for name in self.en:
            values = [sorted(re.findall(r"\{(\w+)\}", texts[name])) for texts in (self.en, self.zh)]
            self.assertEqual(values[0], values[1], name)

    def test_every_text_that_a_page_names_is_there_and_every_other_one_is_gone(self):
        text = code()
        self.assertEqual(
            sorted(set(USED.findall(text)) - set(self.en)), [], "named by a page, and there is no such text"
        )
        used = set(QUOTED.findall(text))
        made = set(MADE.findall(text)) | {f"{name}." for name in LIST.findall(text) + WORD.findall(text)}
        left = [name for name in self.en if name not in used and not name.startswith(tuple(made))]
        self.assertEqual(left, [], "no page uses them")

    def test_every_reason_has_its_words(self):
        for reason in reasons("Dead letters"):
            for texts in (self.en, self.zh):
                self.assertIn(f"reason.{reason}", texts)
                self.assertIn(f"reason.do.{reason}", texts)
        for reason in reasons("Refusals"):
            for texts in (self.en, self.zh):
                self.assertIn(f"refusal.{reason}", texts)
                self.assertIn(f"refusal.do.{reason}", texts)

    def test_the_lists_of_reasons_were_found(self):
        self.assertIn("undecryptable", reasons("Dead letters"))
        self.assertIn("bad_signature", reasons("Refusals"))


def literals():
    """All texts in the C++ sources that may reach a page, those of one expression joined."""
    token = re.compile(r'//[^\n]*|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)\'|[^"\'/\s]+|/')
    found = []
    for folder in ("operate", "console", "sinks", "common", "ingest"):
        for path in (REPOSITORY / folder).rglob("*.[ch]pp"):
            joined = False
            for piece in token.findall(path.read_text()):
                if not piece.startswith('"'):
                    joined = joined and piece.startswith("//")
                    continue
                text = piece[1:-1].replace('\\"', '"').replace("\\\\", "\\")
                if joined:
                    found[-1] += text
                else:
                    found.append(text)
                joined = True
    return "\n".join(found)


class Sentences(unittest.TestCase):
    """Sentences of the server that the pages say in Chinese."""

    def setUp(self):
        text = (PAGES / "texts/sentences_zh.js").read_text()
        found = re.findall(r"^  \['((?:[^'\\]|\\.)+)',\s*'((?:[^'\\]|\\.)+)'\],$", text, re.M)
        self.pairs = [(english.replace("\\'", "'"), chinese) for english, chinese in found]

    def test_every_line_was_read(self):
        lines = (PAGES / "texts/sentences_zh.js").read_text().count("\n  ['")
        self.assertEqual(len(self.pairs), lines)

    def test_each_leaves_room_for_the_same_values(self):
        for english, chinese in self.pairs:
            self.assertEqual(english.count("{}"), chinese.count("{}"), english)

    @unittest.skipUnless((REPOSITORY / "console/server.cpp").exists(), "the console's sources aren't here")
    def test_somebody_says_each_in_english(self):
        said = literals()
        unsaid = [
            english
            for english, _ in self.pairs
            if any(part.strip() not in said for part in re.split(r"\{\}|kafka-reassign-partitions|(?<=\.) ", english))
        ]
        self.assertEqual(unsaid, [])


class Code(unittest.TestCase):
    def test_what_strangers_wrote_never_becomes_markup(self):
        forbidden = re.compile(
            r"innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|DOMParser|document\.write|srcdoc|javascript:"
            r"|\beval\(|new Function|setTimeout\(['\"`]|(?<![\w.])on[a-z]+=[\"']"
        )
        for path in sources():
            for number, line in enumerate(path.read_text().splitlines(), 1):
                self.assertNotRegex(line, forbidden, f"{path.relative_to(PAGES)}:{number}")

    def test_nothing_comes_from_another_host(self):
        for path in [*sources(), PAGES / "index.html", PAGES / "style.css"]:
            for number, line in enumerate(path.read_text().splitlines(), 1):
                self.assertNotRegex(
                    line,
                    r"(src|href)=[\"'](https?:)?//|@import|url\(|from ['\"](https?:|[^.'\"/])|import\(['\"]https?:",
                    f"{path.relative_to(PAGES)}:{number}",
                )

    def test_styles_stand_in_the_sheet(self):
        """style="…" needs 'unsafe-inline'; a style object is set by properties, which the policy allows."""
        for path in [*sources(), PAGES / "index.html"]:
            self.assertNotRegex(path.read_text(), r"style=[\"']|<style", path.name)

    def test_every_module_that_is_imported_is_there(self):
        for path in sources():
            for name in IMPORTED.findall(path.read_text()):
                self.assertTrue((path.parent / name).resolve().is_file(), f"{path.name}: {name}")

    def test_the_first_page_asks_for_all_modules_at_once(self):
        """Else it asks for what it has just read about, four times, one after the other."""
        needed, to_read = set(), [PAGES / "app.js"]
        while to_read:
            path = to_read.pop()
            if path not in needed:
                needed.add(path)
                to_read += [(path.parent / name).resolve() for name in IMPORTED.findall(path.read_text())]
        names = sorted("/" + str(path.relative_to(PAGES)) for path in needed - {PAGES / "app.js"})
        preloaded = re.findall(r'<link rel="modulepreload" href="([^"]+)">', (PAGES / "index.html").read_text())
        self.assertEqual(preloaded, names)

    def test_what_a_module_offers_is_used(self):
        texts = {path: path.read_text() for path in sources()}
        for path, text in texts.items():
            for name in re.findall(r"^export (?:async )?(?:const|function) (\w+)", text, re.M):
                taken = any(
                    re.search(rf"import \{{[^}}]*\b{name}\b", other) for where, other in texts.items() if where != path
                )
                self.assertTrue(taken, f"{path.relative_to(PAGES)}: {name}")

    def test_no_import_is_unused(self):
        for path in sources():
            text = path.read_text()
            for names in re.findall(r"^import \{([^}]+)\} from", text, re.M):
                for name in (one.strip() for one in names.split(",")):
                    if name:
                        self.assertGreater(len(re.findall(rf"\b{name}\b", text)), 1, f"{path.name}: {name}")


class Vendored(unittest.TestCase):
    def test_files_are_as_their_makers_published_them(self):
        folder = PAGES / "vendor"
        listed = {}
        for line in (folder / "SHA256SUMS").read_text().splitlines():
            digest, name = line.split("  ")
            listed[name] = digest
        there = sorted(path.name for path in folder.iterdir() if path.name != "SHA256SUMS")
        self.assertEqual(sorted(listed), there)
        for name, digest in listed.items():
            self.assertEqual(hashlib.sha256((folder / name).read_bytes()).hexdigest(), digest, name)

    def test_each_has_its_licence(self):
        for name in ("htm", "preact", "uplot"):
            self.assertTrue((PAGES / f"vendor/LICENSE.{name}").read_text().strip(), name)


class Size(unittest.TestCase):
    def test_all_of_it_is_small(self):
        served = [path for path in PAGES.rglob("*") if path.suffix in (".js", ".css", ".html", ".svg")]
        size = sum(len(gzip.compress(path.read_bytes(), 9)) for path in served)
        self.assertLess(size, MOST_BYTES, f"{size:,} bytes, gzipped one by one")


if __name__ == "__main__":
    unittest.main()
