from __future__ import annotations

from tests.contract import each_store, pytest_generate_tests  # noqa: F401 (each test runs over every store)
from tests.makers import DAY, HOUR, NOW, ONE, TWO, Desk, entry


def desk_of_three() -> Desk:
    desk = Desk(ONE, TWO)
    desk.bring(ONE, *(entry(name) for name in "abc"))
    return desk


def tombstones(desk: Desk) -> list[tuple[str, int]]:
    """(id, hours after NOW) of each."""
    return [(one.id, round((one.when - NOW) / HOUR)) for one in desk.store.withdrawn.tombstones(NOW - DAY)]


def note(desk: Desk, shown: list[int], hidden: list[int], hours: int) -> None:
    with desk.store.transaction():
        desk.store.withdrawn.note(shown, hidden, NOW + hours * HOUR)


def test_tombstones_are_of_what_appeared_since_it_is_hidden() -> None:
    desk = desk_of_three()
    a, b, c = (one.id for one in desk.all())
    note(desk, [1, 2], [3], 0)
    assert tombstones(desk) == []
    note(desk, [2], [1, 3], 1)
    note(desk, [], [1, 2, 3], 2)
    assert tombstones(desk) == [(b, 2), (a, 1)]
    assert desk.store.withdrawn.tombstones(NOW + HOUR) == desk.store.withdrawn.tombstones(NOW + HOUR)[:1]
    note(desk, [1, 3], [2], 3)
    assert tombstones(desk) == [(b, 2)]
    note(desk, [], [3], 4)
    assert tombstones(desk) == [(c, 4), (b, 2)]


def test_the_tombstone_of_what_was_forgotten_stays() -> None:
    desk = desk_of_three()
    note(desk, [1, 2, 3], [], 0)
    with desk.store.transaction():
        desk.store.withdrawn.forget([2], NOW)
    note(desk, [], [1, 2], 1)
    late = desk.store.withdrawn.tombstones(NOW + 400 * DAY)
    assert [(one.when, one.forgotten) for one in late] == [(NOW, True)]
    assert [one.forgotten for one in desk.store.withdrawn.tombstones(NOW - DAY)] == [False, True]


def test_hiding_is_of_a_group_and_of_every_copy_to_come() -> None:
    desk = desk_of_three()
    with desk.store.transaction():
        assert desk.store.withdrawn.hide([1], NOW) == 1
        assert desk.store.withdrawn.hide([1], NOW) == 0
    copy = entry("copy", link=desk.titled("Title of a").entry.link)
    assert desk.bring(TWO, copy) == [("Title of copy", "news")]
    assert [one.hidden for one in desk.all()] == [True, False, False, True]
    with desk.store.transaction():
        assert desk.store.withdrawn.unhide([1]) == 1
    assert not any(one.hidden for one in desk.all())


def test_forgetting_leaves_what_recognises() -> None:
    desk = desk_of_three()
    before = desk.all()[0]
    for _ in range(2):
        with desk.store.transaction():
            desk.store.withdrawn.forget([1, 999], NOW)
    left = desk.all()[0]
    assert (left.id, left.published, left.standing, left.accepted) == (before.id, before.published, "forgotten", 1)
    assert (left.entry.guid, left.entry.canonical_url) == ("a", before.entry.canonical_url)
    assert (left.entry.title, left.entry.text, left.entry.content, left.entry.link) == ("Forgotten", "", "", None)
    assert desk.store.entries.by_marks(range(2**10)) == []
    assert [one.standing for one in desk.all()] == ["forgotten", "news", "news"]
