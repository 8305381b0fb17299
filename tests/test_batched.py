from __future__ import annotations

from itertools import count

import pytest

from aggregator.batched import batched


@pytest.mark.parametrize(
    ("many", "size", "together"),
    [(0, 3, []), (2, 3, [(0, 1)]), (3, 3, [(0, 1, 2)]), (7, 3, [(0, 1, 2), (3, 4, 5), (6,)])],
)
def test_so_many_together_and_what_is_left(many: int, size: int, together: list[tuple[int, ...]]) -> None:
    assert list(batched(range(many), size)) == together


def test_no_more_is_taken_than_is_asked_for() -> None:
    endless = count()
    first, second = (some for _, some in zip(range(2), batched(endless, 500), strict=False))
    assert (first[0], second[-1], next(endless)) == (0, 999, 1000)
