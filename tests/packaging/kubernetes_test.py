#!/usr/bin/env python3
"""The manifests of config/kubernetes: valid for Kubernetes's own schemas, and what they say about wxpipe is right.

    kubernetes_test.py WXPIPE     the executable, which checks the configuration in them. Skipped (77) without the Python
                                  package kubernetes-validate, which pip brings into the cache
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "config/kubernetes"
VERSIONS = ("1.25", "1.33")
wxpipe = None


def libraries():
    """Where kubernetes-validate is, or None if it can't be had."""
    cache = os.environ.get("WXPIPE_CACHE") or ("/var/cache/wxpipe" if os.geteuid() == 0 else os.path.expanduser("~/.cache/wxpipe"))
    folder = pathlib.Path(cache) / "kubernetes-validate"
    if not (folder / "kubernetes_validate").is_dir():
        done = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--target", folder, "kubernetes-validate==1.37.0"],
                              capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            return None
    return str(folder)


def documents(name):
    import yaml
    return [one for one in yaml.safe_load_all((FOLDER / name).read_text(encoding="utf-8")) if one]


def named(kind):
    return {one["metadata"]["name"]: one for one in documents("wxpipe.yaml") if one["kind"] == kind}


class Manifests(unittest.TestCase):
    def test_kubernetes_takes_them(self):
        import kubernetes_validate
        for name in ("wxpipe.yaml", "migrate.yaml"):
            for document in documents(name):
                for version in VERSIONS:
                    with self.subTest(kind=document["kind"], name=document["metadata"]["name"], version=version):
                        kubernetes_validate.validate(document, version, strict=True)

    def test_the_configuration_in_them_is_right(self):
        with tempfile.TemporaryDirectory() as folder:
            text = named("ConfigMap")["wxpipe"]["data"]["wxpipe.toml"]
            text = text.replace("/etc/wxpipe/scoring.toml", str(ROOT / "config/scoring.toml"))
            path = pathlib.Path(folder) / "wxpipe.toml"
            path.write_text(text, encoding="utf-8")
            environment = {"PATH": os.environ["PATH"], "SHOP_TOKEN": "abcdefgh", "SHOP_AES_KEY": "a" * 42 + "A", "DATABASE_URL": "postgresql://x/y",
                           "WXPIPE_SEALING_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}
            done = subprocess.run([wxpipe, "check-config", "--config", path], env=environment, capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_consumers_keep_their_names(self):
        sets = named("StatefulSet")
        self.assertEqual(set(sets), {"ingest", "process", "sink"})
        for name, one in sets.items():
            container = one["spec"]["template"]["spec"]["containers"][0]
            instance = [entry for entry in container["env"] if entry["name"] == "WXPIPE_INSTANCE"]
            self.assertEqual(instance[0]["valueFrom"]["fieldRef"]["fieldPath"], "metadata.name", name)
            self.assertEqual(container["args"], [name])
            self.assertGreater(one["spec"]["template"]["spec"]["terminationGracePeriodSeconds"], 10, "a role stops within ten seconds")
        self.assertTrue(sets["ingest"]["spec"]["volumeClaimTemplates"], "the spool outlives its pod")
        self.assertEqual(set(named("PodDisruptionBudget")), set(sets))

    def test_nothing_scales_by_kafkas_own_lag_or_to_zero(self):
        for one in documents("autoscale.yaml"):
            self.assertGreater(one["spec"]["minReplicaCount"], 0)
            for trigger in one["spec"]["triggers"]:
                self.assertIn(trigger["type"], ("prometheus", "metrics-api"))
            self.assertIn(one["spec"]["scaleTargetRef"]["name"], named("StatefulSet"))

    def test_metrics_named_exist(self):
        declared = (ROOT / "common/telemetry/metrics.cpp").read_text(encoding="utf-8")
        for name in re.findall(r"wxpipe_\w+", (FOLDER / "autoscale.yaml").read_text(encoding="utf-8")):
            self.assertIn(f'"{name}"', declared)


if __name__ == "__main__":
    wxpipe = str(pathlib.Path(sys.argv.pop(1)).resolve())
    folder = libraries()
    if not folder:
        print("SKIPPED: kubernetes-validate is missing, and pip could not bring it")
        sys.exit(77)
    sys.path.insert(0, folder)
    unittest.main()
