#!/usr/bin/env python3
"""Writes the Grafana dashboards beside it (classic model, schema 38): dashboards.py [--check]

Each panel is one line here: title, unit, and what it asks Prometheus. --check fails if a file differs.
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
SOURCE = {"type": "prometheus", "uid": "${source}"}
ROLE = 'job="wxpipe"'
WITH_EXEMPLARS = ("wxpipe_ack_seconds", "wxpipe_end_to_end_seconds")


def rate(metric, by, select=""):
    return f"sum by ({by}) (rate({metric}{{{select}}}[$__rate_interval]))"


def quantile(share, metric, by=""):
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, sum by ({labels}) (rate({metric}_bucket[$__rate_interval])))"


# (title, what it tells, unit, [(query, legend)], width of 24, look)
BUSINESS = [
    ("Callbacks a second", "What the platforms send, by result. failed: neither Kafka nor the spool took it.", "cps",
     [(rate("wxpipe_callbacks_total", "outcome", 'account=~"$account"'), "{{outcome}}")], 12, "stacked"),
    ("Callbacks a second, by account", "Accepted only.", "cps",
     [(rate("wxpipe_callbacks_total", "account", 'outcome="accepted",account=~"$account"'), "{{account}}")], 12, "lines"),
    ("Answered within", "The platforms wait five seconds.", "s",
     [(quantile(0.5, "wxpipe_ack_seconds"), "p50"), (quantile(0.99, "wxpipe_ack_seconds"), "p99")], 8, "lines"),
    ("Row visible after", "From callback received to row in Postgres.", "s",
     [(quantile(0.5, "wxpipe_end_to_end_seconds"), "p50"), (quantile(0.99, "wxpipe_end_to_end_seconds"), "p99")], 8, "lines"),
    ("Unaccounted", "Acknowledged and found nowhere. Anything but 0: wxpipe audit names each.", "short",
     [("max(wxpipe_unaccounted)", "unaccounted")], 4, "zero"),
    ("Dead letters in an hour", "wxpipe dlq ls counts them by reason.", "short",
     [("sum(increase(wxpipe_dead_letters_total[1h])) or vector(0)", "dead letters")], 4, "few"),
    ("Repeats a second", "The platform's retries, met and left out.", "cps",
     [(rate("wxpipe_duplicates_total", "stage"), "{{stage}}")], 8, "lines"),
    ("Refused a second", "Answered with an error, counted, not kept.", "cps",
     [(rate("wxpipe_callbacks_total", "account, reason", 'outcome="refused",account=~"$account"'), "{{account}} {{reason}}")], 8, "lines"),
    ("Rows a second", "By table; repeats are not counted.", "wps",
     [(rate("wxpipe_sink_rows_total", "table"), "{{table}}")], 8, "stacked"),
]
OPERATIONS = [
    ("Processes that answer", "Of each role.", "short",
     [(f"sum by (role) (up{{{ROLE}}})", "{{role}}")], 6, "lines"),
    ("Behind, in seconds", "The worker furthest behind counts.", "s",
     [("max by (group) (wxpipe_consumer_lag_seconds)", "{{group}}")], 9, "lines"),
    ("Behind, in records", "Markers of transactions never count.", "short",
     [("sum by (group) (wxpipe_consumer_lag_records)", "{{group}}")], 9, "lines"),
    ("What made callbacks durable", "spool: the broker is slow or away. nowhere: answered with 503.", "cps",
     [(rate("wxpipe_deliveries_total", "path"), "{{path}}")], 8, "stacked"),
    ("Waiting in the spool", "Falls by itself when the broker is back.", "short",
     [("sum by (instance) (wxpipe_spool_events)", "{{instance}}")], 8, "lines"),
    ("Bytes in the spool", "", "bytes",
     [("sum by (instance) (wxpipe_spool_bytes)", "{{instance}}")], 8, "lines"),
    ("Copies kept in the spool", "Only with acknowledge = broker_and_spool.", "short",
     [("sum by (instance) (wxpipe_spool_copies)", "{{instance}}")], 8, "lines"),
    ("Events through process", "By result.", "cps",
     [(rate("wxpipe_process_events_total", "outcome"), "{{outcome}}")], 8, "stacked"),
    ("Facts a second", "What process wrote, by topic.", "wps",
     [(rate("wxpipe_facts_total", "topic"), "{{topic}}")], 8, "stacked"),
    ("Kafka transactions", "aborted, fenced: fine while a deployment goes on.", "ops",
     [(rate("wxpipe_transactions_total", "outcome"), "{{outcome}}")], 8, "lines"),
    ("Time to write a batch", "p99 above a second: Postgres's disk or locks.", "s",
     [(quantile(0.99, "wxpipe_sink_batch_seconds", "sink"), "{{sink}} p99")], 8, "lines"),
    ("Batches tried again", "By reason. Empty is good.", "ops",
     [(f'{rate("wxpipe_sink_retries_total", "sink, class")} or vector(0)', "{{sink}} {{class}}")], 8, "lines"),
    ("Producers renewed", "Rising without a deployment: the network or the broker holds requests up.", "ops",
     [(f'{rate("wxpipe_producers_renewed_total", "why")} or vector(0)', "{{why}}")], 8, "lines"),
    ("Open callback connections", "", "short",
     [("sum by (instance) (wxpipe_open_connections)", "{{instance}}")], 8, "lines"),
    ("Damaged and left spools", "Both want a person.", "short",
     [("sum(wxpipe_spool_damaged_files)", "damaged"), ("sum(wxpipe_spools_left)", "left")], 8, "lines"),
    ("Events that damaged spools lost", "At most so many.", "short",
     [("sum(wxpipe_spool_lost_total)", "lost")], 8, "zero"),
    ("Configuration in use since", "Each process; refused: the changed one has a mistake.", "s",
     [("time() - wxpipe_configuration_loaded_timestamp_seconds", "{{instance}}")], 8, "lines"),
    ("Changed configurations refused", "The old one stays in use.", "short",
     [("sum(wxpipe_configuration_refused)", "refused")], 4, "few"),
    ("Reloads", "taken, unchanged, refused.", "short",
     [("sum by (outcome) (increase(wxpipe_configuration_reloads_total[1h])) or vector(0)", "{{outcome}}")], 8, "lines"),
    ("Log lines for system_logs", "dropped: Kafka was away; standard error has them.", "ops",
     [(f'{rate("wxpipe_log_lines_total", "outcome")} or vector(0)', "{{outcome}}")], 8, "lines"),
    ("Partitions dropped", "By [retention] keep.", "short",
     [("sum(increase(wxpipe_partitions_dropped_total[1h])) or vector(0)", "dropped")], 8, "lines"),
]


def panel(number, place, spec):
    title, about, unit, queries, width, look = spec
    one_value = look in ("zero", "few")
    steps = [{"color": "green", "value": None}]
    if one_value:
        steps.append({"color": "red" if look == "zero" else "orange", "value": 1})
    fields = {"unit": unit, "min": 0, "thresholds": {"mode": "absolute", "steps": steps}}
    if not one_value:
        fields["custom"] = {
            "drawStyle": "line", "lineWidth": 1, "fillOpacity": 20 if look == "stacked" else 0, "showPoints": "never",
            "stacking": {"mode": "normal" if look == "stacked" else "none", "group": "A"},
        }
    options = (
        {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}, "colorMode": "background"}
        if one_value
        else {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True}, "tooltip": {"mode": "multi"}}
    )
    return {
        "id": number, "type": "stat" if one_value else "timeseries", "title": title, "description": about,
        "datasource": SOURCE, "gridPos": {"x": place[0], "y": place[1], "w": width, "h": 8},
        "fieldConfig": {"defaults": fields, "overrides": []}, "options": options,
        "targets": [
            {"refId": chr(ord("A") + index), "datasource": SOURCE, "expr": query, "legendFormat": legend,
             **({"exemplar": True} if any(metric in query for metric in WITH_EXEMPLARS) else {})}
            for index, (query, legend) in enumerate(queries)
        ],
    }


def dashboard(uid, title, specs):
    panels, x, y = [], 0, 0
    for number, spec in enumerate(specs, 1):
        if x + spec[4] > 24:
            x, y = 0, y + 8
        panels.append(panel(number, (x, y), spec))
        x += spec[4]
    account = {
        "name": "account", "label": "Account", "type": "query", "datasource": SOURCE, "refresh": 2, "multi": True,
        "includeAll": True, "allValue": ".*", "current": {"text": "All", "value": "$__all"},
        "query": {"query": "label_values(wxpipe_callbacks_total, account)", "refId": "account"},
    }
    source = {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus", "current": {}}
    return {
        "uid": uid, "title": title, "tags": ["wxpipe"], "schemaVersion": 38, "version": 1, "editable": True,
        "timezone": "browser", "refresh": "30s", "time": {"from": "now-6h", "to": "now"},
        "links": [{"type": "dashboards", "tags": ["wxpipe"], "title": "wxpipe", "asDropdown": False, "keepTime": True}],
        "templating": {"list": [source, account] if "$account" in str(specs) else [source]}, "panels": panels,
    }


DASHBOARDS = {
    "wxpipe.json": dashboard("wxpipe", "wxpipe", BUSINESS),
    "wxpipe-operations.json": dashboard("wxpipe-operations", "wxpipe: operations", OPERATIONS),
}


def main():
    stale = []
    for name, content in DASHBOARDS.items():
        path, text = HERE / name, json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        if sys.argv[1:] == ["--check"]:
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        sys.exit(f"not as dashboards.py says: {', '.join(stale)}; run config/grafana/dashboards.py")


if __name__ == "__main__":
    main()
