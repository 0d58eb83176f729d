#!/usr/bin/env python3
"""Holds the systemd units to what systemd itself calls well protected: an exposure of at most 2.0 of 10.

    units_test.py      exits with 77 (skipped) where systemd-analyze is missing or too old to read a file by itself
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "config/systemd").glob("*.service"))
MOST_EXPOSED = 2.0
SKIPPED = 77


def analyze(path):
    return subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(path)],
        capture_output=True, text=True, check=False)


def exposure(path):
    done = analyze(path)
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    if not found:
        raise AssertionError(f"systemd-analyze could not read {path}: {done.stdout}{done.stderr}")
    return float(found.group(1))


class Units(unittest.TestCase):
    def test_each_is_hardly_exposed(self):
        self.assertEqual(len(UNITS), 4)
        for unit in UNITS:
            with self.subTest(unit.name):
                self.assertLessEqual(exposure(unit), MOST_EXPOSED)

    def test_each_keeps_its_memory_and_files_to_itself(self):
        for unit in UNITS:
            lines = unit.read_text(encoding="utf-8").splitlines()
            for wanted in ("LimitCORE=0", "UMask=0077", "CapabilityBoundingSet="):
                with self.subTest(unit.name, wanted=wanted):
                    self.assertIn(wanted, lines)

    def test_differ_only_where_the_roles_do(self):
        def protection(unit):
            lines = unit.read_text(encoding="utf-8").split("NoNewPrivileges=yes\n")[1].splitlines()
            return [line for line in lines if not line.startswith("#")]
        self.assertEqual([protection(unit) for unit in UNITS[1:]], [protection(UNITS[0])] * 3)

    def test_a_bare_unit_would_be_noticed(self):
        with tempfile.TemporaryDirectory() as folder:
            bare = pathlib.Path(folder) / "bare.service"
            bare.write_text("[Service]\nExecStart=/bin/true\n", encoding="utf-8")
            self.assertGreater(exposure(bare), MOST_EXPOSED)


if __name__ == "__main__":
    if not shutil.which("systemd-analyze") or "Overall exposure" not in analyze(UNITS[0]).stdout:
        print("SKIPPED: needs systemd-analyze of systemd 250 or newer; the units were not checked", file=sys.stderr)
        sys.exit(SKIPPED)
    unittest.main()
