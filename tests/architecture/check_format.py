#!/usr/bin/env python3
"""Checks that every source is formatted as by Debian 12's clang-format. Other versions format some things differently,
so they are not used. It also wraps comments that are too long. Comment lines of scripts and build files have the same
limit.

    check_format.py REPOSITORY

prints one line for each place and exits with 1 if there is any, or with 77 (skipped) if the version is another one.
`make format` repairs C++.
"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys

import check_architecture

DECIDES = 14
SKIPPED = 77
HASH_COMMENTS = (".py", ".sh", ".cmake", ".toml", ".service", ".supp", ".yaml", ".yml", "CMakeLists.txt", "Makefile")


def major_version(said):
    """The version in "Debian clang-format version 14.0.6"; None if there is none."""
    found = re.search(r"version (\d+)\.", said)
    return int(found[1]) if found else None


def limit(root):
    style = (root / ".clang-format").read_text(encoding="utf-8")
    return int(re.search(r"^ColumnLimit: (\d+)$", style, re.M)[1])


def has_hash_comments(path, text):
    return path.name.endswith(HASH_COMMENTS) or (not path.suffix and text.startswith("#!"))


def long_comments(root):
    most = limit(root)
    for file in sorted(root.rglob("*")):
        path = file.relative_to(root)
        if path.parts[0] in check_architecture.NOT_OURS or not file.is_file():
            continue
        if path.suffix and not path.name.endswith(HASH_COMMENTS):
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        if not has_hash_comments(path, text):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if len(line) > most and line.lstrip().startswith("#") and not line.startswith("#!"):
                yield f"{path.as_posix()}:{number}: a comment of {len(line)} characters; {most} is the limit"


def badly_formatted(root, program="clang-format"):
    files = [str(root / path) for path in check_architecture.Tree(root).text]
    parts = [files[i:i + 20] for i in range(0, len(files), 20)]

    def ask(part):
        done = subprocess.run([program, "--dry-run", "--ferror-limit=1", *part], capture_output=True, text=True, check=False)
        return done.stderr.splitlines()

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for said in pool.map(ask, parts):
            for line in said:
                found = re.match(r"(.*:\d+):\d+: (?:warning|error): (.*)", line)
                if found:
                    yield f"{os.path.relpath(found[1], root)}: {found[2]} (make format)"


def main(arguments):
    root = pathlib.Path(arguments[0]).resolve()
    problems = list(long_comments(root))
    if shutil.which("clang-format") is None:
        problems.append("clang-format is not installed: dev/install clang-format")
        here = DECIDES
    else:
        here = major_version(subprocess.run(["clang-format", "--version"], capture_output=True, text=True, check=True).stdout)
        if here == DECIDES:
            problems += badly_formatted(root)
    for problem in problems:
        print(problem)
    if problems:
        return 1
    if here != DECIDES:
        print(f"NOT CHECKED: how C++ is written. clang-format {DECIDES} of Debian 12 decides that, and here is {here}.")
        return SKIPPED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
