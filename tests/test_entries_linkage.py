"""Average link: what grows together, and what a chain, an overview or one word cannot join."""

from __future__ import annotations

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.entries.linkage import Link, Members, joined


def vector(words: str) -> dict[str, float]:
    """Each word as heavy as the next; `name!` three times as heavy."""
    weights = {word.rstrip("!"): 3.0 if word.endswith("!") else 1.0 for word in words.split()}
    length = sqrt(sum(weight * weight for weight in weights.values()))
    return {word: weight / length for word, weight in weights.items()}


def likeness(one: dict[str, float], other: dict[str, float]) -> float:
    return sum(weight * other.get(word, 0.0) for word, weight in one.items())


def links(vectors: list[dict[str, float]], least: float) -> list[Link]:
    pairs = [(a, b) for b in range(len(vectors)) for a in range(b)]
    scored = [(likeness(vectors[a], vectors[b]), a, b) for a, b in pairs]
    return [link for link in scored if link[0] >= least]


def groups(*texts: str, least: float = 0.2, linked: float = 0.5, never: tuple[int, int] | None = None) -> list[Members]:
    vectors = [vector(text) for text in texts]

    def may_join(left: Members, right: Members) -> bool:
        return never is None or not set(never) <= {*left, *right}

    return sorted(tuple(sorted(one)) for one in joined(vectors, links(vectors, linked), least, may_join))


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        ((), []),
        (("a b c",), [(0,)]),
        (("a b c d", "a b c e", "f g h i"), [(0, 1), (2,)]),
        (("a b c d", "a b c e", "c d e f"), [(0, 1, 2)]),  # the third is linked to the first only, and like both
        (("a b c d", "c d e f", "e f g h", "g h i j", "i j k l"), [(0, 1), (2, 3, 4)]),  # a chain parts
        (("a b c", "a b c", "a b c d e f", "d e f", "d e f"), [(0, 1, 2), (3, 4)]),  # an overview has one place
    ],
)
def test_groups(texts: tuple[str, ...], found: list[Members]) -> None:
    assert groups(*texts) == found


def test_one_word_joins_no_groups() -> None:
    """All speak of one company, which weighs much; an overview tells both of its events."""
    those = ("name! a b c", "name! a b d", "name! e f g", "name! e f h", "name! a b e f")
    assert [0, 2] not in [sorted({0, 2} & set(one)) for one in groups(*those, linked=0.7)]


def test_the_caller_may_refuse() -> None:
    assert groups("a b c d", "a b c e", "a b c f") == [(0, 1, 2)]
    assert groups("a b c d", "a b c e", "a b c f", never=(0, 2)) == [(0, 1), (2,)]


@given(st.lists(st.text("abcdef ", min_size=1, max_size=12).filter(str.strip), max_size=14))
def test_each_item_is_in_one_group_and_every_group_is_alike_on_the_whole(texts: list[str]) -> None:
    vectors = [vector(" ".join(text.replace(" ", ""))) for text in texts]
    found = joined(vectors, links(vectors, 0.5), 0.4, lambda left, right: True)
    assert sorted(place for one in found for place in one) == list(range(len(texts)))
    for one in found:
        pairs = [(a, b) for a in one for b in one if a < b]
        assert not pairs or sum(likeness(vectors[a], vectors[b]) for a, b in pairs) / len(pairs) >= 0.4 - 1e-9


def test_many_alike_are_joined_in_time() -> None:
    """Each of 100 is linked to every other: means follow from means."""
    vectors = [vector(f"a b c d e f g h x{n}") for n in range(100)]
    assert len(joined(vectors, links(vectors, 0.5), 0.2, lambda left, right: True)) == 1
