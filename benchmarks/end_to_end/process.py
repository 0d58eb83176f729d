"""Processing a day's traffic: wxpipe process, compared with a loop that only copies the same records in the same
transactions."""
import json
import time

import machine
import servers
from servers import PROGRAMS, Process, Role

EVENTS = 300_000
BATCH = 2_000
BYTES = 1024


def measure(stack, rounds, note):
    runs, fan_out = {"copy loop": [], "wxpipe process": []}, None
    ready, memory = [], []
    for number in range(rounds):
        prefix = f"bench.process{number}."
        stack.topics(prefix)
        servers.run(PROGRAMS / "bench_fill", stack.kafka, prefix, "day-events", number + 1, EVENTS)
        if fan_out is None:
            fan_out = find_fan_out(stack)
        order = [copy_loop, wxpipe_process] if number % 2 == 0 else [wxpipe_process, copy_loop]
        for system in order:
            result = system(stack, prefix, fan_out, ready, memory)
            runs[result["system"]].append(result)
            note(f"process {number + 1}/{rounds}: {result['system']}: {result['rate']:,.0f}/s, {result['cpu']['self']:.1f} µs + "
                 f"broker {result['cpu']['kafka']:.1f} µs", result)
    return {"fan_out": fan_out, "runs": runs, "facts_per_second": [message_to_facts() for _ in range(rounds)],
            "ready_seconds": ready, "memory_mb": memory}


def message_to_facts():
    """Message events a second through the pure part: record in, message and facts out, as one batch; on one core."""
    answer = servers.run(servers.BUILD / "benchmarks" / "functions" / "steps_benchmark",
                         f"--benchmark_filter=^batch/.*:{BYTES}$", "--benchmark_format=json")
    return json.loads(answer)["benchmarks"][0]["items_per_second"]


def find_fan_out(stack):
    """What process makes from an event of a day: how many facts, and how large they are."""
    stack.topics("bench.fan_out.")
    written = json.loads(servers.run(PROGRAMS / "bench_fill", stack.kafka, "bench.fan_out.", "day-facts", 1, 20_000))
    written.pop("fresh")
    messages = written.pop("messages.v1")["records"]
    facts = sum(topic["records"] for topic in written.values())
    size = sum(topic["records"] * topic["mean_bytes"] for topic in written.values()) // max(1, facts)
    return {"facts_per_message": facts / messages, "fact_bytes": size}


def copy_loop(stack, prefix, fan_out, *_):
    stack.topics(prefix + "copy.")
    process = Process("floor-copy-loop", [PROGRAMS / "floor_copy_loop", stack.kafka, prefix + "events.v1", prefix + "copy.messages.v1",
                                          prefix + "copy.leads.v1", fan_out["facts_per_message"], fan_out["fact_bytes"], BATCH, EVENTS],
                      pipe=True)
    process.line()
    window = machine.Window({"self": [process.pid], **stack.roots()})
    answer = process.line()
    window.close()
    process.stop()
    return outcome("copy loop", json.loads(answer)["records"], json.loads(answer)["seconds"], window)


def wxpipe_process(stack, prefix, _, ready, memory):
    role = Role("process", stack, prefix=prefix, settings={"WXPIPE_PROCESS__BATCH_RECORDS": str(BATCH)})
    ready.append(role.ready_seconds)
    done = until_counted(role, EVENTS * 0.2, "wxpipe_process_events_total")
    window = machine.Window({"self": [role.pid], **stack.roots()})
    began = time.monotonic()
    more = until_counted(role, EVENTS * 0.95, "wxpipe_process_events_total")
    seconds = time.monotonic() - began
    window.close()
    memory.append(machine.resident_megabytes(role.pid))
    role.stop()
    return outcome("wxpipe process", more - done, seconds, window)


def until_counted(role, count, name, **labels):
    until = time.monotonic() + 120
    while (seen := role.metric(name, **labels)) < count:
        if time.monotonic() > until:
            raise servers.Failed(f"{role.name} stands at {seen:,.0f} of {count:,.0f}: see {role.log}")
        time.sleep(0.02)
    return seen


def outcome(system, records, seconds, window):
    return {"system": system, "records": records, "seconds": seconds, "rate": records / seconds,
            "cpu": {name: used * 1e6 / max(1, records) for name, used in window.cpu.items()},
            "foreign": window.foreign, "spoiled": window.spoiled}
