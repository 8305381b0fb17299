from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from aggregator.entries.query import parse_query
from aggregator.errors import StoreError
from aggregator.records import HostRest, Response
from aggregator.store.articles import Article
from aggregator.store.moving import BATCH, move, tables
from aggregator.store.sqlite import open_store
from aggregator.store.store import Store
from tests import makers
from tests.makers import DAY, NOW, ONE, TWO, Desk, entry, memory_store
from tests.postgres import needs_postgres

WAYS = [
    ("sqlite", "sqlite"),
    pytest.param("sqlite", "postgresql", marks=needs_postgres),
    pytest.param("postgresql", "sqlite", marks=needs_postgres),
]


FILLED = {
    "meta", "sources", "hosts", "entries", "marks", "digests", "digest_files", "ledger", "bodies", "deliveries",
    "hidden", "appeared", "articles", "robots", "counted_days", "tallies",
}  # fmt: skip


@pytest.fixture
def kind() -> Callable[[str], Store]:
    def made(name: str) -> Store:
        makers.KIND.append(name)
        try:
            return memory_store()
        finally:
            makers.KIND.pop()

    return made


def full(name: str) -> Desk:
    """A store in which every table holds something, one of them more than a batch."""
    makers.KIND.append(name)
    try:
        desk = Desk(ONE, TWO, now=NOW - DAY)
    finally:
        makers.KIND.pop()
    desk.bring(ONE, entry("a", title="Ärger über ‚Anführungen‘ und 🍞"), entry("b"))
    desk.bring(TWO, entry("copy", link="https://blog.example.org/posts/a", title="Title of a"))
    desk.seal()
    desk.now = NOW
    desk.bring(TWO, *(entry(f"old {n}", published=NOW - n * DAY) for n in range(BATCH + 20)), standing="backlog")
    desk.record(ONE, entry("flood"), standing="held")
    store = desk.store
    with store.transaction():
        store.bodies.keep(1, Response(ONE, 200, {"content-type": "text/xml"}, bytes(range(256))), NOW)
        store.deliveries.owe("", (NOW - DAY).date(), ("reader@example.org",), NOW)
        store.sources.rest_host(HostRest("one.example.org", NOW + DAY, DAY), NOW)
        store.articles.put(1, Article(NOW, "The text of the page, at length.", 7))
        store.articles.keep_robots("https://one.example.org", b"User-agent: *", NOW)
        store.withdrawn.note([1], (), NOW)
        store.withdrawn.hide([2], NOW)
        store.days.keep("sign", {NOW.date(): {"entries": 1}}, (NOW - DAY).date())
    return desk


def rows(store: Store) -> dict[str, list[tuple[object, ...]]]:
    return {table.name: [row for batch in store.tables.read(table) for row in batch] for table in tables()}


@pytest.mark.parametrize(("come_from", "go_to"), WAYS)
def test_every_row_of_every_table_goes_over(come_from: str, go_to: str, kind: Callable[[str], Store]) -> None:
    desk, target = full(come_from), kind(go_to)
    said: dict[str, int] = {}
    counts = move(desk.store, target, said.__setitem__)
    before = rows(desk.store)
    assert rows(target) == before
    assert counts == {name: len(those) for name, those in before.items()}
    assert said == {name: number for name, number in counts.items() if number}
    assert counts["entries"] == BATCH + 24
    assert {name for name, number in counts.items() if number} >= FILLED


@needs_postgres
def test_what_an_older_version_took_in_goes_over_without_what_postgresql_does_not_hold(
    kind: Callable[[str], Store],
) -> None:
    desk, target = full("sqlite"), kind("postgresql")
    desk.store._connection.execute("UPDATE entries SET guid = 'a' || char(0) || 'b' WHERE key = 1")
    move(desk.store, target)
    assert target.entries.known(1)[0].guid == "ab"


@pytest.mark.parametrize(("come_from", "go_to"), WAYS[1:])
def test_the_new_store_goes_on_where_the_old_one_stood(
    come_from: str, go_to: str, kind: Callable[[str], Store]
) -> None:
    desk, target = full(come_from), kind(go_to)
    move(desk.store, target)
    desk.store = target
    assert desk.bring(TWO, entry("later", link="https://blog.example.org/posts/b")) == [("Title of later", "news")]
    assert desk.titled("Title of later").key == max(one.key for one in desk.all())
    with target.transaction():
        target.search.fill()
    assert len(target.search.best(parse_query("anfuhrungen"))[0]) == 1
    assert target.digests.newest("") is not None


def test_a_store_that_holds_something_is_not_written_to(kind: Callable[[str], Store]) -> None:
    desk, other = full("sqlite"), full("sqlite")
    before = rows(other.store)
    with pytest.raises(StoreError, match="holds entries or sources already; nothing was touched"):
        move(desk.store, other.store)
    assert rows(other.store) == before


def test_what_is_not_given_back_as_it_was_given_leaves_nothing(tmp_path: Path) -> None:
    """A target whose triggers change what comes in: told, and none of it kept."""
    desk, target = full("sqlite"), open_store(tmp_path / "a.db")
    target._connection.execute(
        "CREATE TRIGGER thief AFTER INSERT ON bodies BEGIN UPDATE bodies SET data = x'00' WHERE source = 1; END"
    )
    with pytest.raises(StoreError, match="rows of bodies where 1 were written, or others than those"):
        move(desk.store, target)
    assert not any(rows(target).values())
    target.close()
