#!/usr/bin/env python3
"""Compares the documentation with the code: every metric, reason, refusal, log line, topic, table, column and command
is documented in its place, nothing is documented that doesn't exist, and every link works.

    docs_test.py [WXPIPE]      WXPIPE: the executable, whose --help is read
"""
import functools
import json
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

import check_architecture

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODE = ("common", "schemas", "ingest", "processors", "sinks", "rig", "simulate", "chaos", "operate", "micro", "console", "cli")
UNITS = [f"config/systemd/wxpipe-{role}@.service" for role in ("ingest", "process", "sink", "console")]
wxpipe = None  # the executable


@functools.cache
def text(path):
    return (ROOT / path).read_text(encoding="utf-8")


def code():
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*.?pp")):
            yield path.relative_to(ROOT)


def pages():
    """The pages that people read; nothing in build folders."""
    yield from ("README.md", "README.zh-CN.md")
    yield from (str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").rglob("*.md")))


def section(page, title):
    """The text below the heading that begins like this, up to the next heading of its level."""
    found = re.search(rf"^(#+) {re.escape(title)}.*?$(.*?)(?=^#{{1,2}} |\Z)", text(page), re.M | re.S)
    if not found:
        raise AssertionError(f"{page} has no section '{title}'")
    return found.group(2)


def in_backticks(body, pattern=r"[a-z0-9_]+"):
    return set(re.findall(rf"`({pattern})[`{{]", body))


def shown_as_code(page):
    """What people may type: a page's shell blocks and code spans; the whole text of any other file."""
    if not page.endswith(".md"):
        return text(page)
    blocks = re.findall(r"```sh\n(.*?)```", text(page), re.S)
    return "\n".join(blocks + re.findall(r"`(wxpipe [^`\n]+)`", text(page)))


def first_cells(body):
    """The texts in backticks in the first column of the section's tables."""
    cells = "\n".join(line.split("|")[1] for line in body.splitlines() if line.startswith("| `"))
    return in_backticks(cells)


def words_of(path):
    """The words of an enumeration's to_string."""
    found = re.search(r"(?:kWords|kRefusals)\{(.*?)\};", text(path), re.S)
    return set(re.findall(r'"(\w+)"', found.group(1)))


def tables():
    """Table -> {column: comment}, from the numbered SQL files."""
    found, comments = {}, {}
    for path in sorted((ROOT / "schemas/postgres").glob("*.sql")):
        sql = path.read_text(encoding="utf-8")
        for table, body in re.findall(r"create table ([\w.]+) \(\n(.*?)\n\)", sql, re.S):
            columns = re.findall(r"^  (\w+) +[a-z]", body, re.M)
            found[table] = [name for name in columns if name not in ("primary", "unique", "check", "foreign", "constraint")]
        for name, comment in re.findall(r"comment on (?:table|column) ([\w.]+) is\s+'((?:[^']|'')*)'", sql):
            comments[name] = comment.replace("''", "'")
    return {table: {name: comments.get(f"{table}.{name}", "") for name in columns} for table, columns in found.items()}


def commands():
    """Each command as people type it, from the executable's own help, with that help."""
    def below(words):
        shown = subprocess.run([wxpipe, *words, "--help"], capture_output=True, text=True, timeout=20)
        if shown.returncode != 0:
            raise AssertionError(f"wxpipe {' '.join(words)} --help exits with {shown.returncode}: {shown.stderr}")
        names = []
        if "SUBCOMMAND" in shown.stdout.split("\n\n")[0]:
            listed = shown.stdout.split("Examples:")[0]
            names = [name for name in re.findall(r"^  ([a-z][a-z-]*)  +\S", listed, re.M)]
        yield words, shown.stdout
        for name in names:
            yield from below([*words, name])

    yield from below([])


class Operations(unittest.TestCase):
    page = "docs/operations.md"

    def test_has_every_metric_and_no_other(self):
        declared = set(re.findall(r'"(wxpipe_\w+)"', text("common/telemetry/metrics.cpp")))
        self.assertTrue(declared)
        self.assertEqual(first_cells(section(self.page, "Metrics")), declared)

    def test_has_every_reason_of_dead_letters_and_no_other(self):
        self.assertEqual(first_cells(section(self.page, "Dead letters")), words_of("common/result.cpp"))

    def test_has_every_refusal_and_no_other(self):
        self.assertEqual(first_cells(section(self.page, "Refusals")), words_of("ingest/callback.cpp"))

    def test_has_every_log_line_and_no_other(self):
        events = set()
        for path in code():
            events |= set(re.findall(r'log(?:_\w+)?\([^"();]*(?:\([^"()]*\))?[^"();]*"([a-z_]+)",? ?[{)\n]', text(path)))
            events |= set(re.findall(r'log_(?:debug|info|warn|error)\(\s*"([a-z_]+)"', text(path)))
            for names in re.findall(r"\.events = \{([^}]*)\}", text(path)):  # of a team (common/worker/crew.hpp)
                events |= set(re.findall(r'"([a-z_]+)"', names))
        self.assertEqual(first_cells(section(self.page, "Log lines")), events)

    def test_mentions_no_metric_that_does_not_exist_anywhere(self):
        declared = set(re.findall(r'"(wxpipe_\w+)"', text("common/telemetry/metrics.cpp")))
        for page in pages():
            named = set(re.findall(r"`(wxpipe_[a-z_]+)", text(page)))
            named = {name for name in named if not any(name == known or known.startswith(name) for known in declared)}
            self.assertEqual(named, set(), page)


class Schemas(unittest.TestCase):
    def test_that_pages_name_exist(self):
        made = {"public"}
        for path in sorted((ROOT / "schemas/postgres").glob("*.sql")):
            made |= set(re.findall(r"^create schema (?:if not exists )?(\w+)", path.read_text(encoding="utf-8"), re.M))
        named = {
            (page, name)
            for page in pages()
            if not page.startswith("docs/decisions/")  # these give examples
            for listed in re.findall(r"\b[Ss]chemas? ((?:`[a-z_]+`(?:, | and |、)?)+)", text(page))
            for name in re.findall(r"`([a-z_]+)`", listed)
        }
        self.assertIn(("docs/contract.md", "tb_core"), named)
        self.assertEqual(sorted(one for one in named if one[1] not in made), [])


class Tables(unittest.TestCase):
    page = "docs/tables.md"

    def test_and_columns_are_all_there_in_the_words_of_their_comments(self):
        rows = re.findall(r"^\| `(\w+)` \| [^|]* \| (.*) \|$", text(self.page), re.M)
        missing = []
        for table, columns in tables().items():
            for column, comment in columns.items():
                row = (column, comment.replace("|", "&#124;"))
                if comment and row in rows:
                    rows.remove(row)  # a column that several tables have is listed once for each
                else:
                    missing.append(f"{table}.{column}: {comment or 'has no comment'}")
            if f"`{table}`" not in text(self.page) and not re.search(rf"^## .*\b{table}\b", text(self.page), re.M):
                missing.append(table)
        self.assertEqual(missing, [])


class Commands(unittest.TestCase):
    def test_are_all_in_the_readme_or_in_operations(self):
        said = text("README.md") + text("docs/operations.md")
        missing = [" ".join(words) for words, _ in commands() if not re.search(rf"wxpipe {' '.join(words)}\b".strip(), said)]
        self.assertEqual(missing, [])

    def test_are_on_their_page_as_help_has_them(self):
        shown = subprocess.run([wxpipe, "manual", "markdown"], capture_output=True, text=True, timeout=20, check=True)
        self.assertEqual(text("docs/commands.md"), shown.stdout, "wxpipe manual markdown > docs/commands.md")

    def test_have_a_man_page_and_completion_that_their_readers_take(self):
        def printed(*words):
            return subprocess.run([wxpipe, *words], capture_output=True, text=True, timeout=20, check=True).stdout

        readers = {("completion", "bash"): ["bash", "-n"], ("completion", "zsh"): ["zsh", "-n"],
                   ("completion", "fish"): ["fish", "--no-execute"], ("manual", "man"): ["groff", "-Kutf8", "-man", "-Tutf8", "-ww", "-z"]}
        for words, reader in readers.items():
            page = printed(*words)
            self.assertIn("dlq", page)
            if shutil.which(reader[0]):
                read = subprocess.run(reader, input=page, capture_output=True, text=True, timeout=20)
                self.assertEqual((read.returncode, read.stderr), (0, ""), words)
        tried = printed("completion", "bash") + "COMP_WORDS=(wxpipe dlq re); COMP_CWORD=2; _wxpipe; echo ${COMPREPLY[@]}"
        self.assertEqual(subprocess.run(["bash", "-c", tried], capture_output=True, text=True, timeout=20).stdout, "retry\n")

    def test_show_examples_that_begin_with_their_name(self):
        for words, shown in commands():
            name = " ".join(["wxpipe", *words])
            self.assertIn("Examples:\n", shown, name)
            self.assertIn(name, shown.split("Examples:\n")[1], name)

    def test_that_pages_show_exist(self):
        known = {" ".join(words) for words, _ in commands()}
        groups = {name.split(" ")[0] for name in known if " " in name}
        for page in [*pages(), "config/wxpipe.minimal.toml", *UNITS]:
            for line in re.findall(r"(?:^|^# +|&& |/usr/bin/)wxpipe ((?:[a-z][a-z-]*\b ?)+)", shown_as_code(page), re.M):
                words = line.split()
                name = " ".join(words[:2]) if words[0] in groups and len(words) > 1 else words[0]
                self.assertIn(name, known, f"{page}: wxpipe {line}")


class Explain(unittest.TestCase):
    def test_knows_every_word_of_operations(self):
        shown = subprocess.run([wxpipe, "explain", "--ndjson"], capture_output=True, text=True, timeout=20, check=True)
        known = {json.loads(line)["word"] for line in shown.stdout.splitlines()}
        for title in ("Metrics", "Dead letters", "Refusals", "Log lines"):
            self.assertEqual(first_cells(section("docs/operations.md", title)) - known, set(), title)


class Walk(unittest.TestCase):
    def test_shows_which_folder_may_include_which(self):
        rows = re.findall(r"^\| (`.*`) \| (.*) \|$", section("docs/walk.md", "Which folder may include which"), re.M)
        shown = {name: set(re.findall(r"`(\w+)`", may)) for names, may in rows for name in re.findall(r"`(\w+)`", names)}
        self.assertEqual(shown, {name: set(may.split()) for name, may in check_architecture.FOLDERS.items()})


class Tests(unittest.TestCase):
    def test_of_every_folder_are_built(self):
        forgotten = []
        for listing in (ROOT / "tests").rglob("CMakeLists.txt"):
            folder = listing.parent
            above = folder.parent / "CMakeLists.txt"
            if folder != ROOT / "tests" and f"add_subdirectory({folder.name})" not in above.read_text(encoding="utf-8"):
                forgotten.append(str(folder.relative_to(ROOT)))
        self.assertEqual(forgotten, [])

    def test_that_guarantees_name_exist(self):
        written = set()
        for path in (ROOT / "tests").rglob("*.cpp"):
            for suite, name in re.findall(r"(?:TEST(?:_F|_P)?|RC_GTEST_PROP|RC_GTEST_FIXTURE_PROP)\((\w+),\s*(\w+)", path.read_text(encoding="utf-8")):
                written.add(f"{suite}.{name}")
        named = set(re.findall(r"`(\w+\.[A-Z]\w+)`", text("docs/guarantees.md")))
        self.assertTrue(named)
        self.assertEqual(named - written, set())


class Decisions(unittest.TestCase):
    def test_are_all_listed_by_their_titles(self):
        expected = []
        for path in sorted((ROOT / "docs/decisions").glob("0*.md")):
            number, title = re.match(r"# (\d{4}): (.*)", path.read_text(encoding="utf-8")).groups()
            self.assertTrue(path.name.startswith(number), path.name)
            expected.append(f"| [{number}]({path.name}) | {title} |")
        listed = [line for line in text("docs/decisions/README.md").splitlines() if line.startswith("| [")]
        self.assertEqual(listed, expected)


def sections(page):
    """Number -> text of each numbered section, without the sections below it."""
    return dict(re.findall(r"^#{2,3} (\d+(?:\.\d+)?)\.? .*?\n(.*?)(?=^#{2,3} |\Z)", text(page), re.M | re.S))


def written_files():
    """All files written for this project: nothing built, fetched or third-party."""
    kinds = {".hpp", ".cpp", ".py", ".md", ".sql", ".toml", ".sh", ".js", ".css", ".html", ".json", ".txt", ".cmake", ".service", ".yaml", ".yml", ""}
    for top in sorted(ROOT.iterdir()):
        if top.name.startswith((".git", "build")):
            continue
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            apart = {"vendor", "__pycache__"} | {name for name in path.parts if name.startswith("libs-")}
            if path.suffix in kinds and not apart & set(path.parts) and path.is_file():
                try:
                    yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
                except UnicodeDecodeError:  # binary, or a sample of a body that isn't UTF-8
                    continue


def numbers(cited):
    """§10.1, §10.2 and §1-5: each number. A range gives all its numbers."""
    found = []
    for first, last in re.findall(r"(\d+(?:\.\d+)?)(?:(?:-| to §?)(\d+))?", cited):
        found += [str(number) for number in range(int(first), int(last) + 1)] if last else [first]
    return found


class Citations(unittest.TestCase):
    """Comments cite pages of this tree, by section numbers that exist there."""
    LIST = r"(§\d[\d.]*(?:(?:-| to §?)\d+)?(?:(?:, | and |, and )§\d[\d.]*)*)"

    def cited(self):
        for path, body in written_files():
            line = re.sub(r"[ \t]*\n[ \t]*(?://+|#+|--|\*)?[ \t]*", " ", body)  # a citation may go on in the next line
            yield path, line

    def test_name_no_page_that_is_not_in_the_tree(self):
        elsewhere = re.compile(r"(?<![\w.-])(?:PROTOCOL|DESIGN|CONTRACT|STYLE)(?![\w-])")
        found = [f"{path}:{body.count(chr(10), 0, word.start()) + 1}: {word.group()}" for path, body in written_files()
                 if path != "tests/architecture/docs_test.py" for word in elsewhere.finditer(body)]
        self.assertEqual(found, [])

    def test_of_sections_lead_to_one(self):
        for page in ("docs/protocol.md", "docs/contract.md"):
            there = sections(page)
            wrong = []
            for path, line in self.cited():
                cited = re.findall(rf"{re.escape(page)} {self.LIST}", line)
                if path == page:
                    cited += re.findall(self.LIST, line)
                wrong += [f"{path}: §{number}" for each in cited for number in numbers(each.rstrip(".")) if number not in there]
            self.assertEqual(wrong, [], page)

    def test_of_laws_lead_to_one(self):
        laws = set(re.findall(r"^\| \*\*(\d)\. ", text("docs/guarantees.md"), re.M))
        self.assertEqual(laws, set("123456789"))
        wrong = [f"{path}: law {number}" for path, line in self.cited()
                 for number in re.findall(r"(?:guarantees\.md\)?|\[)[ \[]?laws? (\d+)", line) if number not in laws]
        self.assertEqual(wrong, [])

    def test_have_anchors_that_do_not_change_with_a_title(self):
        for page in ("docs/protocol.md", "docs/contract.md"):
            headings = re.findall(r"^#{2,3} (\d+(?:\.\d+)?)", text(page), re.M)
            anchored = re.findall(r'^<a id="s([\d.]+)"></a>\n#{2,3} (\d+(?:\.\d+)?)', text(page), re.M)
            self.assertEqual(anchored, [(number, number) for number in headings], page)


class Protocol(unittest.TestCase):
    page = "docs/protocol.md"

    def test_says_where_each_rule_comes_from(self):
        there = sections(self.page)
        self.assertGreaterEqual(set(there), {str(number) for number in range(15)})
        del there["14"]  # the open questions
        without = [number for number, body in there.items() if not re.search(r"https?://\S+|[\w-]+/[\w-]+#\d+", body)]
        self.assertEqual(without, [])


class Links(unittest.TestCase):
    def test_lead_somewhere(self):
        broken = []
        for page in pages():
            for target in re.findall(r"\]\(([^)\s]+)\)", text(page)):
                if re.match(r"[a-z]+:", target):
                    continue
                path, _, anchor = target.partition("#")
                file = ((ROOT / page).parent / path) if path else ROOT / page
                if not file.exists():
                    broken.append(f"{page}: {target}")
                elif anchor and file.suffix == ".md":
                    headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.M)
                    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
                    anchors |= set(re.findall(r'<a id="([^"]+)">', file.read_text(encoding="utf-8")))
                    if anchor not in anchors:
                        broken.append(f"{page}: {target}")
        self.assertEqual(broken, [])

    def test_files_that_pages_name_exist(self):
        broken = []
        for page in pages():
            for path in re.findall(r"`((?:ingest|processors|sinks|schemas|rig|simulate|chaos|common|cli|config|tests|dev|docs)/[\w./@-]+)`", text(page)):
                if not (ROOT / path).exists():
                    broken.append(f"{page}: {path}")
        self.assertEqual(broken, [])


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-") and "." not in sys.argv[1].split("/")[-1]:
        wxpipe = sys.argv.pop(1)
    unittest.main()
