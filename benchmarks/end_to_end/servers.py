"""Everything that a measurement starts: a private Kafka and Postgres (dev/stack), wxpipe's roles, floors and load.
stop_all ends all of it, whatever happens."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import machine

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BUILD = REPOSITORY / "build" / "bench"
PROGRAMS = BUILD / "benchmarks" / "end_to_end"
WXPIPE = BUILD / "wxpipe"
WORK = REPOSITORY / "build" / "bench-run"
# As on a real server, not as for tests: Kafka's own JVM settings and memory for Postgres. The time of each commit is
# kept, because it tells when a row became visible.
JVM = "-Xms1g -Xmx1g -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35 -XX:MaxInlineLevel=15"
POSTGRES = "-c shared_buffers=2GB -c max_wal_size=8GB -c checkpoint_timeout=15min -c track_commit_timestamp=on"

_running = []


class Failed(Exception):
    pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(*command, env=None, **options):
    """Runs a program to its end and returns its output. Raises Failed with its output if it fails."""
    command = [str(part) for part in command]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **(env or {})}, **options)
    if done.returncode != 0:
        raise Failed(f"{' '.join(command[:4])} … ended with {done.returncode}:\n{done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


class Stack:
    """Kafka and Postgres, private to this run."""

    def __init__(self):
        self.folder = WORK / "stack"
        self.env = {"WXPIPE_STACK_JVM": JVM, "WXPIPE_STACK_POSTGRES": POSTGRES}
        run(REPOSITORY / "dev" / "stack", "down", "--remove", "--dir", self.folder)
        run(REPOSITORY / "dev" / "stack", "up", "--dir", self.folder, env=self.env)
        lines = run(REPOSITORY / "dev" / "stack", "env", "--dir", self.folder)
        values = dict(line.split("=", 1) for line in lines.splitlines())
        self.kafka, self.database = values["KAFKA_BOOTSTRAP"], values["DATABASE_URL"]
        self.kafka_pid, self.postgres_pid = (int((self.folder / f"{name}.pid").read_text().split()[0]) for name in ("kafka", "postgres"))

    def roots(self):
        return {"kafka": [self.kafka_pid], "postgres": [self.postgres_pid]}

    def compiler_seconds(self):
        """{thread: CPU seconds} of the threads that compile Kafka's code while it runs."""
        return machine.thread_seconds(self.kafka_pid, " CompilerThre")

    def sql(self, statement, database=None):
        return run("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", database or self.database, "-c", statement).strip()

    def fresh_database(self, name):
        """Makes a database of this name with wxpipe's schema; returns its URL."""
        self.sql(f"drop database if exists {name} with (force)")
        self.sql(f"create database {name}")
        url = self.database.rsplit("/", 1)[0] + "/" + name
        run(WXPIPE, "migrate", env={"DATABASE_URL": url})
        return url

    def topics(self, prefix, partitions=6):
        run(WXPIPE, "topics", "apply", "--partitions", partitions, env={"KAFKA_BOOTSTRAP": self.kafka, "WXPIPE_KAFKA__TOPIC_PREFIX": prefix})

    def down(self):
        run(REPOSITORY / "dev" / "stack", "down", "--remove", "--dir", self.folder)


class Process:
    """A program in the background; its output goes to a log beside the results."""

    def __init__(self, name, command, env=None, pipe=False):
        self.name = name
        self.log = WORK / "logs" / f"{name}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE if pipe else log, stderr=log,
                                          stdin=subprocess.DEVNULL, text=pipe, env={**os.environ, **(env or {})})
        self.pid = self.popen.pid
        _running.append(self)

    def line(self):
        """The next line of a piped program's output."""
        line = self.popen.stdout.readline()
        if not line:
            raise Failed(f"{self.name} ended with {self.popen.wait()}: see {self.log}")
        return line.strip()

    def result(self):
        """The JSON that a piped program prints at its end."""
        answer = self.line()
        if self.popen.wait() != 0:
            raise Failed(f"{self.name} ended with {self.popen.returncode}: see {self.log}")
        _running.remove(self)
        return json.loads(answer)

    def stop(self, how=signal.SIGTERM, patience=15):
        if self.popen.poll() is None:
            self.popen.send_signal(how)
            try:
                self.popen.wait(patience)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        if self in _running:
            _running.remove(self)


class Role(Process):
    """One of wxpipe's roles, ready when the constructor returns. `ready_seconds`: how long that took."""

    def __init__(self, role, stack, database=None, prefix="wxpipe.", settings=None, config=None):
        self.admin = free_port()
        env = {
            "KAFKA_BOOTSTRAP": stack.kafka, "DATABASE_URL": database or stack.database,
            "WXPIPE_KAFKA__TOPIC_PREFIX": prefix, "WXPIPE_ADMIN__LISTEN": f"127.0.0.1:{self.admin}",
            "WXPIPE_INSTANCE": f"bench-{role}", "WXPIPE_SEALING_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
            "WXPIPE_SCORE__RULES_FILE": str(REPOSITORY / "config" / "scoring.toml"), **(settings or {}),
        }
        began = time.monotonic()
        super().__init__(role, [WXPIPE, role, "--config", config or config_file()], env)
        until = began + 30
        while True:
            if self.popen.poll() is not None:
                raise Failed(f"{self.name} ended with {self.popen.returncode}: see {self.log}")
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/readyz", timeout=2).close()
                break
            except (urllib.error.URLError, ConnectionError, TimeoutError) as why:
                if time.monotonic() > until:
                    raise Failed(f"{self.name} is not ready: {why}: see {self.log}") from why
                time.sleep(0.01)
        self.ready_seconds = time.monotonic() - began

    def metric(self, name, **labels):
        """A counter's value: the sum of the samples with these labels; 0 if there are none yet."""
        text = urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/metrics", timeout=10).read().decode()
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        total = 0.0
        for line in text.splitlines():
            sample, _, value = line.rpartition(" ")
            if sample.split("{")[0] == name and all(part in sample for part in wanted):
                total += float(value)
        return total


_config = {}


def config_file(others=0):
    """The accounts that bench_load speaks to; `others` of them instead of one."""
    if others not in _config:
        path = WORK / f"accounts-{others}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(run(PROGRAMS / "bench_load", "accounts", others))
        _config[others] = path
    return _config[others]


class Nginx(Process):
    """An nginx that only answers `success`: the cost of another kind of server, for comparison."""

    def __init__(self, program, port, workers):
        folder = WORK / "nginx"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "nginx.conf").write_text(
            f"daemon off; worker_processes {workers}; pid {folder}/nginx.pid; error_log {folder}/error.log;\n"
            f"events {{ worker_connections 4096; }}\n"
            f"http {{ access_log off; keepalive_requests 1000000000; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\n"
            f"  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;\n"
            f"  server {{ listen 127.0.0.1:{port} reuseport; location / {{ return 200 'success'; }} }} }}\n")
        super().__init__("nginx", [program, "-p", folder, "-c", folder / "nginx.conf"])
        wait_for_port(port)


def find_nginx():
    """Its path, or None. If it isn't installed, the distribution's package is unpacked beside the build: installing it
    would start a server that nobody asked for."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    tools = REPOSITORY / "build" / "bench-tools"
    unpacked = tools / "usr" / "sbin" / "nginx"
    if not found and not unpacked.exists() and shutil.which("apt-get"):
        tools.mkdir(parents=True, exist_ok=True)
        try:
            run("apt-get", "-q", "download", "nginx", cwd=tools)
            for package in tools.glob("nginx_*.deb"):
                run("dpkg-deb", "-x", package, tools)
        except Failed as why:
            print(f"nginx is left out: {why}")
    return found or (unpacked if unpacked.exists() else None)


def wait_for_port(port):
    until = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError as why:
            if time.monotonic() > until:
                raise Failed(f"nothing listens on port {port}") from why
            time.sleep(0.02)


def stop_all():
    for process in list(_running):
        process.stop(patience=5)
