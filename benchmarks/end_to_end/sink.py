"""Storing a day's traffic: wxpipe sink with its 5 % repeats, compared with COPY of fresh rows of such a day into the same
tables in the same batches. And rows that are already stored, which must not cost more than new ones."""
import json
import time

import machine
import servers
from process import outcome, until_counted
from servers import PROGRAMS, Process, Role

ROWS = 200_000
BATCH = 1_000


def measure(stack, rounds, note):
    runs = {"COPY": [], "wxpipe sink": [], "wxpipe sink, all rows there": []}
    ready, memory = [], []
    for number in range(rounds):
        prefix = f"bench.sink{number}."
        stack.topics(prefix)
        filled = json.loads(servers.run(PROGRAMS / "bench_fill", stack.kafka, prefix, "day-facts", number + 1, ROWS))
        order = [copy, fresh_and_again] if number % 2 == 0 else [fresh_and_again, copy]
        for system in order:
            for result in system(stack, prefix, number, filled["fresh"], ready, memory):
                runs[result["system"]].append(result)
                note(f"sink {number + 1}/{rounds}: {result['system']}: {result['rate']:,.0f}/s, {result['cpu']['self']:.1f} µs + Postgres "
                     f"{result['cpu']['postgres']:.1f} µs", result)
    return {"runs": runs, "ready_seconds": ready, "memory_mb": memory}


def copy(stack, prefix, number, fresh, *_):
    database = stack.fresh_database("bench_copy")
    run_partitions(database)
    process = Process("floor-copy", [PROGRAMS / "floor_copy", database, number + 1, fresh, BATCH], pipe=True)
    process.line()
    window = machine.Window({"self": [process.pid], **stack.roots()})
    answer = json.loads(process.line())
    window.close()
    process.stop()
    yield outcome("COPY", answer["rows"], answer["seconds"], window)


def fresh_and_again(stack, prefix, number, fresh, ready, memory):
    database = stack.fresh_database("bench_sink")
    run_partitions(database)
    role = start(stack, database, prefix)
    ready.append(role.ready_seconds)
    yield timed(stack, role, "wxpipe sink", fresh, "wxpipe_sink_rows_total", table="messages")
    memory.append(machine.resident_megabytes(role.pid))
    role.stop()
    stored = int(stack.sql("select count(*) from messages", database))
    if stored != fresh:
        raise servers.Failed(f"{stored} rows of {fresh} were stored")
    # Reads from the beginning again, as another cluster's sink would: every row is already stored.
    stack.sql("update wxpipe.sink_offsets set next_offset = 0", database)
    role = start(stack, database, prefix)
    yield timed(stack, role, "wxpipe sink, all rows there", fresh, "wxpipe_duplicates_total", stage="sink")
    role.stop()


def run_partitions(database):
    """Makes them ahead of time, as in a running pipeline."""
    servers.run(servers.WXPIPE, "partitions", "apply", env={"DATABASE_URL": database})


def start(stack, database, prefix):
    return Role("sink", stack, database, prefix, {"WXPIPE_SINK__FAMILIES": "messages", "WXPIPE_SINK__BATCH_ROWS": str(BATCH)})


def timed(stack, role, system, rows, metric, **labels):
    done = until_counted(role, rows * 0.2, metric, **labels)
    window = machine.Window({"self": [role.pid], **stack.roots()})
    began = time.monotonic()
    more = until_counted(role, rows * 0.95, metric, **labels)
    seconds = time.monotonic() - began
    window.close()
    until_counted(role, rows, metric, **labels)
    return outcome(system, more - done, seconds, window)
