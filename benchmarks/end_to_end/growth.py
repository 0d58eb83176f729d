"""Whether costs grow with what grows in a pipeline's life: rows in the month, people of every family, partitions,
accounts, idle connections, ids in the dedupe window, callbacks since the start, processes of a role.
bench.py growth [WHAT …]
More than a run's 25 minutes allow: ROWS, PEOPLE, SLICES, CALLBACKS and BACKLOG in the environment."""
import json
import os
import statistics
import time

import chain
import ingest
import machine
import process
import servers
import sink
from servers import PROGRAMS, Role

ROUNDS = 2
ROWS = int(os.environ.get("ROWS", 2_000_000))
PEOPLE = int(os.environ.get("PEOPLE", 1_000_000))
SLICES = int(os.environ.get("SLICES", 4))
CALLBACKS = int(os.environ.get("CALLBACKS", 2_000_000))
BACKLOG = int(os.environ.get("BACKLOG", 400_000))
PARTITIONS = 24


def point(label, runs, unit="CPU µs", extra=None):
    """One line of a growth table: the cost in the role's own process and in the server."""
    return {"at": label, "unit": unit, "runs": runs, **(extra or {})}


def rows_in_the_month(stack, note):
    """The sink of messages with no, half and all of ROWS in the month, and with 24 months of partitions."""
    database, points, stored, topic = stack.fresh_database("bench_growth"), [], 0, 0
    servers.run(servers.WXPIPE, "partitions", "apply", env={"DATABASE_URL": database})
    for target in (0, ROWS // 2, ROWS):
        while stored < target:
            count = min(200_000, target - stored)
            servers.run(PROGRAMS / "floor_copy", database, 1_000_000 + stored, count, sink.BATCH)
            stored += count
        stack.sql("checkpoint", database)
        runs = []
        for _ in range(ROUNDS):
            runs.append(one_sink_run(stack, database, topic))
            topic, stored = topic + 1, stored + sink.ROWS
            note(f"growth: sink at {target:,} rows: {runs[-1]['rate']:,.0f}/s, {runs[-1]['cpu']['postgres']:.1f} µs", runs[-1])
        points.append(point(f"{target:,} rows in the month", runs))
    servers.run(servers.WXPIPE, "partitions", "apply", env={"DATABASE_URL": database, "WXPIPE_SINK__MONTHS_AHEAD": "24"})
    runs = []
    for _ in range(ROUNDS):
        runs.append(one_sink_run(stack, database, topic))
        topic += 1
        note(f"growth: sink with 24 months more: {runs[-1]['rate']:,.0f}/s, {runs[-1]['cpu']['postgres']:.1f} µs", runs[-1])
    points.append(point("the same and partitions for 24 months more", runs))
    stack.sql("drop database bench_growth with (force)")
    return points


def one_sink_run(stack, database, number):
    prefix = f"bench.growth{number}."
    stack.topics(prefix)
    filled = json.loads(servers.run(PROGRAMS / "bench_fill", stack.kafka, prefix, "day-facts", 1_000 + number, sink.ROWS))
    role = sink.start(stack, database, prefix)
    result = sink.timed(stack, role, "sink", filled["fresh"], "wxpipe_sink_rows_total", table="messages")
    role.stop()
    return result


# People of years ago, in the tables of every family that keeps something for each of them.
SEEN_YEARS_AGO = """
create temp table people as select 'o' || md5(i::text) as subject, md5(i::text)::uuid as id, now() - interval '2 years' as day
  from generate_series(1, {people}) i;
insert into follower_history (account, subject, event_id, change, occurred_at, received_at, rank, platform, event_type, state)
  select 'shop', subject, id, 'subscribed', day, day, 20, 'wechat', 'follower.subscribed', 'following' from people;
insert into followers (account, subject, platform, state, change, changed_at, rank, change_event_id, state_told_at, subscribed_at,
    first_seen_at, last_seen_at, change_count)
  select 'shop', subject, 'wechat', 'following', 'subscribed', day, 20, id, day, day, day, day, 1 from people;
insert into wxpipe.lead_daily (account, subject, day, rule, daily_cap, half_life_days, dimension, points, activities)
  select 'shop', subject, day, 'subscribed', 10, 30, 'interest', 10, 1 from people;
insert into wxpipe.lead_profiles (account, subject, field, value, occurred_at, told_at, activity_id)
  select 'shop', subject, 'contact_name', '王', day, day, id from people;
insert into leads (account, subject, platform, score, score_details, scored_on, activity_count, first_activity_at, first_activity_id,
    last_activity_at, last_activity_id, profile)
  select 'shop', subject, 'wechat', 10, '{{}}', day, 1, day, id, day, id, '{{}}' from people;
insert into dead_letters (dead_letter_id, occurred_at, failed_at, stage, reason, account, body, receipt)
  select id, day, day, 'ingest', 'malformed_xml', 'shop', '<xml>', 'edge-1/1/' || id from people;
"""


def families(stack, note):
    """The sink of all families, a day's traffic: with empty tables, and with PEOPLE of years ago in each."""
    database, points, number = stack.fresh_database("bench_families"), [], 0
    sink.run_partitions(database)
    for people in (0, PEOPLE):
        if people:
            stack.sql(SEEN_YEARS_AGO.format(people=people), database)
            stack.sql("checkpoint", database)
        runs = []
        for _ in range(ROUNDS):
            prefix, number = f"bench.families{number}.", number + 1
            stack.topics(prefix)
            filled = json.loads(servers.run(PROGRAMS / "bench_fill", stack.kafka, prefix, "day-facts", 2_000 + number, sink.ROWS))
            role = Role("sink", stack, database, prefix)
            window, began = machine.Window({"self": [role.pid], **stack.roots()}), time.monotonic()
            process.until_counted(role, filled["fresh"], "wxpipe_sink_rows_total", table="messages")
            while role.metric("wxpipe_consumer_lag_records"):
                time.sleep(0.05)
            seconds = time.monotonic() - began
            runs.append(process.outcome("sink", sink.ROWS, seconds, window.close()))
            note(f"growth: sink of all families beside {people:,} people: {runs[-1]['rate']:,.0f} events/s, "
                 f"{runs[-1]['cpu']['postgres']:.1f} µs", runs[-1])
            role.stop()
        points.append(point(f"{people:,} people of years ago", runs))
    stack.sql("drop database bench_families with (force)")
    return points


def accounts(stack, note):
    """Ingest at 1, 100 and 5,000 accounts, the callbacks spread over all of them."""
    runs = {}
    for _ in range(ROUNDS):
        for others in (1, 100, 5_000):
            port = servers.free_port()
            role = Role("ingest", stack, settings={"WXPIPE_INGEST__LISTEN": f"127.0.0.1:{port}",
                                                   "WXPIPE_INGEST__THREADS": str(ingest.THREADS)}, config=servers.config_file(others))
            ingest.load(port, stack, role, "--others", others, "--connections", 256, "--seconds", 1)
            result = ingest.load(port, stack, role, "--others", others, "--connections", 256, "--seconds", ingest.SECONDS)
            result["memory_mb"] = machine.resident_megabytes(role.pid)
            runs.setdefault(others, []).append(result)
            note(f"growth: ingest with {others:,} accounts: {result['cpu']['server']:.1f} µs, {result['memory_mb']:.0f} MB", result)
            role.stop()
    return [point(f"{others:,} accounts", of) for others, of in runs.items()]


def idle_connections(stack, note):
    """Ingest with 10,000 keep-alive connections that are idle."""
    runs = {}
    for _ in range(ROUNDS):
        for idle in (0, 10_000):
            port = servers.free_port()
            role = Role("ingest", stack, settings={"WXPIPE_INGEST__LISTEN": f"127.0.0.1:{port}", "WXPIPE_INGEST__THREADS": str(ingest.THREADS)})
            ingest.load(port, stack, role, "--connections", 256, "--seconds", 1)
            result = ingest.load(port, stack, role, "--idle", idle, "--connections", 256, "--seconds", ingest.SECONDS)
            result["memory_mb"] = machine.resident_megabytes(role.pid)
            runs.setdefault(idle, []).append(result)
            note(f"growth: ingest with {idle:,} idle connections: {result['cpu']['server']:.1f} µs, {result['memory_mb']:.0f} MB", result)
            role.stop()
    return [point(f"{idle:,} idle connections", of) for idle, of in runs.items()]


def dedupe_window(stack, note):
    """Process as its window fills up to [process] dedupe_records in each partition, and far beyond: SLICES times 900,000
    events, 2,000 a second. WXPIPE_PROCESS__DEDUPE_RECORDS=1000000000 measures it with all of their ids in
    memory."""
    slices, each, prefix = SLICES, 900_000, "bench.window."
    stack.topics(prefix)
    settings = {"WXPIPE_PROCESS__BATCH_RECORDS": str(process.BATCH), "WXPIPE_PROCESS__DEDUPE_WINDOW": "1h"}
    points, done, role = [], 0, None
    for number in range(slices):
        servers.run(PROGRAMS / "bench_fill", stack.kafka, prefix, "events", number * each, each, process.BYTES, (slices - 1 - number) * 449)
        if not role:
            role = Role("process", stack, prefix=prefix, settings=settings)
        process.until_counted(role, done + each * 0.1, "wxpipe_process_events_total", outcome="processed")
        window = machine.Window({"self": [role.pid], **stack.roots()})
        began = time.monotonic()
        start = role.metric("wxpipe_process_events_total", outcome="processed")
        end = process.until_counted(role, done + each * 0.95, "wxpipe_process_events_total", outcome="processed")
        seconds = time.monotonic() - began
        result = process.outcome("process", end - start, seconds, window.close())
        result["memory_mb"] = machine.resident_megabytes(role.pid)
        done += each
        process.until_counted(role, done, "wxpipe_process_events_total", outcome="processed")
        points.append(point(f"{done - each:,} to {done:,} events", [result]))
        note(f"growth: process behind {done - each:,} to {done:,} events: {result['rate']:,.0f}/s, {result['cpu']['self']:.1f} µs, "
             f"{result['memory_mb']:.0f} MB", result)
    role.stop()
    # A new owner of these partitions reads the window back from Kafka.
    role = Role("process", stack, prefix=prefix, settings=settings)
    note(f"growth: process took over a window of {done:,} events, ready after {role.ready_seconds:.2f} s")
    points.append(point(f"taking over {done:,} events", [], extra={"ready_seconds": role.ready_seconds}))
    role.stop()
    return points


def memory(stack, note, callbacks=CALLBACKS, rate=8_000):
    """Every role's resident memory over CALLBACKS callbacks."""
    whole = chain.Chain(stack, "memory")
    points, each = [], 500_000
    for number in range(callbacks // each):
        result = whole.send("--connections", 256, "--seconds", each / rate * 2, "--rate", rate, "--count", each)
        now = {name: machine.resident_megabytes(role.pid, "VmRSS") for name, role in whole.roles.items()}
        points.append(point(f"{(number + 1) * each:,} callbacks", [result], extra={"memory_mb": now}))
        note(f"growth: after {(number + 1) * each:,} callbacks: " + ", ".join(f"{name} {megabytes:.0f} MB" for name, megabytes in now.items()) +
             f", {result['chain_cpu']['all']:.0f} µs a callback", result)
    whole.end()
    return points


def workers(stack, note):
    """A backlog of BACKLOG callbacks, taken by 1, 2, 4 and 8 processes of process, then by as many sinks, on 24 partitions. When half is
    done, one of them ends and comes back. CPU from the start of the first process on."""
    points, account = {"process": [], "sink": []}, servers.WORK / "workers.toml"
    account.write_text('[[accounts]]\nname = "shop"\nkind = "official_account"\nmode = "plain"\napp_id = "wx0123456789abcdef"\ntoken = "t"\n')
    for count in (1, 2, 4, 8):
        prefix, database = f"bench.workers{count}.", stack.fresh_database("bench_workers")
        sink.run_partitions(database)
        stack.topics(prefix, PARTITIONS)
        port = servers.free_port()
        edge = Role("ingest", stack, prefix=prefix, settings={"WXPIPE_INGEST__LISTEN": f"127.0.0.1:{port}"}, config=account)
        servers.run(servers.WXPIPE, "simulate", "-c", account, "--url", f"http://127.0.0.1:{port}", "--connections", 256, "--count", BACKLOG,
                    "--subjects", 20_000, "--no-progress")
        edge.stop()
        for role, reader in (("process", "process"), ("sink", "sink.messages")):
            result = shared_by(count, role, reader, stack, database, prefix, account)
            points[role].append(point(f"{count} of {role}", [result]))
            note(f"growth: {count} of {role}: {result['rate']:,.0f}/s, {result['cpu']['self']:.1f} µs", result)
        rows, events = stack.sql("select count(*), count(distinct event_id) from messages", database).split("|")
        if int(rows) != BACKLOG or int(events) != BACKLOG:
            raise servers.Failed(f"{rows} rows of {events} events were stored; {BACKLOG} were sent")
    return points["process"] + points["sink"]


def shared_by(count, role, reader, stack, database, prefix, account):
    """One measurement of workers."""
    def start(number):
        return Role(role, stack, database, prefix, {"WXPIPE_INSTANCE": f"bench-{number}", "WXPIPE_SINK__FAMILIES": "messages"}, account)

    def left():
        told = servers.run(servers.WXPIPE, "lag", "--json", "--between", "10ms",
                           env={"KAFKA_BOOTSTRAP": stack.kafka, "DATABASE_URL": database, "WXPIPE_KAFKA__TOPIC_PREFIX": prefix})
        return next(one["records"] for one in json.loads(told)["readers"] if one["reader"] == reader)

    def wait_until_left(most):
        until = time.monotonic() + 300
        while (records := left()) > most:
            if time.monotonic() > until:
                raise servers.Failed(f"{count} of {role} have left {records:,} of {BACKLOG:,}: see {roles[0].log}")
            time.sleep(0.1)

    window, began = machine.Window(stack.roots()), time.monotonic()
    roles = [start(number) for number in range(count)]
    wait_until_left(BACKLOG // 2)
    last = roles.pop()
    used = machine.cpu_seconds(last.pid)
    last.stop()
    roles.append(start(count - 1))
    wait_until_left(0)
    seconds = time.monotonic() - began
    window.close()
    window.cpu["self"] = used + sum(machine.cpu_seconds(each.pid) for each in roles)
    for each in roles:
        each.stop()
    return process.outcome(f"{count} of {role}", BACKLOG, seconds, window)


RUNS = {"rows": rows_in_the_month, "families": families, "accounts": accounts, "idle": idle_connections, "window": dedupe_window, "memory": memory,
        "workers": workers}


def tables(results):
    lines = []
    for name, run in RUNS.items():
        if name not in results:
            continue
        lines += ["", f"### {run.__doc__.strip()}", "", "| | CPU µs, own | server | a second | MB |", "|---|---|---|---|---|"]
        for at in results[name]:
            runs = at["runs"]
            if not runs:
                lines.append(f"| {at['at']} | | | ready after {at['ready_seconds']:.2f} s | |")
                continue
            cpus = [one.get("chain_cpu") or one["cpu"] for one in runs]
            own = [cpu.get("self", cpu.get("server", cpu.get("all", 0))) for cpu in cpus]
            server = [cpu.get("postgres", 0) + cpu.get("kafka", 0) for cpu in cpus]
            megabytes = at.get("memory_mb") or max(one.get("memory_mb", 0) for one in runs)
            if isinstance(megabytes, dict):
                megabytes = ", ".join(f"{role} {value:.0f}" for role, value in megabytes.items())
            else:
                megabytes = f"{megabytes:.0f}" if megabytes else ""
            rate = statistics.median(one.get("visible_rate", one["rate"]) for one in runs)
            lines.append(f"| {at['at']} | {statistics.median(own):.1f} [{min(own):.1f} .. {max(own):.1f}] | {statistics.median(server):.1f} | "
                         f"{rate:,.0f} | {megabytes} |")
    return lines
