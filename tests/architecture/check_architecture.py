#!/usr/bin/env python3
"""Checks the layout's rules (docs/walk.md) against the include graph and the link graph.

Pure code includes no Kafka, Postgres, HTTP or SQLite, directly or through others, and links none of them. It asks no
clock, no environment and no source of randomness. XML is never read with Boost property_tree. Headers begin with a
comment. Includes are written from the repository's root, third-party ones in angle brackets. A namespace is named after
its folder.

    check_architecture.py REPOSITORY [LINK_GRAPH]

prints one line for each broken rule and exits with 1 if there is any.
"""
import functools
import pathlib
import re
import sys

# Which folders a folder may include, besides itself. Lower folders never include higher ones, and the roles never
# include each other. docs/walk.md shows the same table (docs_test.py compares them).
FOLDERS = {
    "common": "",
    "schemas": "common",
    "ingest": "schemas common",
    "processors": "schemas common",
    "sinks": "schemas common",
    "rig": "common",
    "simulate": "rig ingest processors sinks schemas common",
    "chaos": "rig ingest processors sinks schemas common",
    "operate": "ingest processors sinks schemas common",
    "micro": "ingest schemas common",
    "console": "operate ingest processors sinks schemas common",
    "cli": "console operate micro chaos simulate rig ingest processors sinks schemas common",
    "benchmarks": "cli console operate micro chaos simulate rig ingest processors sinks schemas common",
    "tests": "benchmarks cli console operate micro chaos simulate rig ingest processors sinks schemas common",
}

# Pure: decides, and does no I/O. A new file in these folders counts as pure unless it is named as a shell below.
PURE = [
    "common/*.?pp", "common/crypto/*", "common/http/url.*", "common/json/*", "common/report/*",
    "common/postgres/partition_plan.*", "common/postgres/sql_array.*", "common/postgres/sqlstate.*",
    "schemas/*.?pp",
    "ingest/**",
    "processors/**",
    "sinks/bisect.hpp", "sinks/brake.*", "sinks/custody/boots.*", "sinks/custody/reconcile.*", "sinks/record.*",
    "operate/event_filter.*", "operate/explain.*", "operate/exposition.*", "operate/log_line.*", "operate/outcome.*", "operate/scale.*",
    "operate/topics_plan.*", "micro/memory.*", "console/access.*", "console/guard.*", "console/http.*", "console/masking.*",
    "console/router.*", "operate/moment.*", "cli/manual.*", "simulate/*",
    "chaos/schedule.*", "chaos/world.*", "chaos/oracle.*",
]
# Shell: the thin code around it that does the I/O.
SHELL = [
    "ingest/custody/custodian.*", "ingest/delivery/*", "ingest/http/framing.*", "ingest/http/server.*", "ingest/http/tls.*", "ingest/receiver.*", "ingest/ingest_role.*",
    "processors/process_role.*", "processors/process_metrics.*", "processors/transaction_loop.*",
    "processors/dedupe/journal_reader.*",
    "simulate/connection.*", "simulate/progress.*", "simulate/sender.*",
    "simulate/simulation.*",
]
# Their includes are pure, but they are the sources of time and randomness.
SOURCES_OF_TIME_AND_CHANCE = ["common/clock.*", "ingest/trace_context.hpp"]

FORBIDDEN_HEADERS = re.compile(
    r"librdkafka/|pqxx/|libpq|boost/asio|boost/beast|sqlite3|prometheus/|openssl/ssl|sys/socket|netinet/|curl/|civetweb")
FORBIDDEN_LIBRARIES = re.compile(r"RDKAFKA|PQXX|PostgreSQL|SQLite|PROMETHEUS|wxpipe_asio|OpenSSL::SSL")
FORBIDDEN_WORDS = re.compile(
    r"(?:system|steady|high_resolution)_clock::now\b|\bgetenv\b|\brandom_device\b|\bRAND_bytes\b|\bsleep_for\b|\bstd::j?thread\b")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.M)
NAMESPACE = re.compile(r"^(?:inline )?namespace (wxpipe(?:::\w+)*) \{", re.M)
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)
CODE = (".hpp", ".cpp")
NOT_OURS = ("build", ".git")


@functools.cache
def compiled(pattern):
    """A glob: * and ? stay within a folder, ** goes through all below."""
    text = re.escape(pattern).replace(r"\*\*", ".*").replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
    return re.compile(text + r"\Z")


def matches(path, patterns):
    return any(compiled(pattern).match(path) for pattern in patterns)


class Tree:
    """Every source file of the repository, by its path from the root."""

    def __init__(self, root):
        self.text = {}
        for file in sorted(pathlib.Path(root).rglob("*")):
            path = file.relative_to(root)
            if file.suffix in CODE and path.parts[0] not in NOT_OURS and file.is_file():
                self.text[path.as_posix()] = file.read_text(encoding="utf-8")
        self.includes = {path: INCLUDE.findall(text) for path, text in self.text.items()}

    def pure(self):
        return [path for path in self.text if is_pure(path)]


def is_pure(path):
    return matches(path, PURE) and not matches(path, SHELL)


def way_to_forbidden(tree, start):
    """The shortest chain of includes from a file to a forbidden header, or nothing."""
    queue, seen = [(start, [start])], {start}
    for path, way in queue:
        for mark, name in tree.includes[path]:
            if FORBIDDEN_HEADERS.search(name) and name not in tree.text:
                return way + [name]
            if mark == '"' and name in tree.text and name not in seen:
                seen.add(name)
                queue.append((name, way + [name]))
    return None


def check_purity(tree):
    for path in tree.pure():
        way = way_to_forbidden(tree, path)
        if way:
            yield f"{path}: is pure and includes {' -> '.join(way[1:])}"
        if not matches(path, SOURCES_OF_TIME_AND_CHANCE):
            for word in sorted(set(FORBIDDEN_WORDS.findall(COMMENT.sub("", tree.text[path])))):
                yield f"{path}: is pure and uses {word}; give it the value as an argument"


def check_links(tree, graph):
    targets = {}
    for line in graph.splitlines():
        name, folder, sources, links = line.split("\t")
        files = [f"{folder}/{source}" for source in sources.split(",") if source.endswith(CODE)]
        targets[name] = (files, [link for link in links.split(",") if link and not link.endswith("NOTFOUND")])
    for name, (files, _) in targets.items():
        if not files or not all(is_pure(file) for file in files):
            continue
        queue, seen = [(name, [name])], {name}
        for target, way in queue:
            for link in targets.get(target, ([], []))[1]:
                link = re.sub(r"^\$<LINK_ONLY:(.*)>$", r"\1", link)
                if FORBIDDEN_LIBRARIES.search(link):
                    yield f"target {' -> '.join(way + [link])}: a pure target links it"
                elif link not in seen:
                    seen.add(link)
                    queue.append((link, way + [link]))


def check_includes(tree):
    for path, includes in tree.includes.items():
        for mark, name in includes:
            if "property_tree" in name:
                yield f"{path}: {name}: it crashes on deep nesting; pugixml reads XML here"
            if mark == '"' and name not in tree.text:
                yield f'{path}: "{name}": not a file of the repository; write it from the root, third-party in <>'
            if mark == "<" and name in tree.text:
                yield f'{path}: <{name}>: ours; write "{name}"'


def check_folders(tree):
    for path, includes in tree.includes.items():
        folder = path.split("/")[0]
        if folder not in FOLDERS:
            yield f"{path}: check_architecture.py has no word on what {folder}/ may include; add it to FOLDERS"
            continue
        for mark, name in includes:
            below = name.split("/")[0]
            if mark == '"' and name in tree.text and below != folder and below not in FOLDERS[folder].split():
                yield f"{path}: {folder}/ may not include {name}; it may: {FOLDERS[folder] or 'only its own'}"


def check_openings(tree):
    for path, text in tree.text.items():
        has_header = path.endswith(".cpp") and path[:-4] + ".hpp" in tree.text
        if path.endswith(".hpp") and not re.match(r"//.*\n(?://.*\n)*#pragma once\n", text):
            yield f"{path}: a header opens with a comment that says what it is for, then #pragma once"
        elif path.endswith(".cpp") and not has_header and not path.startswith("tests/") and not text.startswith("//"):
            yield f"{path}: a file without a header opens with a comment that says what it is for"


def check_namespaces(tree):
    """wxpipe::<folder>, common left out; a folder's subfolders may share its namespace, a file may add one named after
    it."""
    for path, text in tree.text.items():
        folders = path.split("/")[:-1]
        if not folders or folders[0] in ("tests", "benchmarks"):
            continue
        if folders[0] == "common":
            folders = folders[1:]
        stem = path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
        for namespace in sorted(set(NAMESPACE.findall(text))):
            parts = namespace.split("::")[1:]
            own = [part for part in parts if part not in folders and part not in stem]
            missing = folders[:1] if folders and folders[0] not in parts and path.split("/")[0] != "common" else []
            if own or missing:
                yield f"{path}: namespace {namespace} is not its folder's"


def check_lists(tree):
    for pattern in PURE + SHELL + SOURCES_OF_TIME_AND_CHANCE:
        if not any(matches(path, [pattern]) for path in tree.text):
            yield f"check_architecture.py: {pattern} matches no file any more"


def check(root, graph=None):
    tree = Tree(root)
    problems = []
    for rule in (check_purity, check_includes, check_folders, check_openings, check_namespaces):
        problems += rule(tree)
    if graph is not None:
        problems += check_links(tree, graph)
    return tree, problems


def main(arguments):
    graph = pathlib.Path(arguments[1]).read_text(encoding="utf-8") if len(arguments) > 1 else None
    tree, problems = check(arguments[0], graph)
    problems += check_lists(tree)
    for problem in problems:
        print(problem)
    print(f"{len(tree.text)} files, {len(tree.pure())} of them pure: {len(problems)} broken promises")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
