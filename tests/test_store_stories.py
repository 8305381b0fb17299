"""What is remembered of stories: who was told together."""

from __future__ import annotations

import pytest

from tests.contract import each_store, pytest_generate_tests  # noqa: F401 (each test runs over every store)
from tests.makers import ONE, Desk, entry


def desk_of(number: int) -> Desk:
    """So many entries, keys from 1 on, none of them touched."""
    desk = Desk(ONE)
    desk.bring(ONE, *(entry(f"g{n}") for n in range(number)))
    with desk.store.transaction():
        desk.store.touched.clear(desk.store.touched.read())
    return desk


@pytest.mark.parametrize(
    ("told", "mates"),
    [
        ([], {}),
        ([(1,)], {}),
        ([(2, 1)], {1: [2], 2: [1]}),
        ([(1, 2), (2, 3)], {1: [2, 3], 2: [1, 3], 3: [1, 2]}),  # it goes on
        ([(1, 2), (3, 4)], {1: [2], 2: [1], 3: [4], 4: [3]}),
        ([(1, 2), (3, 4), (5, 2, 4)], {n: [m for m in range(1, 6) if m != n] for n in range(1, 6)}),  # two become one
        ([(3, 4), (1, 2), (4, 1)], {n: [m for m in range(1, 5) if m != n] for n in range(1, 5)}),
    ],
)
def test_who_is_told_with_whom(told: list[tuple[int, ...]], mates: dict[int, list[int]]) -> None:
    desk = desk_of(6)
    with desk.store.transaction():
        for groups in told:
            desk.store.stories.tell(groups)
    assert desk.store.stories.mates(range(1, 7)) == mates
    assert desk.store.stories.mates([]) == {}
    assert desk.store.touched.read().entries >= frozenset(mates)


def test_what_was_told_before_touches_nothing() -> None:
    desk = desk_of(2)
    for _ in range(2):
        with desk.store.transaction():
            desk.store.stories.tell((1, 2))
            found = desk.store.touched.read()
            desk.store.touched.clear(found)
    assert (list(found.notes), bool(found)) == ([], False)
