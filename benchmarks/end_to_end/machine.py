"""The CPU time used during a measurement, by our processes and by all others: their load spoils a figure. Reads /proc;
Linux only."""
import os
import time

TICKS = os.sysconf("SC_CLK_TCK")
PROCESSORS = os.cpu_count()
# A figure is marked if other processes used more cores than this.
FOREIGN_LIMIT = 0.15


def _stat_of(pid):
    """(parent, own ticks, ticks of children that have ended), or None if the process is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(fields[1]), int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])


def _trees(roots):
    """{name: ticks} of each root with all its descendants, also those that have ended."""
    stats = {int(pid): stat for pid in os.listdir("/proc") if pid.isdigit() and (stat := _stat_of(pid))}
    children = {}
    for pid, (parent, _, _) in stats.items():
        children.setdefault(parent, []).append(pid)

    def ticks(pid):
        _, own, ended = stats[pid]
        return own + ended + sum(ticks(child) for child in children.get(pid, []))

    return {name: sum(ticks(pid) for pid in pids if pid in stats) for name, pids in roots.items()}


def _machine():
    """Ticks that all processes used (without interrupts, which belong to none), and stolen ticks."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _, _, _, _, steal, *_ = (int(field) for field in file.readline().split()[1:])
    return user + nice + system, steal


def resident_megabytes(pid, key="VmHWM"):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith(key + ":"):
                return int(line.split()[1]) / 1024
    return 0.0


def cpu_seconds(pid):
    """CPU seconds of a process since its start."""
    return _stat_of(pid)[1] / TICKS


def thread_seconds(pid, name):
    """{thread: CPU seconds} of the threads of a process whose names have `name` in them."""
    seconds = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{thread}/stat", encoding="ascii", errors="replace") as file:
                begin, _, rest = file.read().rpartition(")")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
        if name in begin:
            fields = rest.split()
            seconds[thread] = (int(fields[11]) + int(fields[12])) / TICKS
    return seconds


class Window:
    """One measurement. `roots`: {name: [pid, …]}, processes that run all the time. This program always counts as
    ours."""

    def __init__(self, roots):
        self.roots = {name: list(pids) for name, pids in roots.items()}
        self._begin = self._sample()

    def _sample(self):
        ours = {**self.roots, "harness": [os.getpid()]}
        # This program's tree also holds what it started. Processes with a name of their own are counted there.
        return time.monotonic(), _trees(ours), _machine()

    def close(self):
        (began, trees_then, (busy_then, steal_then)), (ended, trees, (busy, steal)) = self._begin, self._sample()
        self.seconds = ended - began
        self.cpu = {name: max(0, trees[name] - trees_then.get(name, 0)) / TICKS for name in self.roots}
        ours = trees["harness"] - trees_then["harness"]
        # Servers that aren't our children (dev/stack starts them in their own sessions).
        ours += sum(trees[name] - trees_then.get(name, 0) for name, pids in self.roots.items()
                    if any(not _descends(pid) for pid in pids))
        self.foreign = max(0.0, ((busy - busy_then) - ours) / TICKS / self.seconds)
        self.stolen = (steal - steal_then) / TICKS / self.seconds
        return self

    @property
    def spoiled(self):
        return self.foreign + self.stolen > FOREIGN_LIMIT


def _descends(pid):
    while pid > 1:
        if pid == os.getpid():
            return True
        stat = _stat_of(pid)
        if not stat:
            return True  # gone, because we waited for its parent
        pid = stat[0]
    return False


def describe():
    """What readers of the figures need to know about the machine."""
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8") if line.startswith("model name")), "?")
    memory = next(int(line.split()[1]) for line in open("/proc/meminfo", encoding="ascii") if line.startswith("MemTotal:"))
    return {"processors": PROCESSORS, "model": model, "memory_gib": round(memory / 2**20, 1), "kernel": os.uname().release}
