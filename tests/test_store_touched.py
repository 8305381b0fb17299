from __future__ import annotations

from dataclasses import replace

import pytest

from aggregator.store.rows import packed
from aggregator.store.touched import Changes
from tests.contract import each_store, pytest_generate_tests  # noqa: F401 (each test runs over every store)
from tests.makers import NOW, ONE, Desk, entry


def fresh() -> Desk:
    """A desk with one accepted entry, everything published."""
    desk = Desk(ONE)
    desk.bring(ONE, entry("a"))
    with desk.store.transaction():
        desk.store.touched.clear(desk.store.touched.read())
    return desk


def changes(desk: Desk) -> Changes:
    return replace(desk.store.touched.read(), notes=())


def test_what_was_published_is_not_touched() -> None:
    assert not fresh().store.touched.read()


def test_an_entry_counts_when_it_is_accepted() -> None:
    desk = fresh()
    desk.record(ONE, entry("b"))
    assert not changes(desk)
    desk.accept()
    assert changes(desk) == Changes((), frozenset({2}))


def test_an_edit_counts_and_so_do_hiding_and_showing_again() -> None:
    desk = fresh()
    store, edited = desk.store, entry("a", title="b")
    for change in (
        lambda: store.entries.update(1, edited, packed(edited), NOW),
        lambda: store.withdrawn.hide([1], NOW),
        lambda: store.withdrawn.unhide([1]),
        lambda: store.withdrawn.forget([1], NOW),
    ):
        with store.transaction():
            change()
        assert changes(desk) == Changes((), frozenset({1}))
        with store.transaction():
            store.touched.clear(store.touched.read())


@pytest.mark.parametrize(("what", "counts"), [({"feed_title": "B"}, True), ({"etag": '"2"', "failures": 3}, False)])
def test_of_a_source_only_what_readers_see_counts(what: dict[str, object], counts: bool) -> None:
    desk = fresh()
    with desk.store.transaction():
        desk.store.sources.save(replace(desk.store.sources.states()[ONE], **what))  # type: ignore[arg-type]
    assert changes(desk) == Changes((), frozenset(), anything=counts)


def test_a_sealed_digest_counts() -> None:
    desk = fresh()
    desk.seal()
    assert changes(desk).digest


def test_what_is_touched_while_a_publication_is_written_stays() -> None:
    desk = fresh()
    desk.bring(ONE, entry("b"))
    read = desk.store.touched.read()
    desk.bring(ONE, entry("c"))
    with desk.store.transaction():
        desk.store.touched.clear(read)
    assert changes(desk) == Changes((), frozenset({3}))
