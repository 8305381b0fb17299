"""Backlog that was read after it was accepted: what may join its copies, and what no longer waits for them."""

from __future__ import annotations

from aggregator.store.rows import packed
from tests.contract import each_store, pytest_generate_tests  # noqa: F401 (each test runs over every store)
from tests.makers import DAY, NOW, ONE, TWO, Desk, entry, words
from tests.test_polling_backlog import Raw, Shelf

OLD = entry("old", text=words(80), published=NOW - 40 * DAY)


def read_later(*others: Raw) -> tuple[Desk, int]:
    """A desk with an outline that has its text by now, its key, and other sources' entries."""
    shelf = Shelf(Desk(ONE, TWO))
    shelf.poll(ONE, Raw("old", 40, page=OLD.link or ""))
    if others:
        shelf.poll(TWO, *others)
    key = shelf.desk.titled("About old").key
    with shelf.desk.store.transaction():
        shelf.desk.store.entries.update(key, OLD, packed(OLD), NOW)
    return shelf.desk, key


def test_what_is_alone_may_join_and_waits_until_it_is_placed() -> None:
    desk, key = read_later()
    ((one, is_free),) = desk.store.unplaced.of(desk.key(ONE))
    assert (one.key, one.source_key, one.marks, is_free) == (key, desk.key(ONE), packed(OLD).marks, True)
    assert desk.store.unplaced.of(desk.key(TWO)) == []
    with desk.store.transaction():
        desk.store.unplaced.mark_placed(desk.key(ONE))
    assert desk.store.unplaced.of(desk.key(ONE)) == []


def test_what_copies_joined_or_the_user_hid_stays_in_its_group() -> None:
    desk, key = read_later(Raw("copy", 1, page=OLD.link or ""))
    assert [free for _, free in desk.store.unplaced.of(desk.key(ONE))] == [False]
    desk, key = read_later()
    with desk.store.transaction():
        desk.store.withdrawn.hide([key], NOW)
    assert [free for _, free in desk.store.unplaced.of(desk.key(ONE))] == [False]


def test_what_joins_has_the_group_of_its_copies() -> None:
    desk, key = read_later(Raw("other", 1))
    lead = desk.titled("About other").key
    with desk.store.transaction():
        desk.store.unplaced.join(key, lead)
    assert {one.key for one in desk.store.entries.members(lead)} == {key, lead}
