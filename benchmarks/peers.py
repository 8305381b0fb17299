"""One pass by us and by each peer that is found here, one after the other in each phase.

    python -m benchmarks.peers [--feeds 1000 | --folder FOLDER | --urls FILE [--more COMMAND]] [--ms 0]
                               [--cert FILE --key FILE] [--only NAME ...] [--runs 1] [--json]

The feeds are made up, or the documents of a folder, each on an origin of its own and so many milliseconds away
(`benchmarks/delay.py`; in HTTPS where there is a certificate), or what is at the addresses of a file. Phases:
everything is new, nothing changed, and an entry more in every tenth feed (made-up ones; others after a shell command).
Seconds by the clock, CPU seconds, the peak of all processes (shared pages by their shares), and how many entries the
program holds then, so that none is quick by failing; the ratios are ours to its seconds. A peer that is not here says
so in a line.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import miniflux, programs
from benchmarks.poll import BESIDE, NOW, PHASES, ROOT, address, document
from benchmarks.programs import Program

PEERS = ("newsboat", "sfeed", "reader", "rss2email", "miniflux")
OURS = "aggregator"
WORKERS = 16
TRUST = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE")  # who heeds which: OpenSSL and Go, curl, requests
STARTS = 30.0

Found = dict[str, dict[str, dict[str, Any]]]


@contextmanager
def web(folder: Path, ms: float, cert: Path | None, key: Path | None) -> Iterator[int]:
    """A process that serves a folder; gives the port, of HTTPS where there is a certificate."""
    port = _two_free_ports()
    secured = ["--cert", str(cert), "--key", str(key)] if cert else []
    command = [sys.executable, "-m", "benchmarks.delay", str(folder), "--port", str(port), "--ms", str(ms), *secured]
    with subprocess.Popen(command, cwd=ROOT) as server:
        try:
            _wait(port)
            if server.poll() is not None:
                raise SystemExit("the web has ended; what it said stands above")
            yield port + bool(cert)
        finally:
            server.terminate()


def _two_free_ports() -> int:
    """The first of two that follow each other: HTTP, and HTTPS where there is a certificate."""
    while True:
        with suppress(OSError, OverflowError), socket.create_server(("0.0.0.0", 0)) as first:
            port = int(first.getsockname()[1])
            with socket.create_server(("0.0.0.0", port + 1)):
                return port


def _wait(port: int) -> None:
    until = time.monotonic() + STARTS
    while time.monotonic() < until:
        with suppress(ConnectionError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise SystemExit("the web does not answer")


def laid_out(options: argparse.Namespace, www: Path) -> int:
    """Put the documents where they are served from; gives how many."""
    if options.folder is None:
        for number in range(options.feeds):
            (www / f"{number}.xml").write_bytes(document(number))
        return int(options.feeds)
    files = sorted(path for path in options.folder.iterdir() if path.is_file())
    for number, path in enumerate(files):
        shutil.copyfile(path, www / f"{number}.xml")
    return len(files)


def one_entry_more(www: Path, feeds: int) -> None:
    """In every tenth made-up feed."""
    for number in range(0, feeds, 10):
        (www / f"{number}.xml").write_bytes(document(number, extra=1))


def made(name: str, folder: Path, urls: Sequence[str], now: str, ends: ExitStack) -> Program:
    """A program in a folder of its own."""
    folder.mkdir()
    if name == OURS:
        return programs.ours(folder, urls, now)
    if name == "miniflux":
        return miniflux.miniflux(folder, urls, WORKERS, ends)
    make: Callable[[Path, Sequence[str], int], Program] = getattr(programs, name)
    return make(folder, urls, WORKERS)


def run(names: Sequence[str], urls: Sequence[str], now: str, more: Callable[[], object] | None) -> Found:
    """All phases once, in each of them one program after the other."""
    found: Found = {}
    with tempfile.TemporaryDirectory() as at, ExitStack() as ends:
        folder = Path(at)
        ready = {name: made(name, folder / name, urls, now, ends) for name in names}
        for phase in (one for one in PHASES if one != "digest" and (more or one != "tenth")):
            if more and phase == "tenth":
                more()
            found[phase] = {}
            for name, program in ready.items():
                if phase in BESIDE and name != OURS:
                    continue
                numbers = program.poll(folder / name / "log", phase in ("cold", "idle"))
                found[phase][name] = numbers | {"entries": program.held()}
                print(phase, name, found[phase][name], file=sys.stderr)
    return found


def table(runs: Sequence[Found]) -> Iterator[str]:
    """The medians, a line a program in each phase, with the ratios of ours to its seconds."""
    for phase in runs[0]:
        yield f"| {phase} | s | CPU s | MiB | entries | ours to it: s | CPU |"
        yield "|---|---:|---:|---:|---:|---:|---:|"
        for name in runs[0][phase]:
            rows = [(one[phase][name], one[phase].get(OURS)) for one in runs]
            wall, cpu, mib = (median(row[key] or 0 for row, _ in rows) for key in ("wall", "cpu", "mib"))
            ratios = [
                f"{median(our[key] / max(row[key], 0.01) for row, our in rows if our):.2f}" if rows[0][1] else ""
                for key in ("wall", "cpu")
            ]
            yield f"| {name} | {wall:.1f} | {cpu:.1f} | {mib:.0f} | {rows[0][0]['entries']} | {' | '.join(ratios)} |"
        yield ""


def present(wanted: Sequence[str]) -> list[str]:
    """Ours and the peers that are here; says which are not, and why."""
    here = [OURS] if OURS in wanted else []
    for name in (one for one in PEERS if one in wanted):
        why = miniflux.missing() if name == "miniflux" else programs.missing(name)
        if why:
            print(f"{name} is left out: {why}", file=sys.stderr)
        else:
            here.append(name)
    return here


def measure(options: argparse.Namespace) -> list[Found]:
    """The runs that were asked for, each over a web of its own but where the addresses are given."""
    names = present(options.only)
    if options.urls:
        more = partial(subprocess.run, options.more, shell=True, check=True) if options.more else None
        return [run(names, options.urls.read_text().split(), options.now, more) for _ in range(options.runs)]
    runs = []
    for _ in range(options.runs):
        with tempfile.TemporaryDirectory() as at:
            feeds = laid_out(options, www := Path(at))
            with web(www, options.ms, options.cert, options.key) as port:
                scheme = "https" if options.cert else "http"
                urls = [address(number, port).replace("http", scheme, 1) for number in range(feeds)]
                runs.append(
                    run(names, urls, options.now, None if options.folder else partial(one_entry_more, www, feeds))
                )
    return runs


def main() -> None:
    """Print the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--urls", type=Path, help="a file with an address a line")
    parser.add_argument("--more", help="a shell command that adds entries to the feeds of --urls")
    parser.add_argument("--ms", type=float, default=0.0, help="a round trip")
    parser.add_argument("--cert", type=Path, help="names every address, 127.1.x.y")
    parser.add_argument("--key", type=Path)
    parser.add_argument("--only", nargs="+", default=[OURS, *PEERS], choices=[OURS, *PEERS], metavar="NAME")
    parser.add_argument("--now", default=NOW.isoformat(), help="the clock of our own passes")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one JSON object a run")
    options = parser.parse_args()
    if options.cert:
        os.environ |= dict.fromkeys(TRUST, str(options.cert.absolute()))
    runs = measure(options)
    print("\n".join(map(json.dumps, runs) if options.json else table(runs)))


if __name__ == "__main__":
    main()
