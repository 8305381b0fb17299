"""A small store of every schema there ever was, as SQL text under tests/samples/stores/; made-up content.

`python -m tests.stores` writes the sample of each schema that has none yet: run it when a migration is new, and
never write an old sample again (it is what that version left on people's disks).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from aggregator.records import Response
from aggregator.store.sqlite import Store, migrations
from tests.makers import DAY, HOUR, NOW, ONE, TWO, Desk, entry

SAMPLES = Path(__file__).parent / "samples" / "stores"
SCHEMAS = sorted(int(path.stem) for path in SAMPLES.glob("*.sql"))


def made(schema: int, path: Path) -> Path:
    """A store file as a program of that schema left it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    connection.executescript((SAMPLES / f"{schema:04}.sql").read_text(encoding="utf-8"))
    connection.close()
    return path


def _content() -> Store:
    """Two sources, news and backlog, a copy, one that is held, one that is edited, a sealed digest, a raw body."""
    desk = Desk(ONE, TWO, now=NOW - DAY)
    desk.bring(ONE, entry("a"), entry("b"), entry("ä", title="Nachtschicht für alle"))
    desk.bring(TWO, entry("c"), entry("old", published=NOW - 90 * DAY), standing="backlog")
    desk.bring(TWO, entry("copy", link="https://blog.example.org/posts/a", title="Title of a"))
    desk.seal()
    desk.now = NOW
    desk.bring(TWO, entry("new", published=NOW - HOUR))
    desk.record(ONE, entry("flood"), standing="held")
    with desk.store.transaction():
        desk.store.bodies.keep(1, Response(ONE, 200, {"content-type": "text/xml"}, b"<rss>made up</rss>"), NOW)
        desk.store.deliveries.owe("", (NOW - DAY).date(), ("reader@example.org",), NOW)
    return desk.store


def _dump(schema: int) -> Iterator[str]:
    """The schema as text, then what it holds; the search index waits to be filled."""
    old, full = sqlite3.connect(":memory:"), _content()._connection
    old.executescript("".join(migrations()[:schema]))
    objects = old.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid").fetchall()
    shadows = {f"search_{part}" for part in ("config", "content", "data", "docsize", "idx")}
    tables = [name for kind, name, _ in objects if kind == "table" and name not in shadows | {"search", "search_docs"}]
    yield from (f"{sql};\n" for kind, name, sql in objects if name not in shadows and kind != "trigger")
    for table in tables:
        names = ", ".join(row[1] for row in old.execute(f"PRAGMA table_info({table})"))
        quoted = " || ', ' || ".join(f"quote({name})" for name in names.split(", "))
        for (values,) in full.execute(f"SELECT {quoted} FROM {table}"):
            yield f"INSERT INTO {table} ({names}) VALUES ({values});\n"
    yield from (f"{sql};\n" for kind, _, sql in objects if kind == "trigger")
    yield f"PRAGMA user_version = {schema};\n"


if __name__ == "__main__":
    for number in range(1, len(migrations()) + 1):
        if number not in SCHEMAS:
            (SAMPLES / f"{number:04}.sql").write_text("".join(_dump(number)), encoding="utf-8")
