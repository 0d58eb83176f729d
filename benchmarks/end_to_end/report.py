"""From runs to figures: medians with their spread, ratios within one run, and which limits hold."""
import statistics

# (what, how to get it from the figures, "at least" or "at most", the limit, its unit)
BARS = [
    ("ingest, 256 connections, broker-acknowledged", lambda f: f["ingest"]["wxpipe ingest"][256]["rate"], "at least", 25_000, "/s"),
    ("ingest CPU / bare Beast", lambda f: ratio(f, "bare Beast"), "at most", 2.0, "x"),
    ("ingest CPU / same work without Kafka", lambda f: ratio(f, "same work, no Kafka"), "at most", 1.4, "x"),
    ("ingest, open loop 10,000/s, p99", lambda f: f["open"][10_000]["p99_ms"], "at most", 30, "ms"),
    ("process / transactional copy loop", lambda f: f["process"]["wxpipe process"]["rate"][0] / f["process"]["copy loop"]["rate"][0],
     "at least", 0.70, "x"),
    ("process, one message event to its facts", lambda f: f["facts_per_second"], "at least", 50_000, "/s"),
    ("sink / COPY", lambda f: f["sink"]["wxpipe sink"]["rate"][0] / f["sink"]["COPY"]["rate"][0], "at least", 0.75, "x"),
    ("sink, all rows there / fresh rows", lambda f: f["sink"]["wxpipe sink, all rows there"]["rate"][0] / f["sink"]["wxpipe sink"]["rate"][0],
     "at least", 1.0, "x"),
    ("whole chain, CPU a callback, broker and Postgres included", lambda f: f["chain"]["cpu"]["all"], "at most", 75, "µs"),
    ("callback to visible row at half load, p50", lambda f: f["chain"]["visible_ms"]["p50"], "at most", 150, "ms"),
    ("callback to visible row at half load, p99", lambda f: f["chain"]["visible_ms"]["p99"], "at most", 1000, "ms"),
    ("resident memory, the largest role", lambda f: f["memory_mb"], "at most", 100, "MB"),
    ("ready after, the slowest role", lambda f: f["ready_seconds"], "at most", 1, "s"),
]


def ratio(figures, floor):
    return figures["ingest"]["wxpipe ingest"][256]["cpu"][0] / figures["ingest"][floor][256]["cpu"][0]


def spread(values):
    """(median, least, most)"""
    return statistics.median(values), min(values), max(values)


def over(runs, *path):
    def value(run):
        for key in path:
            run = run[key]
        return run
    return spread([value(run) for run in runs])


def figures(results):
    """What the tables and the plot show; only the stages that were run."""
    shown = {}
    memory, ready = [], []
    if "ingest" in results:
        shown["ingest"] = {}
        for group in results["ingest"]["closed"]:
            runs = group["runs"]
            shown["ingest"].setdefault(group["system"], {})[group["connections"]] = {
                "rate": over(runs, "rate"), "cpu": over(runs, "cpu", "server"), "kafka": over(runs, "cpu", "kafka"),
                "p50_ms": over(runs, "p50_us")[0] / 1000, "p99_ms": over(runs, "p99_us")[0] / 1000}
        shown["open"] = {group["rate"]: {
            "p50_ms": tuple(value / 1000 for value in over(group["runs"], "p50_us")),
            "p99_ms": tuple(value / 1000 for value in over(group["runs"], "p99_us")),
            "cpu": over(group["runs"], "cpu", "server"), "kafka": over(group["runs"], "cpu", "kafka")} for group in results["ingest"]["open"]}
        memory += results["ingest"]["memory_mb"]
        ready += results["ingest"]["ready_seconds"]
    for stage, server in (("process", "kafka"), ("sink", "postgres")):
        if stage in results:
            shown[stage] = {system: {"rate": over(runs, "rate"), "cpu": over(runs, "cpu", "self"), server: over(runs, "cpu", server)}
                            for system, runs in results[stage]["runs"].items()}
            memory += results[stage]["memory_mb"]
            ready += results[stage]["ready_seconds"]
    if "process" in results:
        shown["facts_per_second"] = spread(results["process"]["facts_per_second"])
    if "chain" in results:
        full, half, unscored = (results["chain"][name] for name in ("full", "half", "unscored"))
        shown["chain"] = {"rate": over(full, "visible_rate"), "cpu": {name: over(full, "chain_cpu", name) for name in full[0]["chain_cpu"]},
                          "unscored_rate": over(unscored, "visible_rate"), "unscored_cpu": over(unscored, "chain_cpu", "all"),
                          "half_rate": over(half, "planned_rate"), "half_cpu": over(half, "chain_cpu", "all"),
                          "visible_ms": {name: over(half, "visible_ms", name) for name in half[0]["visible_ms"]}}
        memory += [megabytes for values in results["chain"]["memory_mb"].values() for megabytes in values]
        ready += [seconds for values in results["chain"]["ready_seconds"].values() for seconds in values]
    if memory:
        shown["memory_mb"], shown["ready_seconds"] = max(memory), max(ready)
    return shown


def bars(shown):
    """[(what, figure, spread or nothing, how, bar, unit, cleared)] of the limits that can be checked with the stages
    run."""
    rows = []
    for what, get, how, bar, unit in BARS:
        try:
            value = get(shown)
        except KeyError:
            continue
        value, *around = value if isinstance(value, tuple) else (value,)
        rows.append((what, value, tuple(around), how, bar, unit, value >= bar if how == "at least" else value <= bar))
    return rows


def number(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def with_spread(values):
    middle, least, most = values
    return f"{number(middle)} [{number(least)} .. {number(most)}]"


def tables(shown):
    """The report as lines of text with Markdown tables."""
    lines = []

    def table(title, heading, rows):
        lines.extend(["", f"### {title}", "", "| " + " | ".join(heading) + " |", "|" + "---|" * len(heading)])
        lines.extend("| " + " | ".join(row) + " |" for row in rows)

    if "ingest" in shown:
        table("Ingest, closed loop, 1 KiB decrypted", ["server", "connections", "callbacks/s", "CPU µs", "broker CPU µs", "p50 / p99 ms"],
              [[system, str(connections), with_spread(row["rate"]), with_spread(row["cpu"]),
                with_spread(row["kafka"]) if system == "wxpipe ingest" else "", f"{number(row['p50_ms'])} / {number(row['p99_ms'])}"]
               for system, by_connections in shown["ingest"].items() for connections, row in by_connections.items()])
        table("Ingest, open loop, latency from the planned arrival", ["callbacks/s", "p50 ms", "p99 ms", "CPU µs", "broker CPU µs"],
              [[number(rate), with_spread(row["p50_ms"]), with_spread(row["p99_ms"]), with_spread(row["cpu"]), with_spread(row["kafka"])]
               for rate, row in shown["open"].items()])
    for stage, server, unit in (("process", "kafka", "events/s"), ("sink", "postgres", "rows/s")):
        if stage in shown:
            table(stage.capitalize(), ["", unit, "CPU µs", f"{server} CPU µs"],
                  [[system, with_spread(row["rate"]), with_spread(row["cpu"]), with_spread(row[server])] for system, row in shown[stage].items()])
    if "chain" in shown:
        chain = shown["chain"]
        table("Whole chain, callback to visible row", ["", "figure"],
              [["callbacks/s until all rows are visible", with_spread(chain["rate"])],
               *[[f"CPU µs a callback: {name}", with_spread(values)] for name, values in chain["cpu"].items()],
               ["without scoring rules: callbacks/s", with_spread(chain["unscored_rate"])],
               ["without scoring rules: CPU µs a callback: all", with_spread(chain["unscored_cpu"])],
               [f"at {number(chain['half_rate'][0])}/s: CPU µs a callback", with_spread(chain["half_cpu"])],
               *[[f"at {number(chain['half_rate'][0])}/s: visible after, {name}, ms", with_spread(values)]
                 for name, values in chain["visible_ms"].items()]])
    rows = bars(shown)
    if rows:
        table("Bars", ["", "figure", "bar", ""],
              [[what, number(value) + " " + unit + (f" [{number(around[0])} .. {number(around[1])}]" if around else ""),
                f"{how} {number(bar)} {unit}", "cleared" if cleared else "**missed**"]
               for what, value, around, how, bar, unit, cleared in rows])
    return lines
