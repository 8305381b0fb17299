"""How long a pass over many sources takes: all new, nothing changed, one new entry in every tenth.

After the first pass come its digest, and a pass for which nothing is due: it reads the backlog that the first one put
off, and fills the search index.

    python benchmarks/poll.py [--feeds 1000] [--runs 1] [--peer COMMAND] [--json]
    python benchmarks/poll.py --urls FILE --now 2026-11-20T08:00Z

Without `--urls` the feeds are made up (seeded, 10 to 20 entries of 100 to 900 words) and served by a process of their
own, each on an origin of its own: 127.x.y.z, which all lead to this machine (on macOS: one origin, one feed after the
other). With a list of addresses there is no third phase, for the documents are not ours to change. A peer is a shell
command that polls the addresses in the file `$urls` and keeps what it knows in the folder `$state`; it is run after us
in every phase, and ratios are printed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.words import WORDS

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 3, 14, 8, tzinfo=UTC)
PHASES = {
    "cold": ("poll", "--json"),
    "digest": ("digest",),
    "idle": ("poll", "--json"),
    "warm": ("poll", "--json", "--force"),
    "tenth": ("poll", "--json", "--force"),
}
BESIDE = ("digest", "idle")  # what no peer does
LOOK = 0.2  # seconds between two looks at the memory of all processes


def document(number: int, extra: int = 0) -> bytes:
    """A feed of RSS 2.0 with so many entries more than at first, the newest on top; the same on every call."""
    entries = range(10 + number % 11 + extra, extra, -1)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>Blog {number}</title><link>https://blog{number}.example.com/</link>"
        + "".join(_entry(number, entry, 10 + number % 11) for entry in entries)
        + "</channel></rss>"
    ).encode()


def _entry(number: int, entry: int, newest: int) -> str:
    chance = random.Random(f"{number}/{entry}")
    text = "".join(f"<p>{_sentences(chance)}</p>\n" for _ in range(chance.randint(2, 14)))
    page = f"https://blog{number}.example.com/{entry}/"
    when = format_datetime(NOW - timedelta(hours=7 * (newest - entry) + 1 + number % 6))
    return (
        f"<item><title>{' '.join(chance.choices(WORDS, k=6))} {entry}</title><link>{page}</link><guid>{page}</guid>"
        f"<pubDate>{when}</pubDate><description>{_sentences(chance)} […]</description>"
        f'<content:encoded><![CDATA[{text}<img src="/{entry}.jpg" alt="" width="900">]]></content:encoded></item>\n'
    )


def _sentences(chance: random.Random) -> str:
    words = (f"{chance.choice(WORDS)}{chance.randrange(400)}\u2019s" for _ in range(chance.randint(20, 90)))
    return " ".join(words).capitalize() + f' <a href="/{chance.randrange(999)}/?utm_source=feed">more</a>.'


class Origin(BaseHTTPRequestHandler):
    """One file of a folder for each path, with an entity tag (RFC 9110, section 13)."""

    protocol_version = "HTTP/1.1"
    folder: Path

    def do_GET(self) -> None:
        """Answer with the document, or 304."""
        body = (self.folder / self.path.rpartition("/")[2]).read_bytes()
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        known = self.headers["if-none-match"] == tag
        self.send_response(304 if known else 200)
        self.send_header("ETag", tag)
        if not known:
            self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if known else body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def serve(folder: str) -> None:
    """Serve a folder on all loopback addresses until standard input ends; prints the port first."""
    Origin.folder = Path(folder)
    server = ThreadingHTTPServer(("0.0.0.0" if sys.platform == "linux" else "127.0.0.1", 0), Origin)
    server.daemon_threads, server.request_queue_size = True, 512
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


@contextmanager
def served(folder: Path) -> Iterator[int]:
    """A process that serves a folder; gives its port."""
    code = f"from benchmarks.poll import serve; serve({str(folder)!r})"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        if server.stdout is None or server.stdin is None:
            raise RuntimeError("no pipe")
        yield int(server.stdout.readline())
        server.stdin.close()


def address(number: int, port: int) -> str:
    """Where a made-up feed is: an origin of its own on Linux."""
    host = f"127.1.{number // 250}.{number % 250 + 1}" if sys.platform == "linux" else "127.0.0.1"
    return f"http://{host}:{port}/{number}.xml"


def measured(
    command: Sequence[str], environment: dict[str, str], server: int | None = None
) -> tuple[dict[str, float | None], str]:
    """Seconds by the clock and of CPU, children's too; the peak of all processes in MiB (Linux); standard output.

    `server` is the process of a database that works for the command: what it takes meanwhile counts as well.
    """
    began = time.perf_counter()
    before = spent(server)
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        peak = [0]
        watch = threading.Thread(target=_watch, args=(process, peak, server), daemon=True)
        watch.start()
        out, _ = process.communicate()
        wall = time.perf_counter() - began
        watch.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    numbers = {"wall": wall, "cpu": spent(server) - before, "mib": peak[0] / 2**20 if peak[0] else None}
    return {name: value and round(value, 2) for name, value in numbers.items()}, out


def spent(server: int | None) -> float:
    """CPU seconds: of our children that have ended, of a server and all that it started (proc(5), stat)."""
    times = os.times()
    own = times.children_user + times.children_system
    if server is None:
        return own
    total = 0
    for one in (*_children().get(server, ()), server):  # the server last: it has the times of those that end meanwhile
        with suppress(OSError):
            stat = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, stat[11:15]))
    return own + total / os.sysconf("SC_CLK_TCK")


def _children() -> dict[int, list[int]]:
    """The children of every process (Linux)."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    return children


def _watch(process: subprocess.Popen[str], peak: list[int], server: int | None) -> None:
    """Keep the largest sum of what a process and all that descend from it hold, and a server with its own."""
    while process.poll() is None and sys.platform == "linux":
        children = _children()
        peak[0] = max(peak[0], sum(_sum(one, children) for one in (process.pid, server) if one is not None))
        time.sleep(LOOK)


def _sum(one: int, children: dict[int, list[int]]) -> int:
    """Bytes: proportional set sizes, in which a shared page counts by its share (proc(5), smaps_rollup)."""
    own = 0
    with suppress(OSError):
        lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        own = 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return own + sum(_sum(child, children) for child in children.get(one, ()))


def run(urls: Sequence[str], now: str, peer: str | None, www: Path | None) -> dict[str, dict[str, Any]]:
    """All phases once, in a new folder; `www` holds the documents when they are ours to change."""
    found: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = "".join(f"  - {url}\n" for url in urls)
        (folder / "feeds.yaml").write_text(f"timezone: UTC\ndefaults: {{allow_private: true}}\nsources:\n{lines}")
        (folder / "urls").write_text("".join(f"{url}\n" for url in urls))
        (folder / "state").mkdir()
        ours = dict(os.environ) | {"PYTHONPATH": str(ROOT)}
        theirs = dict(os.environ) | {"urls": str(folder / "urls"), "state": str(folder / "state")}
        program = [sys.executable, "-m", "aggregator", "--config", str(folder / "feeds.yaml"), "--now", now, "--quiet"]
        for phase, command in PHASES.items():
            if phase == "tenth" and not www:
                break
            if www and phase == "tenth":
                for number in range(0, len(urls), 10):
                    (www / f"{number}.xml").write_bytes(document(number, extra=1))
            numbers, out = measured([*program, *command], ours)
            told = json.loads(out) if "--json" in command else {"failed": []}
            found[phase] = numbers | {name: told.get(name, 0) for name in ("polled", "not_modified", "new")}
            found[phase]["failed"] = len(told["failed"])
            if peer and phase not in BESIDE:
                found[phase]["peer"], _ = measured(["/bin/sh", "-c", peer], theirs)
    return found


def is_right(found: dict[str, dict[str, Any]], feeds: int, made_up: bool) -> bool:
    """Whether every source was polled and brought what it had to."""
    asked = {phase: 0 if phase in BESIDE else feeds for phase in found}
    if any(one["polled"] != asked[phase] or one["failed"] for phase, one in found.items()):
        return False
    if not made_up:
        return True
    entries = sum(10 + number % 11 for number in range(feeds))
    return [found[phase]["new"] for phase in PHASES] == [entries, 0, 0, 0, len(range(0, feeds, 10))]


def table(runs: Sequence[dict[str, dict[str, Any]]]) -> Iterator[str]:
    """The medians, a line a phase, with ratios to the peer."""
    yield "phase    wall s   CPU s   MiB   entries"
    for phase in runs[0]:
        rows = [one[phase] for one in runs]
        wall, cpu = (median(row[name] for row in rows) for name in ("wall", "cpu"))
        line = f"{phase:6} {wall:8.2f} {cpu:7.2f} {rows[0]['mib'] or 0:5.0f} {rows[0]['new']:9}"
        if phase in BESIDE:
            line += "   (beside)"
        if "peer" in rows[0]:
            ratios = (median(row[name] / max(row["peer"][name], 0.01) for row in rows) for name in ("wall", "cpu"))
            line += "   of the peer: wall {:.2f}, CPU {:.2f}".format(*ratios)
        yield line


def main() -> None:
    """Print the numbers; exit code 1 when a pass did not bring what it had to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--urls", type=Path, help="a file with an address a line")
    parser.add_argument("--now", default=NOW.isoformat(), help="the clock of our own passes")
    parser.add_argument("--peer", help="a shell command, given $urls and $state")
    parser.add_argument("--json", action="store_true", help="one JSON object a run")
    arguments = parser.parse_args()
    runs = []
    for _ in range(arguments.runs):
        if arguments.urls:
            urls = arguments.urls.read_text().split()
            runs.append(run(urls, arguments.now, arguments.peer, None))
        else:
            runs.append(made_up(arguments.feeds, arguments.now, arguments.peer))
    print("\n".join(map(json.dumps, runs) if arguments.json else table(runs)))
    feeds = len(urls) if arguments.urls else arguments.feeds
    sys.exit(0 if all(is_right(one, feeds, not arguments.urls) for one in runs) else 1)


def made_up(feeds: int, now: str, peer: str | None = None) -> dict[str, dict[str, Any]]:
    """All phases over feeds that are made up for it."""
    www = Path(tempfile.mkdtemp())
    try:
        for number in range(feeds):
            (www / f"{number}.xml").write_bytes(document(number))
        with served(www) as port:
            return run([address(number, port) for number in range(feeds)], now, peer, www)
    finally:
        shutil.rmtree(www)


if __name__ == "__main__":
    main()
