#!/usr/bin/env python3
"""check_format.py notices what it forbids; tested with a fake clang-format."""
import contextlib
import io
import os
import pathlib
import stat
import tempfile
import unittest
from unittest import mock

import check_format

LONG = "# " + "x" * 119


class Format(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        self.addCleanup(self.folder.cleanup)
        self.write(".clang-format", "BasedOnStyle: Google\nColumnLimit: 120\n")

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def run_with(self, version, complaint=""):
        """Runs main() with a clang-format of that version."""
        tools = self.root / "build" / "tools"
        program = self.write("build/tools/clang-format", "#!/bin/sh\ncase $1 in\n--version) echo 'Debian clang-format version "
                             f"{version}' ;;\n*) echo '{complaint}' >&2 ;;\nesac\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        out = io.StringIO()
        with mock.patch.dict(os.environ, {"PATH": f"{tools}:{os.environ['PATH']}"}), contextlib.redirect_stdout(out):
            return check_format.main([str(self.root)]), out.getvalue()

    def test_what_is_written_well_is_fine(self):
        self.write("sinks/a.cpp", "int a;\n")
        self.write("sinks/CMakeLists.txt", "# " + "x" * 118 + "\n")
        self.assertEqual(self.run_with("14.0.6"), (0, ""))

    def test_what_clang_format_complains_of_is_told(self):
        self.write("sinks/a.cpp", "int  a;\n")
        complaint = f"{self.root.resolve()}/sinks/a.cpp:1:4: warning: code should be clang-formatted [-Wclang-format-violations]"
        self.assertEqual(self.run_with("14.0.6", complaint), (
            1, "sinks/a.cpp:1: code should be clang-formatted [-Wclang-format-violations] (make format)\n"))

    def test_another_version_is_not_asked_and_that_is_said(self):
        self.write("sinks/a.cpp", "int  a;\n")
        code, said = self.run_with("19.1.7", "x.cpp:1:4: warning: bad")
        self.assertEqual(code, 77)
        self.assertIn("NOT CHECKED", said)
        self.assertIn("here is 19", said)

    def test_without_clang_format_it_fails_and_says_what_to_do(self):
        out = io.StringIO()
        with mock.patch("shutil.which", return_value=None), contextlib.redirect_stdout(out):
            self.assertEqual(check_format.main([str(self.root)]), 1)
        self.assertIn("dev/install clang-format", out.getvalue())

    def test_long_comments_are_told_in_scripts_and_build_files_whatever_the_version(self):
        for path, text in (("dev/run", "#!/bin/sh\n" + LONG), ("a.py", LONG), ("cmake/a.cmake", LONG), ("CMakeLists.txt", "\n  " + LONG),
                           ("Makefile", LONG), ("config/a.toml", LONG)):
            with self.subTest(path):
                file = self.write(path, text)
                code, said = self.run_with("19.1.7")
                self.assertEqual(code, 1)
                self.assertIn(f"{path}:{text.count(chr(10)) + 1}: a comment of", said)
                file.unlink()

    def test_long_lines_that_are_no_comments_and_other_files_are_left_alone(self):
        self.write("a.py", "x = 'x" + "x" * 130 + "'\n")
        self.write("data", LONG)
        self.write("docs/a.md", LONG)
        self.write("build/a.py", LONG)
        self.assertEqual(self.run_with("14.0.6"), (0, ""))


if __name__ == "__main__":
    unittest.main()
