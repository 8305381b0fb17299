from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.entries.query import parse_query
from aggregator.records import Entry
from aggregator.search import Wanted, search
from aggregator.store import search as module
from aggregator.store.rows import packed
from aggregator.store.sqlite import open_store
from tests.contract import each_store, pytest_generate_tests  # noqa: F401 (each test runs over every store)
from tests.makers import DAY, HOUR, NOW, ONE, TWO, Desk, entry


def found(desk: Desk, words: str, *, newest: bool = False, **fields: object) -> list[str]:
    """The titles of what is found, in its order."""
    index, query = desk.store.search, parse_query(words)
    titles = {one.key: one.entry.title for one in desk.all()}
    keys = index.newest(query, **fields) if newest else index.best(query, **fields)[0]  # type: ignore[arg-type]
    return [titles[key] for key in keys]


def index(desk: Desk) -> None:
    while desk.store.search.is_behind:
        with desk.store.transaction():
            desk.store.search.fill(3)


def edit(desk: Desk, title: str, new: Entry) -> None:
    with desk.store.transaction():
        desk.store.entries.update(desk.titled(title).key, new, packed(new), desk.now)


def library() -> Desk:
    desk = Desk(ONE, TWO)
    desk.bring(
        ONE,
        entry("a", title="On bread", text="Sourdough is slow. Bread is bread.", published=NOW - 3 * DAY),
        entry("b", title="On tea", text="With tea there may be bread at the Café.", published=NOW - DAY),
        entry("c", title="On milk", text="Nothing else, and no more than that.", published=NOW - 2 * DAY),
    )
    desk.bring(TWO, entry("d", title="Late", text="Some bread.", author="Ann Miller", published=NOW - HOUR,
                          categories=("Bakery",)))  # fmt: skip
    return desk


def test_the_same_is_found_before_and_after_it_is_indexed() -> None:
    desk = library()
    for step in range(3):
        assert desk.store.search.is_behind is (step < 2)
        assert found(desk, "bread", newest=True) == ["Late", "On tea", "On bread"]
        assert sorted(found(desk, "bread")) == ["Late", "On bread", "On tea"]
        assert found(desk, "cafe") == found(desk, "CAFÉ") == ["On tea"]
        assert found(desk, "miller bakery") == ["Late"]
        assert found(desk, '"there may be"') == ["On tea"]
        assert found(desk, '"be there"') == []
        assert found(desk, "sourd*") == ["On bread"]
        assert found(desk, "bread -tea", newest=True) == ["Late", "On bread"]
        assert found(desk, "milk OR sourdough", newest=True) == ["On milk", "On bread"]
        assert found(desk, "bread", sources={desk.key(TWO)}) == ["Late"]
        assert found(desk, "bread", newest=True, span=(NOW - 2 * DAY, NOW - 2 * HOUR)) == ["On tea"]
        with desk.store.transaction():
            assert desk.store.search.fill(2) == (2 if step < 2 else 0)


def test_a_title_weighs_more_than_a_text() -> None:
    desk = library()
    index(desk)
    assert found(desk, "bread")[0] == "On bread"


def test_an_edited_entry_is_found_by_its_new_words_only() -> None:
    desk = library()
    for step in range(2):
        if step:
            index(desk)
        edit(desk, "On milk", replace(desk.titled("On milk").entry, text=f"Now it says cream{step}."))
        edit(desk, "On milk", replace(desk.titled("On milk").entry, text=f"Now it says butter{step}."))
        for _ in range(2):
            assert found(desk, f"butter{step}") == found(desk, f"butter{step}", newest=True) == ["On milk"]
            assert found(desk, "cream0 OR cream1 OR nothing") == []
            index(desk)


def test_many_of_one_hour_are_in_the_order_of_their_minutes() -> None:
    desk = Desk(ONE)
    minutes = [(7 * n) % 60 for n in range(60)]
    hour = datetime(2026, 3, 13, 5, tzinfo=UTC)
    desk.record(ONE, *(entry(f"m{m:02}", text="same words", published=hour + timedelta(minutes=m)) for m in minutes))
    for _ in range(2):
        assert found(desk, "same words", newest=True) == [f"Title of m{m:02}" for m in range(59, -1, -1)]
        index(desk)


@pytest.mark.sqlite_only
def test_of_very_many_hits_the_newest_and_those_in_titles_are_ranked(tmp_path: Path) -> None:
    number = module.RANKED + 50
    desk = Desk(ONE)
    desk.record(ONE, entry("old", title="Bread in the title", text="of the oldest", published=NOW - 900 * DAY))
    desk.record(ONE, *(entry(f"n{n}", title="Other", text="bread", published=NOW - n * HOUR) for n in range(number)))
    while desk.store.search.is_behind:
        with desk.store.transaction():
            desk.store.search.fill(2000)
    keys, is_cut = desk.store.search.best(parse_query("bread"))
    assert is_cut
    assert len(keys) == module.RANKED + 1
    results = search(Wanted("bread", limit=1), desk.store, desk.view())
    assert results.is_cut
    assert [one.stored.key for one in results.found] == keys[:1]
    assert not search(Wanted("bread", newest=True, limit=1), desk.store, desk.view()).is_cut
    assert desk.store.entries.get(keys[:1])[0].entry.title == "Bread in the title"


def test_nothing_that_is_typed_is_an_error() -> None:
    desk = library()

    @settings(max_examples=30)
    @given(st.text(max_size=60))
    def typed(text: str) -> None:
        query = parse_query(f"bread {text} OR {text}")
        assert set(desk.store.search.best(query)[0]) == set(desk.store.search.newest(query))

    typed()
    index(desk)
    typed()


@pytest.mark.sqlite_only
def test_it_reads_beside_a_writer_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    open_store(path).close()
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    reader = open_store(path, create=False)
    assert reader.search.best(parse_query("bread")) == ([], False)
    reader.close()
    writer.rollback()
    writer.close()


def test_the_index_agrees_with_itself_after_edits_and_forgetting() -> None:
    """What is let go of is what had been taken: nothing else is lost, nothing is left."""
    desk = library()
    index(desk)
    edit(desk, "On tea", replace(desk.titled("On tea").entry, title="On tea", text="Nothing left."))
    with desk.store.transaction():
        desk.store.withdrawn.forget([desk.titled("On bread").key], NOW)
    index(desk)
    assert found(desk, "sourdough OR cafe") == []
    assert found(desk, "bread") == ["Late"]


def test_what_is_indexed_together_is_written_together(tmp_path: Path) -> None:
    """Newest first, as feeds are: FTS5 begins a segment anew at each number that is below the one before."""
    desk = Desk(ONE)
    desk.store = open_store(tmp_path / "store.db")
    desk.follow(desk.config)
    desk.bring(ONE, *(entry(f"g{n}", published=NOW - n * HOUR) for n in range(40)))
    with desk.store.transaction():
        desk.store.search.fill()
    desk.store.close()
    with sqlite3.connect(tmp_path / "store.db") as looked:
        segments = {row[0] >> 37 for row in looked.execute("SELECT id FROM search_data WHERE id > 10")}
    looked.close()
    assert len(segments) == 1
