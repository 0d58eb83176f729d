"""What a callback costs in wxpipe ingest, compared with servers that do less. They are loaded one after the other."""
import time

import machine
import servers
from servers import PROGRAMS, Nginx, Process, Role

SECONDS = 3.0
THREADS = 1  # the default setting; the same for all servers
CONNECTIONS = (64, 256)
RATES = (2_000, 5_000, 10_000)


def wait_until_drained(role):
    """Waits until the spool is empty. A broker that warms up (it compiles its code) is slow, so events go to the
    spool."""
    until = time.monotonic() + 120
    while role.metric("wxpipe_spool_events"):
        if time.monotonic() > until:
            raise servers.Failed(f"the spool doesn't drain: see {role.log}")
        time.sleep(0.1)


def load(port, stack, target, *options, name="load"):
    """One run of bench_load against a process: what it saw, and the CPU of all processes involved per answered
    callback. Spoiled if some events went to the spool: that costs more and would be another measurement."""
    spooled = target.metric("wxpipe_deliveries_total", path="spool") if isinstance(target, Role) else 0
    process = Process(name, [PROGRAMS / "bench_load", "run", port, *options], pipe=True)
    if process.line() != "started":
        raise servers.Failed("bench_load did not start")
    window = machine.Window({"server": [target.pid], "load": [process.pid], **stack.roots()})
    answer = Process.line(process)
    window.close()
    process.popen.wait()
    servers._running.remove(process)
    result = servers.json.loads(answer)
    if result["refused"] or result["broken"] or result["unanswered"]:
        raise servers.Failed(f"callbacks went wrong: {answer}")
    answered = max(1, result["answered"])
    result["cpu"] = {name: seconds * 1e6 / answered for name, seconds in window.cpu.items()}
    result["cpu"]["load"] = result.pop("cpu_us")
    result["foreign"], result["spoiled"] = window.foreign, window.spoiled
    if isinstance(target, Role):
        wait_until_drained(target)
        result["spooled"] = target.metric("wxpipe_deliveries_total", path="spool") - spooled
        result["spoiled"] = result["spoiled"] or result["spooled"] > 0
    return result


def start(system, stack, spool):
    port = servers.free_port()
    if system == "bare Beast":
        process = Process("floor-bare", [PROGRAMS / "floor_http", "bare", port, THREADS])
    elif system == "same work, no Kafka":
        process = Process("floor-work", [PROGRAMS / "floor_http", "work", port, THREADS, servers.config_file()],
                          {"WXPIPE_SEALING_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "KAFKA_BOOTSTRAP": stack.kafka})
    elif system == "nginx":
        program = servers.find_nginx()
        if not program:
            return None, port
        process = Nginx(program, port, THREADS)
    else:
        process = Role("ingest", stack, settings={"WXPIPE_INGEST__LISTEN": f"127.0.0.1:{port}", "WXPIPE_SPOOL__DIRECTORY": str(spool),
                                                  "WXPIPE_INGEST__THREADS": str(THREADS)})
    servers.wait_for_port(port)
    return process, port


def warm_up(stack, seconds):
    """Warms the broker up: just after its start it costs several times as much as later."""
    process, port = start("wxpipe ingest", stack, servers.WORK / "spool")
    load(port, stack, process, "--connections", 256, "--seconds", seconds)
    process.stop()


def measure(stack, rounds, note):
    closed, open_loop, ready, memory = {}, {}, [], []
    for number in range(rounds):
        for system in ("nginx", "bare Beast", "same work, no Kafka", "wxpipe ingest"):
            process, port = start(system, stack, servers.WORK / "spool")
            if not process:
                continue
            load(port, stack, process, "--connections", 64, "--seconds", 0.5)
            for connections in CONNECTIONS:
                result = load(port, stack, process, "--connections", connections, "--seconds", SECONDS)
                closed.setdefault((system, connections), []).append(result)
                note(f"ingest {number + 1}/{rounds}: {system}, {connections} connections: {result['rate']:,.0f}/s, "
                     f"{result['cpu']['server']:.1f} µs", result)
            if system == "wxpipe ingest":
                ready.append(process.ready_seconds)
                for rate in RATES:
                    result = load(port, stack, process, "--connections", 256, "--seconds", SECONDS, "--rate", rate)
                    open_loop.setdefault(rate, []).append(result)
                    note(f"ingest {number + 1}/{rounds}: {rate:,}/s: p50 {result['p50_us'] / 1000:.1f} ms, "
                         f"p99 {result['p99_us'] / 1000:.1f} ms", result)
                memory.append(machine.resident_megabytes(process.pid))
            process.stop()
    return {"closed": [{"system": system, "connections": connections, "runs": runs} for (system, connections), runs in closed.items()],
            "open": [{"rate": rate, "runs": runs} for rate, runs in open_loop.items()], "ready_seconds": ready, "memory_mb": memory}
