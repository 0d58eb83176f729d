#!/usr/bin/env python3
"""Measures wxpipe's stages and their floors, in one run on one machine (dev/bench starts it).

    bench.py [STAGE …] [--rounds N] [--out FOLDER]      stages: ingest process sink chain; all of them by default
    bench.py growth [WHAT …]                             whether costs grow with what grows (growth.py)

Prints tables and whether the limits hold, writes all measurements to FOLDER/results.json and draws FOLDER/stages.svg.
A figure is marked if other programs used the processors meanwhile: then run it again when the machine is quiet.
"""
import argparse
import datetime
import json
import pathlib
import shutil
import signal
import sys
import time

import chain
import growth
import ingest
import machine
import plot
import process
import report
import servers
import sink

STAGES = {"ingest": ingest, "process": process, "sink": sink, "chain": chain}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", metavar="STAGE")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--warm-up", type=float, default=10, help="seconds of load on a broker that has just started")
    parser.add_argument("--out", type=pathlib.Path, default=servers.REPOSITORY / "docs" / "performance")
    parser.add_argument("--keep", action="store_true", help="leave the servers' data and the logs where they are")
    given = parser.parse_args()
    growing = given.what[:1] == ["growth"]
    known = growth.RUNS if growing else STAGES
    wanted = (given.what[1:] if growing else given.what) or list(known)
    for word in wanted:
        if word not in known:
            parser.error(f"there is no '{word}'; there are {', '.join(known)}")
    return given, growing, wanted


def note(words, result=None):
    mark = ""
    if result and result.get("spooled"):
        mark = f"   ({result['spooled']:.0f} callbacks went to the spool)"
    elif result and result["spoiled"]:
        mark = f"   ({result['foreign']:.2f} cores were busy with other things)"
    print(f"{datetime.datetime.now():%H:%M:%S} {words}{mark}", flush=True)


def count_spoiled(value):
    """(spoiled, all) runs anywhere in the results."""
    if isinstance(value, dict):
        own = (int(value["spoiled"]), 1) if "spoiled" in value else (0, 0)
        parts = [count_spoiled(part) for part in value.values()]
    elif isinstance(value, list):
        own, parts = (0, 0), [count_spoiled(part) for part in value]
    else:
        return 0, 0
    return own[0] + sum(part[0] for part in parts), own[1] + sum(part[1] for part in parts)


def main():
    given, growing, wanted = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    shutil.rmtree(servers.WORK / "logs", ignore_errors=True)
    servers.WORK.mkdir(parents=True, exist_ok=True)
    began, stack, well = time.monotonic(), None, False
    results = {"machine": machine.describe(), "when": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
               "rounds": given.rounds}
    try:
        note("starting Kafka and Postgres")
        stack = servers.Stack()
        note(f"warming them up for {given.warm_up:.0f} s")
        stack.topics("wxpipe.")
        ingest.warm_up(stack, given.warm_up)
        for name in wanted:
            results[name] = growth.RUNS[name](stack, note) if growing else STAGES[name].measure(stack, given.rounds, note)
        well = True
    except servers.Failed as why:
        print(f"bench.py: {why}", file=sys.stderr)
    finally:
        servers.stop_all()
        if stack and not given.keep:
            stack.down()
    given.out.mkdir(parents=True, exist_ok=True)
    results["seconds"] = round(time.monotonic() - began)
    results["spoiled_runs"], results["all_runs"] = count_spoiled(results)
    (given.out / ("growth.json" if growing else "results.json")).write_text(json.dumps(results, indent=1) + "\n")
    lines = growth.tables(results) if growing else report.tables(report.figures(results))
    print("\n".join(lines))
    if not growing:
        where = results["machine"]
        caption = f"{where['processors']} x {where['model']}, {results['when'][:10]}, medians of {given.rounds} rounds"
        (given.out / "stages.svg").write_text(plot.svg(report.figures(results), caption))
    print(f"\n{results['spoiled_runs']} of {results['all_runs']} measurements are spoiled (others on the processors, or callbacks in the spool); it took "
          f"{results['seconds'] // 60} min {results['seconds'] % 60} s. Everything is in {given.out}.")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
