"""The programs that `benchmarks/peers.py` lets poll the same feeds: what each needs in its folder, and its command.

Each is set up as its manual tells, with so many workers as it is given where it can have them. `missing` says why one
is not here.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.poll import ROOT, measured

SFEEDRC = """sfeedpath={folder}/feeds
maxjobs={workers}
fetch() {{ curl -L --max-redirs 0 -H "User-Agent:" -f -s -m 15 --etag-save "$3.etag" --etag-compare "$3.etag" "$2"; }}
feeds() {{
{feeds}
}}
"""
READER = """import os, sys
import requests.adapters
from reader import make_reader
if bundle := os.environ.get("REQUESTS_CA_BUNDLE"):  # it sends its requests past what requests takes from there
    requests.adapters.DEFAULT_CA_BUNDLE_PATH = bundle
with make_reader(sys.argv[1]) as reader:
    if len(sys.argv) > 3:
        reader.update_feeds(scheduled=False, workers=int(sys.argv[3]))
    else:
        for url in open(sys.argv[2]).read().split():
            reader.add_feed(url)
"""


@dataclass(frozen=True)
class Program:
    """One that polls. `again` is what its command has besides once it has polled; `due` is not timed."""

    command: Sequence[str]
    held: Callable[[], int]
    again: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    server: int | None = None
    due: Callable[[], object] = lambda: None

    def poll(self, log: Path, first: bool) -> dict[str, float | None]:
        """One pass: seconds and memory as `measured` gives them. A code other than 0 is most often a feed's."""
        if not first:
            self.due()
        command = [*self.command, *(() if first else self.again)]
        shell = ["/bin/sh", "-c", '"$@" >>"$0" 2>&1 || echo "code $?" >>"$0"', str(log), *command]
        return measured(shell, {**os.environ, **self.environment}, self.server)[0]


def missing(name: str) -> str | None:
    """Why a program is not here, or None."""
    if name == "reader":
        return None if importlib.util.find_spec("reader") else "no module `reader` in this Python"
    wanted = {"newsboat": ("newsboat",), "sfeed": ("sfeed_update", "curl"), "rss2email": ("r2e",)}.get(name, ())
    gone = [one for one in wanted if shutil.which(one) is None]
    return f"no `{gone[0]}` in the PATH" if gone else None


def ours(folder: Path, urls: Sequence[str], now: str) -> Program:
    """This program, which needs to be forced to ask again at once."""
    lines = "".join(f"  - {url}\n" for url in urls)
    (folder / "feeds.yaml").write_text(f"timezone: UTC\ndefaults: {{allow_private: true}}\nsources:\n{lines}")
    command = [sys.executable, "-m", "aggregator", "--config", str(folder / "feeds.yaml"), "--now", now, "poll"]
    held = _count(folder / "data" / "aggregator.db", "SELECT count(*) FROM entries")
    return Program(command, held, ["--force"], {"PYTHONPATH": str(ROOT)})


def newsboat(folder: Path, urls: Sequence[str], workers: int) -> Program:
    """It does not ask conditionally where a feed's answer had no Last-Modified."""
    (folder / "urls").write_text("".join(f"{url}\n" for url in urls))
    (folder / "config").write_text(f"reload-threads {workers}\n")
    options = [f"-{letter}{folder / name}" for letter, name in (("u", "urls"), ("c", "cache.db"), ("C", "config"))]
    return Program(["newsboat", *options, "-x", "reload"], _count(folder / "cache.db", "SELECT count(*) FROM rss_item"))


def sfeed(folder: Path, urls: Sequence[str], workers: int) -> Program:
    """With the entity tags of its manual's example."""
    feeds = "\n".join(f'feed "{number}" "{url}"' for number, url in enumerate(urls))
    (folder / "sfeedrc").write_text(SFEEDRC.format(folder=folder, workers=workers, feeds=feeds))
    (folder / "feeds").mkdir()

    def held() -> int:
        files = (path for path in (folder / "feeds").iterdir() if path.suffix != ".etag")
        return sum(path.read_bytes().count(b"\n") for path in files)

    return Program(["sfeed_update", str(folder / "sfeedrc")], held)


def reader(folder: Path, urls: Sequence[str], workers: int) -> Program:
    """lemon24/reader as a library, in the Python that runs this."""
    (folder / "urls").write_text("\n".join(urls))
    command = [sys.executable, "-c", READER, str(folder / "db"), str(folder / "urls")]
    subprocess.run(command, check=True)
    return Program([*command, str(workers)], _count(folder / "db", "SELECT count(*) FROM entries"))


def rss2email(folder: Path, urls: Sequence[str], _workers: int) -> Program:
    """One feed after the other; nothing is mailed."""
    feeds = "".join(f"[feed.f{number}]\nurl = {url}\n\n" for number, url in enumerate(urls))
    (folder / "cfg").write_text(f"[DEFAULT]\nfrom = a@localhost\nto = b@localhost\nverbose = error\n{feeds}")

    def held() -> int:
        return sum(len(feed.get("seen", ())) for feed in json.loads((folder / "data.json").read_text())["feeds"])

    return Program(["r2e", "-c", str(folder / "cfg"), "-d", str(folder / "data.json"), "run", "--no-send"], held)


def _count(file: Path, statement: str) -> Callable[[], int]:
    """What a statement answers over a file of SQLite."""

    def held() -> int:
        with closing(sqlite3.connect(file)) as store:
            return int(store.execute(statement).fetchone()[0])

    return held
