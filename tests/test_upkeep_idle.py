from __future__ import annotations

from aggregator.upkeep import idle
from tests.makers import DAY, NOW, ONE, Desk, entry


def test_indexing_goes_on_until_nothing_waits() -> None:
    desk = Desk(ONE)
    desk.record(ONE, *(entry(f"g{n}") for n in range(450)))
    assert idle.index(desk.store, 60) == 450
    assert idle.index(desk.store) == 0


def test_without_time_a_part_is_indexed_and_the_rest_next_time() -> None:
    desk = Desk(ONE)
    desk.record(ONE, *(entry(f"g{n}") for n in range(450)))
    assert [idle.index(desk.store, 0) for _ in range(4)] == [200, 200, 50, 0]


def test_tidying_is_once_a_day() -> None:
    desk = Desk(ONE)
    for moment, noted in ((NOW, NOW), (NOW + DAY / 2, NOW), (NOW + DAY, NOW + DAY)):
        idle.tidy(desk.store, moment)
        assert desk.store.meta("tidied_at") == f"{noted:%Y-%m-%dT%H:%M:%SZ}"
