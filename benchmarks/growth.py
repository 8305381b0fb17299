"""How cost grows: sources, entries, a large day. Each ratio is of two figures of this same run.

    python benchmarks/growth.py [--entries 100000] [--json]

All content is made up. Measured is this process's CPU time, the least of three turns:

- what a tick of `run` asks the store (which sources are due), for each of 10,000 sources against each of 1,000;
- a publication after one new entry, in a store of `--entries` against one of 2,000 (14 days, so that both show as
  much), all news, one in ten minutes, the two in turns;
- composing the digest of a day of 1,000 entries.

Exit code 1 if a claim of CLAIMS does not hold.
"""

from __future__ import annotations

import argparse
import json
import socket
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parent.parent))

from aggregator import sealing
from aggregator.app import App
from aggregator.fetch.turns import Turns
from aggregator.parse.pool import Pool
from aggregator.records import Config, Entry, Series, Source
from aggregator.store.rows import pack_entry, packed, to_text
from aggregator.store.sqlite import SqliteStore, open_store
from benchmarks.words import WORDS

SPREAD = timedelta(minutes=10)
NOW = datetime(2026, 3, 14, 8, tzinfo=UTC)
CLAIMS = {"sources": 1.2, "publication": 1.5, "digest_s": 2.0}


@contextmanager
def desk(sources: int, *, port: int = 9, pool: Pool | None = None) -> Iterator[tuple[App, list[datetime]]]:
    """An App over so many sources, each on a host of its own, and its clock, which the caller moves."""
    with tempfile.TemporaryDirectory() as name, closing(pool or Pool()) as workers:
        folder, now = Path(name), [NOW]
        lines = tuple(Source(f"http://f{n}.example/feed", line=n + 1) for n in range(sources))
        store = open_store(folder / "db")
        app = App(
            Config(folder / "feeds.yaml", folder / "public", str(folder / "db"), ZoneInfo("UTC"), sources=lines),
            store,
            lambda: now[0],
            pool=workers,
            resolver=lambda host, port, timeout: ["93.184.216.34"],
            dial=lambda address, _, timeout: socket.create_connection(("127.0.0.1", port), timeout=timeout),
            turns=Turns(0.0),
        )
        app.follow(app.config)
        yield app, now
        store.close()


def some_words(n: int) -> str:
    """A text for the entry with this number, unlike that of its neighbours."""
    return " ".join(WORDS[(n * k) % len(WORDS)] for k in range(1, 60)) + f" {n}"


def fill(app: App, entries: int, gap: timedelta, text_of: Callable[[int], str] = some_words) -> None:
    """So many accepted news entries, one every `gap` up to NOW, as if they had come when they were published."""
    store = app.store
    assert isinstance(store, SqliteStore)
    keys = [state.key for state in store.sources.states().values()]

    def row(n: int) -> tuple[object, ...]:
        at, link = to_text(NOW - (entries - n) * gap), f"https://f{n % len(keys)}.example/{n}"
        text = text_of(n)
        one = Entry(f"g{n}", link, link, f"Title {n}", "", f"<p>{text}</p>", text)
        who = (n + 1, keys[n % len(keys)], f"urn:x:{n}", f"g{n}", link, one.title, "h")
        return (*who, n, at, at, at, n + 1, at, n + 1, pack_entry(one))

    with store.transaction():
        store._connection.executemany(  # noqa: SLF001 (a million calls of its methods would take minutes)
            "INSERT INTO entries (key, source, id, guid, canonical_url, title, hash, standing, ordinal, published, "
            "first_seen, changed_at, accepted, accepted_at, grp, data) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, 'news', ?, ?, ?, ?, ?, ?, ?, ?)",
            map(row, range(entries)),
        )
        store.set_meta("last_pass_at", to_text(NOW) or "")


def cpu(work: Callable[[], object], turns: int = 3) -> float:
    """The least CPU time of so many turns, in seconds."""
    least = float("inf")
    for _ in range(turns):
        began = time.process_time()
        work()
        least = min(least, time.process_time() - began)
    return least


def tick_of(sources: int) -> float:
    """Seconds for each source in which a tick finds that nothing is due, and then all that a pass knows of them."""
    with desk(sources) as (app, _):
        with app.store.transaction():
            keys = [state.key for state in app.store.sources.states().values()]
            app.store.sources.mark_due(keys, NOW + timedelta(hours=1))
        assert not app.due()
        return cpu(lambda: (app.due(), app.store.sources.states())) / sources


def settle(app: App) -> None:
    """The files of long ago as if written in their time, then publications until nothing is left to do."""
    dates = [f"day/{on}.html" for on in app.store.days.dates(UTC) if on < NOW.date() - timedelta(days=20)]
    months = {f"archive/{on[4:11]}.atom.xml" for on in dates if on[4:11] < f"{NOW:%Y-%m}"}
    for name in (*dates, *months):
        path = app.config.output / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    while not app.store.meta("trends_made") or len(app.publish()) > 2:
        app.publish()


def publication_of(app: App, now: list[datetime], turn: int) -> float:
    """Seconds of a publication after one new entry."""
    now[0] += timedelta(minutes=1)
    one = Entry(f"new{turn}", None, None, f"New {turn}", "", "<p>Fresh.</p>", "Fresh.")
    with app.store.transaction():
        app.store.entries.add(app.store.sources.state(1), [(one, packed(one), "news")], now[0])
    app.accept()
    began = time.process_time()
    written = app.publish()
    assert "atom.xml" in written
    return time.process_time() - began


def publications_of(few: int, many: int, turns: int = 5) -> dict[int, float]:
    """The least seconds of a publication in a small and in a large store, which take their turns."""
    least = {few: float("inf"), many: float("inf")}
    with desk(50) as small, desk(50) as large:
        both = {few: small, many: large}
        for entries, (app, _) in both.items():
            fill(app, entries, SPREAD)
            settle(app)
        for turn in range(turns):
            for entries, (app, now) in both.items():
                least[entries] = min(least[entries], publication_of(app, now, turn))
    return least


def digest_of(entries: int) -> float:
    """Seconds in which the digest of a day with so many entries is composed."""
    with desk(200) as (app, _):
        fill(app, entries, timedelta(days=1) / (entries + 1))
        pen = sealing.Pen(app.config, app.view(), app.health())
        return cpu(lambda: sealing.write(Series(), date(2026, 3, 14), app.store, pen, NOW), 1)


def main() -> int:
    """Print the table, or the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    ticks = {number: tick_of(number) for number in (1_000, 10_000)}
    publications = publications_of(2_000, options.entries)
    found = {
        "sources": round(ticks[10_000] / ticks[1_000], 2),
        "publication": round(publications[options.entries] / publications[2_000], 2),
        "digest_s": round(digest_of(1_000), 2),
    }
    figures = {
        "us_a_source": {number: round(least * 1e6, 1) for number, least in ticks.items()},
        "publication_s": {number: round(least, 3) for number, least in publications.items()},
        "sqlite": sqlite3.sqlite_version,
    }
    if options.json:
        print(json.dumps({**found, **figures}, indent=2))
    else:
        for name, value in found.items():
            print(f"{name:<14}{value:>8}   at most {CLAIMS[name]}")
        print(figures)
    return int(any(found[name] > most for name, most in CLAIMS.items()))


if __name__ == "__main__":
    sys.exit(main())
