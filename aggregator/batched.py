"""Many things a few at a time: what is too much for one statement, or for memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batched(things: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """All of them in their order, `size` together and at last what is left: `itertools.batched` of Python 3.12."""
    waiting = iter(things)
    while some := tuple(islice(waiting, size)):
        yield some
