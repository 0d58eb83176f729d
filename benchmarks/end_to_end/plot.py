"""One SVG of a run: where a callback's CPU goes, stage by stage, next to each floor. Needs no packages; readable on
light and on dark pages."""
from xml.sax.saxutils import escape

WIDTH, BAR, GAP, LEFT = 860, 20, 8, 250
OURS, FLOOR, SERVER = "#2f6fb3", "#8a94a0", "#c98a2b"


def rows(shown):
    """[(heading or nothing, label, own µs, server µs, server's name, is ours)]"""
    lines = []
    if "ingest" in shown:
        for system, by_connections in shown["ingest"].items():
            row = by_connections[max(by_connections)]
            ours = system == "wxpipe ingest"
            lines.append((system, row["cpu"][0], row["kafka"][0] if ours else 0, ours, f"{row['rate'][0]:,.0f}/s"))
    groups = [("Ingest: CPU µs a callback, 256 connections", lines)] if lines else []
    for stage, server, title in (("process", "kafka", "Process: CPU µs an event"), ("sink", "postgres", "Sink: CPU µs a row")):
        if stage in shown:
            groups.append((title, [(system, row["cpu"][0], row[server][0], system.startswith("wxpipe"), f"{row['rate'][0]:,.0f}/s")
                                   for system, row in shown[stage].items()]))
    if "chain" in shown:
        groups.append((f"Whole chain: CPU µs a callback at {shown['chain']['rate'][0]:,.0f}/s",
                       [(name, values[0] if name not in ("kafka", "postgres") else 0, values[0] if name in ("kafka", "postgres") else 0, True, "")
                        for name, values in shown["chain"]["cpu"].items() if name != "all"]))
    return groups


def svg(shown, caption):
    groups = rows(shown)
    largest = max((own + server for _, lines in groups for _, own, server, _, _ in lines), default=1)
    scale = (WIDTH - LEFT - 170) / largest
    parts, y = [], 34

    def text(x, at, words, size=13, anchor="start", weight="normal"):
        parts.append(f'<text x="{x:.0f}" y="{at:.0f}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}">{escape(words)}</text>')

    text(10, 20, caption, 12)
    for title, lines in groups:
        y += 26
        text(10, y, title, 14, weight="bold")
        y += 10
        for label, own, server, ours, rate in lines:
            text(LEFT - 8, y + BAR - 5, label, anchor="end")
            parts.append(f'<rect x="{LEFT}" y="{y}" width="{own * scale:.1f}" height="{BAR}" fill="{OURS if ours else FLOOR}"/>')
            if server:
                parts.append(f'<rect x="{LEFT + own * scale:.1f}" y="{y}" width="{server * scale:.1f}" height="{BAR}" fill="{SERVER}"/>')
            words = f"{own:.1f}" if own and not server else f"{server:.1f}" if not own else f"{own:.1f} + {server:.1f}"
            text(LEFT + (own + server) * scale + 8, y + BAR - 5, f"{words} µs" + (f"  {rate}" if rate else ""), 12)
            y += BAR + GAP
    y += 24
    for x, colour, words in ((10, OURS, "wxpipe"), (110, FLOOR, "its floor or another server"), (330, SERVER, "broker or Postgres")):
        parts.append(f'<rect x="{x}" y="{y - 11}" width="12" height="12" fill="{colour}"/>')
        text(x + 18, y, words, 12)
    height = y + 14
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
            f'font-family="system-ui, sans-serif"><rect width="100%" height="100%" fill="#fff"/><g fill="#222">\n' + "\n".join(parts) + "\n</g></svg>\n")
