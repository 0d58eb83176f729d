"""The whole way from callback to visible row, with the CPU of every process: first at full speed, then at half of it,
where the time until a row can be read is what counts. The traffic is a day's (benchmarks/support/day.hpp). With the rules
of config/scoring.toml most of it are activities of leads too: a second record, a second row and a lead computed anew; so
it is also measured without any."""
import time

import ingest
import machine
import servers
from process import until_counted
from servers import Role

SECONDS = 12.0
# So few ids are remembered that a day's late repeats get past process, and only the sink meets them.
SHORT_WINDOW = {"WXPIPE_PROCESS__DEDUPE_RECORDS": "5000"}
# Kafka's JVM compiles its code while it runs, for each kind of request. It is warm when its compilers use fewer cores
# than this.
WARM = 0.05
WARM_UPS = 3
ROLES = ("ingest", "process", "sink")


class Chain:
    def __init__(self, stack, name, rules=None):
        self.stack, self.port = stack, servers.free_port()
        self.database = stack.fresh_database(f"bench_{name}")
        prefix = f"bench.{name}."
        stack.topics(prefix)
        servers.run(servers.WXPIPE, "partitions", "apply", env={"DATABASE_URL": self.database})
        edge = {"WXPIPE_INGEST__LISTEN": f"127.0.0.1:{self.port}", "WXPIPE_SPOOL__DIRECTORY": str(servers.WORK / f"spool-{name}"),
                "WXPIPE_INGEST__THREADS": str(ingest.THREADS)}
        settings = {"ingest": edge, "process": {**SHORT_WINDOW, **({"WXPIPE_SCORE__RULES_FILE": str(rules)} if rules else {})}, "sink": {}}
        self.roles = {role: Role(role, stack, self.database, prefix, settings[role]) for role in ROLES}
        self.stored = 0

    def roots(self):
        return {**{name: [role.pid] for name, role in self.roles.items()}, **self.stack.roots()}

    def send(self, *options):
        """Sends, and waits until every callback's row is visible and everything derived from it is stored. Returns what
        the load saw, the seconds until the rows were visible, and the CPU of everything."""
        window = machine.Window(self.roots())
        began = time.monotonic()
        load = ingest.load(self.port, self.stack, self.roles["ingest"], "--day", *options)
        self.stored += load["answered"] - load["repeats"] - load["unreadable"]
        until_counted(self.roles["sink"], self.stored, "wxpipe_sink_rows_total", table="messages")
        seconds = time.monotonic() - began
        while self.roles["process"].metric("wxpipe_consumer_lag_records") or self.roles["sink"].metric("wxpipe_consumer_lag_records"):
            time.sleep(0.05)
        window.close()
        load.update(visible_seconds=seconds, visible_rate=load["answered"] / seconds, foreign=window.foreign, spoiled=window.spoiled,
                    chain_cpu={name: used * 1e6 / load["answered"] for name, used in window.cpu.items()})
        load["chain_cpu"]["all"] = sum(load["chain_cpu"].values())
        return load

    def visible_after(self, seconds):
        """Percentiles, in milliseconds, of the time from when a callback was received to the commit of its row, for the
        callbacks of the last `seconds`."""
        answer = self.stack.sql(
            "select percentile_cont(array[0.5, 0.9, 0.99, 1]) within group (order by "
            "extract(epoch from pg_xact_commit_timestamp(xmin) - received_at) * 1000) from messages "
            f"where received_at > (select max(received_at) from messages) - interval '{seconds} seconds'", self.database)
        return dict(zip(("p50", "p90", "p99", "max"), (float(number) for number in answer.strip("{}").split(","))))

    def end(self):
        """Raises Failed if an acknowledged callback has no row."""
        missing = self.stored - int(self.stack.sql("select count(*) from messages", self.database))
        if missing:
            raise servers.Failed(f"{missing} acknowledged callbacks have no row")
        for role in reversed(self.roles.values()):
            role.stop()
        self.stack.sql(f"drop database {self.database.rpartition('/')[2]} with (force)")


def warm_up(stack, rules, note):
    """Loads the chain, with and without rules by turns, until Kafka has compiled its code for both. For minutes its
    compilers take up to a quarter of a callback's cost."""
    for number in range(WARM_UPS):
        cores = []
        for name, file in rules.items():
            chain = Chain(stack, f"warm_{name}_{number}", file)
            before, began = stack.compiler_seconds(), time.monotonic()
            result = chain.send("--connections", 256, "--seconds", SECONDS)
            used = sum(seconds - before.get(thread, 0) for thread, seconds in stack.compiler_seconds().items())
            cores.append(used / (time.monotonic() - began))
            note(f"warm-up {number + 1}, {name}: Kafka's compilers use {cores[-1]:.2f} cores, {result['chain_cpu']['all']:.1f} µs a callback")
            chain.end()
        if max(cores) < WARM:
            return
    note("Kafka is still compiling: its figures are too high")


def measure(stack, rounds, note):
    full, half, unscored, ready, memory = [], [], [], {name: [] for name in ROLES}, {name: [] for name in ROLES}
    no_rules = servers.WORK / "no-rules.toml"
    no_rules.write_text("# Nothing is scored.\n")
    warm_up(stack, {"scored": None, "unscored": no_rules}, note)
    for number in range(rounds):
        chain = Chain(stack, f"chain{number}")
        chain.send("--connections", 256, "--seconds", 2)
        result = chain.send("--connections", 256, "--seconds", SECONDS)
        full.append(result)
        note(f"chain {number + 1}/{rounds}: {result['visible_rate']:,.0f}/s visible, {result['chain_cpu']['all']:.1f} µs a callback", result)
        rate = round(result["visible_rate"] / 2, -2)
        result = chain.send("--connections", 256, "--seconds", SECONDS, "--rate", rate)
        result["planned_rate"], result["visible_ms"] = rate, chain.visible_after(SECONDS)
        half.append(result)
        note(f"chain {number + 1}/{rounds}: at {rate:,.0f}/s: visible p50 {result['visible_ms']['p50']:.0f} ms, "
             f"p99 {result['visible_ms']['p99']:.0f} ms", result)
        for name, role in chain.roles.items():
            ready[name].append(role.ready_seconds)
            memory[name].append(machine.resident_megabytes(role.pid))
        chain.end()
        chain = Chain(stack, f"unscored{number}", no_rules)
        chain.send("--connections", 256, "--seconds", 2)
        result = chain.send("--connections", 256, "--seconds", SECONDS)
        unscored.append(result)
        note(f"chain {number + 1}/{rounds}: without scoring {result['visible_rate']:,.0f}/s visible, "
             f"{result['chain_cpu']['all']:.1f} µs a callback", result)
        chain.end()
    return {"full": full, "half": half, "unscored": unscored, "ready_seconds": ready, "memory_mb": memory}
