from __future__ import annotations

import pytest

from aggregator.records import Rule
from aggregator.search import Wanted, search
from tests.makers import DAY, NOW, ONE, TWO, Desk, entry, source


@pytest.fixture
def desk() -> Desk:
    made = Desk(source(ONE, tags=("Crafts",)), TWO)
    made.bring(ONE, *(entry(f"o{n}", title=f"Bread {n}", published=NOW - n * DAY) for n in range(60)))
    made.bring(TWO, *(entry(f"t{n}", title=f"Loaf {n}", text="bread", published=NOW - n * DAY) for n in range(5)))
    return made


def titles(desk: Desk, words: str = "bread", **fields: object) -> list[str]:
    found = search(Wanted(words, newest=True, **fields), desk.store, desk.view()).found  # type: ignore[arg-type]
    return [one.stored.entry.title for one in found]


def test_the_limit_counts_what_is_shown(desk: Desk) -> None:
    desk.change(filters=(Rule("drop", 'title ~ "[1-9]$"'),))
    assert titles(desk, limit=3) == ["Loaf 0", "Bread 0", "Bread 10"]
    assert len(titles(desk, limit=100)) == 7
    assert len(titles(desk, limit=100, everything=True)) == 65


def test_a_tag_of_a_source_or_of_a_rule(desk: Desk) -> None:
    assert len(titles(desk, tag="crafts", limit=100)) == 60
    assert titles(desk, tag="none") == []
    desk.change(filters=(Rule("tag", 'title ~ "Loaf"', "crafts"),))
    assert len(titles(desk, tag="crafts", limit=100)) == 65
    assert titles(desk, tag="crafts", sources=frozenset([desk.key(TWO)]), limit=1) == ["Loaf 0"]


def test_the_span_is_exact_to_the_second(desk: Desk) -> None:
    assert titles(desk, since=NOW - 2 * DAY, until=NOW, sources=frozenset([desk.key(ONE)])) == ["Bread 1", "Bread 2"]


def test_what_is_marked(desk: Desk) -> None:
    (found, *_) = search(Wanted("bread 7", limit=1), desk.store, desk.view()).found
    assert found.title == (("Bread", True), (" ", False), ("7", True))
    assert found.hidden is None


@pytest.mark.parametrize("words", ["", "-bread", "***"])
def test_nothing_to_look_for_finds_nothing(desk: Desk, words: str) -> None:
    assert search(Wanted(words), desk.store, desk.view()).found == ()
