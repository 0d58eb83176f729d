#!/usr/bin/env python3
"""The alerts and dashboards of config/: valid, each alert fires and is silent when it should be, each name exists.

    rules_test.py [FOLDER]      FOLDER has promtool and amtool; without it dev/prometheus/fetch brings them. If it can't, the
                                test is skipped (77)
"""
import json
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ROOT / "config/prometheus/wxpipe.rules.yml"
CASES = sorted((ROOT / "tests/monitoring").glob("alerts*.yml"))
DASHBOARDS = sorted((ROOT / "config/grafana").glob("*.json"))
tools = None


def tool(name):
    return str(pathlib.Path(tools) / name)


def run(*command, folder=ROOT):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def rules():
    return RULES.read_text(encoding="utf-8")


def alerts():
    """Alert -> its text in the file."""
    parts = re.split(r"^      - (?=alert: |record: )", rules(), flags=re.M)
    return {part.split()[1]: part for part in parts if part.startswith("alert: ")}


def metrics():
    declared = (ROOT / "common/telemetry/metrics.cpp").read_text(encoding="utf-8")
    names = set(re.findall(r'"(wxpipe_\w+)"', declared))
    constants = dict(re.findall(r'const char\* (k\w+) = "(wxpipe_\w+)"', declared))
    said = re.findall(r'histogram\(\s*registry,\s*(?:"(wxpipe_\w+)"|(k\w+))', declared)
    histograms = {name or constants[constant] for name, constant in said}
    return names | {f"{name}_{part}" for name in histograms for part in ("bucket", "count", "sum")}


def queries():
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]:
            for target in panel["targets"]:
                yield f"{path.name}: {panel['title']}", target["expr"]


class Rules(unittest.TestCase):
    def test_are_valid(self):
        for arguments in (("check", "rules", RULES), ("check", "config", ROOT / "config/prometheus/prometheus.yml")):
            code, said = run(tool("promtool"), *map(str, arguments))
            self.assertEqual(code, 0, said)

    def test_alertmanager_takes_its_configuration(self):
        code, said = run(tool("amtool"), "check-config", str(ROOT / "config/prometheus/alertmanager.yml"))
        self.assertEqual(code, 0, said)

    def test_fire_and_are_silent_when_they_should(self):
        for path in CASES:
            code, said = run(tool("promtool"), "test", "rules", path.name, folder=path.parent)
            self.assertEqual(code, 0, said)

    def test_each_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not(self):
        named = re.findall(r"- name: (\w+) (fires|is silent)$", "".join(path.read_text() for path in CASES), re.M)
        for alert in alerts():
            self.assertIn((alert, "fires"), named)
            self.assertIn((alert, "is silent"), named)

    def test_each_alert_says_what_to_do(self):
        page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
        for alert, text in alerts().items():
            for part in ("summary", "runbook", "console"):
                self.assertIn(f"{part}:", text, f"{alert} has no {part}")
            anchor = re.search(r"runbook: docs/operations.md#([\w-]+)", text).group(1)
            severity = re.search(r"severity: (\w+)", text).group(1)
            self.assertIn(f'<a id="{anchor}"></a>`{alert}` | {severity} |', page, f"docs/operations.md, Alerts: {alert}")
        documented = set(re.findall(r'<a id="alert-[\w-]+"></a>`(\w+)`', page))
        self.assertEqual(documented, set(alerts()))

    def test_name_metrics_that_exist(self):
        for where, query in [("rules", line) for line in rules().splitlines() if "wxpipe_" in line] + list(queries()):
            for name in re.findall(r"\bwxpipe_\w+", re.sub(r"annotations.*", "", query)):
                self.assertIn(name, metrics(), where)


class Dashboards(unittest.TestCase):
    def test_are_as_their_list_says(self):
        code, said = run(sys.executable, str(ROOT / "config/grafana/dashboards.py"), "--check")
        self.assertEqual(code, 0, said)

    def test_show_every_metric(self):
        shown = {name for _, query in queries() for name in re.findall(r"wxpipe_\w+", query)}
        declared = set(re.findall(r'"(wxpipe_\w+)"', (ROOT / "common/telemetry/metrics.cpp").read_text(encoding="utf-8")))
        watched = shown | set(re.findall(r"wxpipe_\w+", rules()))
        for name in declared - {"wxpipe_identity_collisions_total"}:
            self.assertTrue(any(one.startswith(name) for one in watched), f"no panel and no alert has {name}")


def tools_folder(given=None):
    """Where promtool and its like are; None if they can't be had."""
    if given:
        return given
    done = subprocess.run([ROOT / "dev/prometheus/fetch"], capture_output=True, text=True, timeout=360)
    return done.stdout.strip() if done.returncode == 0 else None


if __name__ == "__main__":
    tools = tools_folder(sys.argv.pop(1) if len(sys.argv) > 1 else None)
    if not tools:
        print("SKIPPED: promtool and amtool are missing; dev/prometheus/fetch brings them")
        sys.exit(77)
    unittest.main()
