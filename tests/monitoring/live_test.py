#!/usr/bin/env python3
"""Alerts and dashboards against the real thing: a Kafka, a Postgres, wxpipe under load and a Prometheus that reads it.

    live_test.py WXPIPE [FOLDER] [-k PATTERN]     the executable; FOLDER has prometheus. Without it dev/prometheus/fetch
                                                  brings it; if it can't, the test is skipped (77). -k: only such parts

Every panel's query must have data. Then things are broken, each alert is seen to fire, things are mended, and each alert
is seen to end. Minutes of the rules are seconds here.
"""
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

import kafka_admin
import rules_test

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE_S = 150  # a Kafka that starts while other tests compute needs a minute
TOKEN = "live-test-token"
PREFIX = "wxpipe."  # of the topics
wxpipe = prometheus = None


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def shortened(rules):
    """Minutes become seconds, and thresholds fit to that."""
    rules = rules.replace("[3h]", "[8s]").replace("offset 7d", "offset 20s").replace(") > 30\n        for: 5m\n        labels: {severity: ticket}\n        annotations:\n          summary: 'Nothing", ") > 5\n        for: 1s\n        labels: {severity: ticket}\n        annotations:\n          summary: 'Nothing")
    rules = rules.replace("[10m]", "[15s]").replace("offset 10m", "offset 15s").replace("[5m]", "[10s]")
    rules = rules.replace("wxpipe_consumer_lag_seconds) > 60", "wxpipe_consumer_lag_seconds) > 3")
    rules = rules.replace("wxpipe_end_to_end_seconds_bucket[10s]))) > 30", "wxpipe_end_to_end_seconds_bucket[10s]))) > 3")
    rules = rules.replace("wxpipe_ack_seconds_bucket[10s]))) > 1\n", "wxpipe_ack_seconds_bucket[10s]))) > 0.3\n")
    # Two processes that fence each other do it every five seconds or so.
    rules = rules.replace('outcome=~"aborted|fenced"} > 5', 'outcome=~"aborted|fenced"} > 1')
    return re.sub(r"for: \d+m", "for: 1s", rules)


class AsWritten(unittest.TestLoader):
    """Parts run in the order of the file."""

    def getTestCaseNames(self, case):
        return sorted(super().getTestCaseNames(case), key=list(vars(case)).index)


class Live(unittest.TestCase):
    seen = set()  # alerts that fired

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="wxpipe-monitoring."))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.stack("up")
        cls.addClassCleanup(cls.stack, "down", "--remove")
        env = subprocess.run([ROOT / "dev/stack", "env", "--dir", cls.folder / "stack"], check=True, capture_output=True, text=True)
        cls.environment = {**os.environ, **dict(line.split("=", 1) for line in env.stdout.split())}
        cls.environment |= {"WXPIPE_SEALING_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "WXPIPE_CONFIG": str(cls.folder / "wxpipe.toml")}
        cls.callbacks, cls.admin, cls.port = free_port(), free_port(), free_port()
        cls.configure()
        for command in (["migrate"], ["topics", "apply"]):
            subprocess.run([wxpipe, *command], check=True, env=cls.environment, capture_output=True, timeout=120)
        cls.role = None
        cls.start_wxpipe()
        cls.addClassCleanup(lambda: cls.stop_wxpipe())
        cls.start_prometheus()
        load = subprocess.Popen([wxpipe, "simulate", "--rate", "20", "--duration", "15m", "--accounts", "shop", "--no-progress"],
                                env=cls.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(load.wait, timeout=30)
        cls.addClassCleanup(load.kill)

    @classmethod
    def stack(cls, command, *more):
        subprocess.run([ROOT / "dev/stack", command, "--dir", cls.folder / "stack", *more], check=True, capture_output=True, timeout=180)

    @classmethod
    def sql(cls, statements):
        subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", cls.environment["DATABASE_URL"], "-c", statements],
                       check=True, capture_output=True, timeout=60)

    @classmethod
    def rows(cls, table):
        said = subprocess.run(["psql", "-X", "-q", "-A", "-t", cls.environment["DATABASE_URL"], "-c", f"select count(*) from {table}"],
                              check=True, capture_output=True, text=True, timeout=60)
        return int(said.stdout)

    @classmethod
    def records(cls, topic):
        """Partition -> how many records were ever written to it."""
        return kafka_admin.ends(cls.environment["KAFKA_BOOTSTRAP"], PREFIX + topic)

    @classmethod
    def delete_records(cls, topic, before):
        kafka_admin.delete_records(cls.environment["KAFKA_BOOTSTRAP"], PREFIX + topic, before)

    @classmethod
    def configure(cls, instance="live", repair=False):
        accounts = "".join(
            f'\n[[accounts]]\nname = "{name}"\nkind = "official_account"\nmode = "plain"\napp_id = "wx0123456789abcde{digit}"\n'
            f'original_id = "gh_{name}"\ntoken = "{TOKEN}"\n'
            for digit, name in enumerate(("shop", "outlet"))
        )
        (cls.folder / "wxpipe.toml").write_text(
            f'[instance]\nname = "{instance}"\n[ingest]\nlisten = "127.0.0.1:{cls.callbacks}"\n[admin]\nlisten = "127.0.0.1:{cls.admin}"\n'
            f'[spool]\ndirectory = "{cls.folder}/spool"\nmax_bytes = "1MiB"\n[sink]\nbrake_consecutive = 5\nrepair = {str(repair).lower()}\n[score]\nrules_file = "{ROOT}/config/scoring.toml"\n{accounts}'
        )

    @classmethod
    def start_wxpipe(cls):
        cls.log = open(cls.folder / "wxpipe.log", "a")
        cls.role = subprocess.Popen([wxpipe, "run"], env=cls.environment, cwd=cls.folder, stdout=cls.log, stderr=cls.log)
        cls.until(lambda: cls.get(f"http://127.0.0.1:{cls.admin}/healthz") is not None, "wxpipe answers")

    @classmethod
    def stop_wxpipe(cls):
        cls.role.send_signal(signal.SIGTERM)
        cls.role.wait(timeout=30)
        cls.log.close()

    @classmethod
    def start_prometheus(cls):
        (cls.folder / "rules.yml").write_text(shortened(rules_test.rules()))
        (cls.folder / "prometheus.yml").write_text(
            "global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [rules.yml]\nscrape_configs:\n"
            f"  - job_name: wxpipe\n    static_configs: [{{targets: ['127.0.0.1:{cls.admin}'], labels: {{role: run}}}}]\n"
        )
        log = open(cls.folder / "prometheus.log", "w")
        process = subprocess.Popen(
            [pathlib.Path(prometheus) / "prometheus", f"--config.file={cls.folder}/prometheus.yml", f"--storage.tsdb.path={cls.folder}/tsdb",
             f"--web.listen-address=127.0.0.1:{cls.port}", "--enable-feature=exemplar-storage"], stdout=log, stderr=log)
        cls.addClassCleanup(log.close)
        cls.addClassCleanup(process.wait, timeout=30)
        cls.addClassCleanup(process.terminate)
        cls.until(lambda: cls.ask("up") != [], "Prometheus reads wxpipe")

    @staticmethod
    def get(url):
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.read()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return None

    @staticmethod
    def until(holds, what):
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {PATIENCE_S} s: {what}")
            time.sleep(0.2)

    @classmethod
    def ask(cls, query):
        answer = cls.get(f"http://127.0.0.1:{cls.port}/api/v1/query?" + urllib.parse.urlencode({"query": query}))
        return json.loads(answer)["data"]["result"] if answer else []

    @classmethod
    def exemplars(cls, query):
        window = {"query": query, "start": time.time() - 300, "end": time.time() + 5}
        answer = cls.get(f"http://127.0.0.1:{cls.port}/api/v1/query_exemplars?" + urllib.parse.urlencode(window))
        series = json.loads(answer)["data"] if answer else []
        return [exemplar for each in series for exemplar in each["exemplars"]]

    @classmethod
    def story(cls, receipt):
        traced = subprocess.run([wxpipe, "trace", receipt, "--json"], env=cls.environment, capture_output=True, text=True, timeout=60)
        return traced.stdout + traced.stderr

    @classmethod
    def firing(cls):
        answer = cls.get(f"http://127.0.0.1:{cls.port}/api/v1/alerts")
        alerts = json.loads(answer)["data"]["alerts"] if answer else []
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}

    def fires(self, *names):
        for name in names:
            self.until(lambda name=name: name in self.firing(), f"{name} fires (now: {self.firing()})")
            self.seen.add(name)

    def ends(self, *names):
        for name in names:
            self.until(lambda name=name: name not in self.firing(), f"{name} ends")

    def send(self, account, body, token=TOKEN):
        now, nonce = str(int(time.time())), str(time.monotonic_ns())
        signature = hashlib.sha1("".join(sorted((token, now, nonce))).encode()).hexdigest()
        query = urllib.parse.urlencode({"signature": signature, "timestamp": now, "nonce": nonce})
        request = urllib.request.Request(f"http://127.0.0.1:{self.callbacks}/callback/{account}?{query}", body.encode(), method="POST")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def message(self, account="shop", receiver=None, filler=""):
        now = int(time.time())
        return (f"<xml><ToUserName><![CDATA[{receiver or 'gh_' + account}]]></ToUserName><FromUserName><![CDATA[o{time.monotonic_ns()}]]></FromUserName>"
                f"<CreateTime>{now}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好{filler}]]></Content><MsgId>{time.monotonic_ns()}</MsgId></xml>")

    def test_panels_have_data(self):
        self.send("shop", "this is not XML")
        for where, query in rules_test.queries():
            query = query.replace("$__rate_interval", "10s").replace("$account", ".*")
            # Kinds that only appear when something goes wrong.
            if re.search(r'outcome="refused"', query):
                for _ in range(2):
                    self.send("shop", "x", token="wrong")
                    time.sleep(1.2)  # two scrapes apart: a rate needs both
            self.until(lambda query=query: self.ask(query) != [], f"{where}: {query}")

    def test_a_slow_bucket_names_a_callback(self):
        for metric in ("wxpipe_ack_seconds", "wxpipe_end_to_end_seconds"):
            self.until(lambda metric=metric: self.exemplars(f"{metric}_bucket") != [], f"{metric} has exemplars")
            labels = self.exemplars(f"{metric}_bucket")[-1]["labels"]
            self.until(lambda labels=labels: labels["trace_id"] in self.story(labels["receipt"]), f"{metric}: the callback's story is told")

    def test_dead_letters_refusals_wrong_ids_a_silent_account(self):
        self.assertEqual(self.send("shop", "this is not XML"), 200)
        self.assertEqual(self.send("shop", self.message(receiver="gh_other")), 200)
        for _ in range(8):
            self.assertEqual(self.send("outlet", self.message("outlet"), token="wrong"), 401)
        self.assertEqual(self.send("outlet", self.message("outlet")), 200)
        # Prometheus counts what comes after it has seen a counter.
        self.until(lambda: self.ask('wxpipe_callbacks_total{account="outlet",outcome="accepted"}') != [], "outlet is counted")
        for _ in range(30):
            self.assertEqual(self.send("outlet", self.message("outlet")), 200)
        self.fires("WxpipeDeadLetters", "WxpipeWrongIds")
        for _ in range(20):
            self.send("outlet", self.message("outlet"), token="wrong")
        self.fires("WxpipeRefusals", "WxpipeAccountSilent")
        self.ends("WxpipeDeadLetters", "WxpipeWrongIds", "WxpipeRefusals", "WxpipeAccountSilent")

    def test_a_mistake_in_the_configuration(self):
        right = (self.folder / "wxpipe.toml").read_text()
        (self.folder / "wxpipe.toml").write_text(right + "\n[[accounts]]\nname = \"half\"\n")
        self.fires("WxpipeConfigurationRefused")
        (self.folder / "wxpipe.toml").write_text(right)
        self.ends("WxpipeConfigurationRefused")

    def test_postgres_is_away(self):
        self.stack("kill", "postgres")
        self.fires("WxpipeSinkHindered", "WxpipeBehind")
        self.stack("start", "postgres")
        self.fires("WxpipeRowsLate")
        self.ends("WxpipeSinkHindered", "WxpipeBehind", "WxpipeRowsLate")

    def test_kafka_deletes_what_the_sink_has_not_read(self):
        self.stack("kill", "postgres")
        self.fires("WxpipeSinkHindered")
        before = sum(self.records("messages.v1").values())
        self.until(lambda: sum(self.records("messages.v1").values()) > before + 20, "facts wait for the sink")
        self.delete_records("messages.v1", self.records("messages.v1"))
        self.stack("start", "postgres")
        self.fires("WxpipeRecordsLost", "WxpipeUnaccounted")
        subprocess.run([wxpipe, "audit", "--repair", "--yes"], env=self.environment, check=True, capture_output=True, timeout=120)
        self.ends("WxpipeRecordsLost", "WxpipeUnaccounted")

    def test_a_row_vanishes_and_so_do_its_records(self):
        self.sql("""
          create table public.backup (like messages);
          create function lose() returns trigger language plpgsql as $$ begin
            insert into public.backup select new.*;
            delete from messages where event_id = new.event_id;
            return null;
          end $$;
          create trigger lose after insert on messages for each row when (new.content like '%lost%') execute function lose()""")
        self.assertEqual(self.send("shop", self.message(filler="lost")), 200)
        self.until(lambda: self.rows("public.backup") > 0, "the row is lost")
        until_then = self.records("events.v1")
        self.fires("WxpipeUnaccounted")  # by now process has taken all that was there then
        self.delete_records("events.v1", until_then)
        self.stop_wxpipe()
        self.addCleanup(self.configure)
        self.configure(repair=True)
        self.start_wxpipe()
        self.fires("WxpipeRepairImpossible")
        # Only a backup can help.
        self.sql("drop trigger lose on messages; drop function lose(); insert into messages select * from public.backup; drop table public.backup")
        self.ends("WxpipeUnaccounted", "WxpipeRepairImpossible")

    def test_two_processes_have_one_name(self):
        own_port = {"WXPIPE_ADMIN__LISTEN": f"127.0.0.1:{free_port()}"}
        twin = subprocess.Popen([wxpipe, "process"], env=self.environment | own_port, cwd=self.folder, stdout=self.log, stderr=self.log)
        self.addCleanup(twin.wait, timeout=30)
        self.addCleanup(twin.kill)
        self.fires("WxpipeTransactionsFail")
        twin.terminate()
        twin.wait(timeout=30)
        self.ends("WxpipeTransactionsFail")

    def test_postgres_refuses_every_row(self):
        self.sql("alter table messages add constraint broken check (false) not valid")
        self.fires("WxpipeSinkStopped")
        self.sql("alter table messages drop constraint broken")
        self.stop_wxpipe()
        self.start_wxpipe()
        self.ends("WxpipeSinkStopped")

    def test_kafka_hangs_again_and_again(self):
        kafka = int((self.folder / "stack/kafka.pid").read_text().split()[0])
        self.addCleanup(lambda: os.path.exists(f"/proc/{kafka}") and os.kill(kafka, signal.SIGCONT))

        def hangs_and_fires():
            os.kill(kafka, signal.SIGSTOP)
            answered = self.send("shop", self.message())
            os.kill(kafka, signal.SIGCONT)
            self.assertEqual(answered, 200)
            return "WxpipeAcknowledgesSlowly" in self.firing()

        self.until(hangs_and_fires, "WxpipeAcknowledgesSlowly fires")
        self.seen.add("WxpipeAcknowledgesSlowly")
        self.ends("WxpipeAcknowledgesSlowly", "WxpipeSpoolNotDraining")

    def test_kafka_is_away_and_the_spool_is_full(self):
        self.stack("kill", "kafka")
        self.fires("WxpipeSpoolNotDraining")
        filler = "字" * 300
        self.until(lambda: self.send("shop", self.message(filler=filler * 30)) == 503, "the spool is full")
        self.fires("WxpipeCallbacksFail")
        self.stack("start", "kafka")
        self.ends("WxpipeSpoolNotDraining", "WxpipeCallbacksFail")

    def test_kafka_is_away_and_a_spool_belongs_to_nobody(self):
        self.stack("kill", "kafka")
        self.until(lambda: any(float(one["value"][1]) > 0 for one in self.ask("wxpipe_spool_events")), "events are in the spool")
        self.stop_wxpipe()
        self.configure("another")
        self.start_wxpipe()
        self.fires("WxpipeSpoolLeft")
        self.stack("start", "kafka")
        self.ends("WxpipeSpoolLeft")

    def test_wxpipe_is_away_and_its_spool_is_damaged(self):
        self.stop_wxpipe()
        self.fires("WxpipeRoleAway")
        spools = list((self.folder / "spool").glob("*.spool"))
        self.assertTrue(spools)
        for spool in spools:
            spool.write_bytes(b"not a spool any more" * 500)
        self.start_wxpipe()
        self.ends("WxpipeRoleAway")
        self.fires("WxpipeSpoolDamaged")
        for kept in (self.folder / "spool").glob("*damaged*"):
            kept.rename(self.folder / kept.name)
        self.ends("WxpipeSpoolDamaged")

    def test_no_alert_is_left_out(self):
        self.assertEqual(self.seen, set(rules_test.alerts()))


if __name__ == "__main__":
    wxpipe = str(pathlib.Path(sys.argv.pop(1)).resolve())
    prometheus = rules_test.tools_folder(sys.argv.pop(1) if sys.argv[1:] and not sys.argv[1].startswith("-") else None)
    if not prometheus:
        print("SKIPPED: prometheus is missing; dev/prometheus/fetch brings it")
        sys.exit(77)
    unittest.main(testLoader=AsWritten())
