#!/usr/bin/env python3
"""Compares the cost of the pure path, in instructions per callback, with recorded.txt. Other load on the machine can't
change this figure. ctest runs it (label guard).

    check.py PROGRAM            within 5 % of the figures for this toolchain, or it fails; an unknown toolchain: skipped
    check.py PROGRAM --update   writes this toolchain's figures into recorded.txt

Instructions depend on compiler and libraries, so each distribution has its own figures, with the versions used. A
change that costs more must update recorded.txt together with the code, and the commit must say why.
"""
import argparse
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys

PATHS = ["verify_to_envelope", "envelope_to_facts", "facts_to_arrays"]
TOLERANCE = 0.05
SKIPPED = 77  # ctest: SKIP_RETURN_CODE
RECORDED = pathlib.Path(__file__).with_name("recorded.txt")
LIBRARIES = ["libc6", "libstdc++6", "libssl3", "libssl3t64", "libsimdjson14", "libsimdjson25", "libpugixml1v5", "libfmt9", "libfmt10"]

# Libraries choose their code by the processor's features. These settings leave only what every x86-64-v2 machine has,
# so that figures don't depend on the machine. AES instructions stay: every real server has them.
ENVIRONMENT = {
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2_Usable,-AVX2,-AVX_Fast_Unaligned_Load,-ERMS,-AVX512F,-EVEX,-BMI2",
    "OPENSSL_ia32cap": "~0x1000000000000000:~0x20000128",  # no AVX; no SHA, AVX2, BMI1, BMI2
    "SIMDJSON_FORCE_IMPLEMENTATION": "westmere",
    "LC_ALL": "C",
}


def distribution():
    release = pathlib.Path("/etc/os-release").read_text() if os.path.exists("/etc/os-release") else ""
    fields = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', release, re.M))
    return f"{fields.get('ID', 'unknown')}-{fields.get('VERSION_ID', '?')}-{platform.machine()}"


def versions():
    found = {"g++": subprocess.run(["g++", "-dumpfullversion"], capture_output=True, text=True, check=True).stdout.strip()}
    if shutil.which("dpkg-query"):
        answer = subprocess.run(["dpkg-query", "-W", "-f=${Package} ${Version} ${db:Status-Status}\n", *LIBRARIES],
                                capture_output=True, text=True, check=False).stdout
        for line in answer.splitlines():
            package, *rest = line.split()
            if len(rest) == 2 and rest[1] == "installed":
                found[package] = rest[0]
    return found


def count(program, path):
    """Instructions per callback between the start and the end of the function counted_path."""
    run = subprocess.run(["valgrind", "--tool=callgrind", "--toggle-collect=counted_path", "--callgrind-out-file=/dev/null",
                          program, path], capture_output=True, text=True, check=False, env={**os.environ, **ENVIRONMENT})
    collected = re.search(r"Collected\s*:\s*(\d+)", run.stderr)
    if run.returncode != 0 or not collected or int(collected.group(1)) == 0:
        sys.exit(f"check.py: {program} {path} could not be counted:\n{run.stderr}")
    return round(int(collected.group(1)) / int(run.stdout))


def read_recorded():
    """{distribution: (versions, {path: instructions})}"""
    recorded, section = {}, None
    for line in RECORDED.read_text().splitlines():
        if heading := re.fullmatch(r"\[(.+)\]", line):
            section = recorded[heading.group(1)] = ({}, {})
        elif section and line.startswith("with "):
            section[0].update(item.split("=", 1) for item in line.removeprefix("with ").split())
        elif section and line and not line.startswith("#"):
            path, instructions = line.split()
            section[1][path] = int(instructions)
    return recorded


def write_recorded(recorded):
    head = "".join(line + "\n" for line in RECORDED.read_text().splitlines() if line.startswith("#"))
    for name, (used, figures) in sorted(recorded.items()):
        head += f"\n[{name}]\nwith " + " ".join(f"{key}={value}" for key, value in used.items()) + "\n"
        head += "".join(f"{path} {figures[path]}\n" for path in PATHS)
    RECORDED.write_text(head)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program")
    arguments.add_argument("--update", action="store_true")
    arguments = arguments.parse_args()
    if not shutil.which("valgrind"):
        print("SKIPPED: valgrind is not installed (dev/install valgrind)")
        return SKIPPED

    name, used = distribution(), versions()
    counted = {path: count(arguments.program, path) for path in PATHS}
    recorded = read_recorded()
    if arguments.update:
        recorded[name] = (used, counted)
        write_recorded(recorded)
        print(f"{RECORDED.name}: {name}: {counted}")
        return 0

    known = recorded.get(name)
    print(f"instructions per callback on {name} with " + ", ".join(f"{key} {value}" for key, value in used.items()))
    for path in PATHS:
        was = known[1].get(path) if known else None
        print(f"  {path:20} {counted[path]:>8}" + (f"   recorded {was:>8}   {counted[path] / was - 1:+.1%}" if was else ""))
    if not known or known[0].get("g++") != used["g++"]:
        print(f"SKIPPED: {RECORDED.name} has no figures for {name} with g++ {used['g++']}; check.py PROGRAM --update adds them")
        return SKIPPED
    far = [path for path in PATHS if abs(counted[path] / known[1][path] - 1) > TOLERANCE]
    if not far:
        return 0
    other = [f"{key} {known[0].get(key)} -> {used.get(key)}" for key in {**known[0], **used} if known[0].get(key) != used.get(key)]
    if other:
        print(f"SKIPPED: {', '.join(far)} differ, and so do the libraries ({'; '.join(other)}): count the old commit with these, "
              f"then --update")
        return SKIPPED
    print(f"FAILED: {', '.join(far)}: more than {TOLERANCE:.0%} from what is recorded. If it is meant to cost that, run\n"
          f"  {sys.argv[0]} {arguments.program} --update\nand say why in the commit.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
