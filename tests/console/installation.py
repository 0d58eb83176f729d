"""A whole installation for the browser tests: servers of its own, all roles, a console with a user for each role, and
callbacks that `wxpipe simulate` played. Everything is in one folder and goes with it."""

import base64
import hashlib
import json
import os
import secrets
import signal
import socket
import string
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"
ROLES = {"wang": ("viewer", []), "li": ("analyst", ["bodies", "export"]), "chen": ("operator", ["bodies", "export"])}

# As strangers would write it: as a nickname, a message, a menu's name.
HOSTILE = "<img src=x onerror=\"document.title='owned';window.owned=1\">"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def until(condition, what, seconds=60):
    """Waits for a condition, by looking again and again. Returns what it gave."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.1)


class Installation:
    def __init__(self, wxpipe):
        self.wxpipe = str(wxpipe)
        self.folder = Path(tempfile.mkdtemp(prefix="wxpipe-console-"))
        self.folder.chmod(0o755)  # as root, the servers run as another user
        self.processes = {}
        self.environment = dict(os.environ)
        self.callbacks, self.admin, self.port = free_port(), free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    # --- Servers ---

    def stack(self, command, *servers):
        subprocess.run(
            [REPOSITORY / "dev/stack", command, "--dir", self.folder / "stack", *servers],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def start(self):
        self.stack("up")
        told = subprocess.run(
            [REPOSITORY / "dev/stack", "env", "--dir", self.folder / "stack"],
            check=True,
            text=True,
            stdout=subprocess.PIPE,
        ).stdout
        self.environment |= dict(line.split("=", 1) for line in told.split())
        letters = string.ascii_letters + string.digits
        self.environment |= {
            "WXPIPE_CONFIG": str(self.folder / "wxpipe.toml"),
            "WXPIPE_SEALING_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
            "CONSOLE_TOKEN": "".join(secrets.choice(letters) for _ in range(16)),
            "CONSOLE_AES_KEY": "".join(secrets.choice(letters) for _ in range(43)),
            "CONSOLE_SECRET": "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode(),
        }
        self.write_configuration()
        self.run("migrate")
        self.run("topics", "apply")
        self.start_roles()
        self.start_console()
        return self

    def start_roles(self):
        self.spawn("roles", "run")
        until(lambda: answers(f"http://127.0.0.1:{self.admin}/readyz"), "the roles are ready")

    def restart_roles(self):
        self.end("roles")
        self.start_roles()

    def start_console(self):
        self.spawn("console", "console", WXPIPE_ADMIN__LISTEN="127.0.0.1:0", WXPIPE_INSTANCE="console-1")
        until(lambda: answers(f"{self.url}/"), "the console answers")

    def write_configuration(self):
        hashed = json.loads(self.run("console", "passwd", "chen", "--json", given=PASSWORD + "\n"))["password"]
        users = "".join(
            f'\n[[console.users]]\nname = "{name}"\nrole = "{role}"\nmay = {json.dumps(may)}\npassword = "{hashed}"\n'
            for name, (role, may) in ROLES.items()
        )
        keys = 'token_env = "CONSOLE_TOKEN"\nencoding_aes_key_env = "CONSOLE_AES_KEY"\n'
        (self.folder / "wxpipe.toml").write_text(f"""
[instance]
name = "console-test"
[kafka]
durability = "one_broker"
[ingest]
listen = "127.0.0.1:{self.callbacks}"
public_url = "http://127.0.0.1:{self.callbacks}"
[admin]
listen = "127.0.0.1:{self.admin}"
[console]
listen = "127.0.0.1:{self.port}"
admin = ["127.0.0.1:{self.admin}"]
[spool]
directory = "{self.folder}/spool"
[score]
rules_file = "{REPOSITORY}/config/scoring.toml"
{users}
[[accounts]]
name = "shop"
kind = "official_account"
title = "旗舰店"
app_id = "wx0123456789abcdef"
{keys}menu = {{ PRICE = "价格" }}

[[accounts]]
name = "outlet"
kind = "official_account"
title = "分店"
app_id = "wx0123456789abcdee"
{keys}
[[accounts]]
name = "corp"
kind = "wework_app"
title = "销售部"
corp_id = "ww0123456789abcdef"
{keys}
[[accounts]]
name = "forms"
kind = "channel"
title = "官网表单"
channel = "web_form"
secret_env = "CONSOLE_SECRET"
""")

    # --- Commands and questions ---

    def run(self, *arguments, given=None, fails=False):
        done = subprocess.run(
            [self.wxpipe, *arguments],
            env=self.environment,
            input=given,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=180,
        )
        if done.returncode != 0 and not fails:
            raise RuntimeError(
                f"wxpipe {' '.join(arguments)}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
            )
        return done.stdout

    def spawn(self, name, *arguments, **more):
        with open(self.folder / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen(
                [self.wxpipe, *arguments], env=self.environment | more, stdout=log, stderr=log
            )

    def end(self, name):
        process = self.processes.pop(name)
        process.terminate()
        process.wait(20)

    def sql(self, question):
        done = subprocess.run(
            [
                "psql",
                "-X",
                "-A",
                "-t",
                "-q",
                "-F",
                "\x1f",
                "-v",
                "ON_ERROR_STOP=1",
                self.environment["DATABASE_URL"],
                "-c",
                question,
            ],
            text=True,
            check=True,
            stdout=subprocess.PIPE,
        )
        return [line.split("\x1f") for line in done.stdout.splitlines()]

    def one(self, question):
        return self.sql(question)[0][0]

    def send(self, account, kind, subject=None, **fields):
        """One callback, signed and encrypted. Returns its event id, once its row is there."""
        extra = [argument for name, value in fields.items() for argument in ("--set", f"{name}={value}")]
        extra += ["--subject", subject] if subject else []
        told = json.loads(self.run("send", "--account", account, "--type", kind, "--json", *extra))
        event = told["event_id"]
        until(lambda: self.one(f"select count(*) from messages where event_id = '{event}'") == "1", f"{kind} is stored")
        return event

    def verify(self, account):
        """As the platform asks when the address is saved there. Returns the answer's status."""
        now, nonce = str(int(time.time())), str(secrets.randbelow(10**9))
        signature = hashlib.sha1("".join(sorted((self.environment["CONSOLE_TOKEN"], now, nonce))).encode()).hexdigest()
        query = f"signature={signature}&timestamp={now}&nonce={nonce}&echostr=1616140317555161061"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.callbacks}/callback/{account}?{query}") as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def simulate(self, count, rate, *more):
        self.run("simulate", "--count", str(count), "--rate", str(rate), "--no-progress", *more)

    def settle(self):
        """Until everything that was acknowledged is in the tables."""
        self.run("audit", "--wait", "60s")

    def close(self):
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
        subprocess.run(
            [REPOSITORY / "dev/stack", "down", "--remove", "--dir", self.folder / "stack"],
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        subprocess.run(["rm", "-rf", self.folder], check=False)


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
