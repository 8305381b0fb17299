"""A text as words: where phrases begin, which words a capital marks, which figures tell something."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.entries.spelling import Spelling


@pytest.mark.parametrize(
    ("text", "opening"),
    [
        ("  The harbour grows", ["the"]),
        ("The harbour grows. Work falls: prices rise", ["the", "work", "price"]),
        ("One line\nAnother one", ["one", "another"]),
        ("He said “Stay” - twice", ["he", "stay", "twice"]),
        ("Hong Kong, and R&D, grow", ["hong"]),
    ],
)
def test_where_a_phrase_begins(text: str, opening: list[str]) -> None:
    assert [word.stem for word in Spelling().words(text, 20) if word.opens] == opening


def test_a_capital_says_something_within_a_phrase_and_not_of_common_words() -> None:
    words = Spelling().words("Workers and The Harbour of Varga, I'm told", 20)
    assert [word.stem for word in words if word.capital and word.tells] == ["harbour", "varga"]


def test_figures_are_no_years_and_no_single_digits() -> None:
    words = Spelling().words("in 2026 it had 4 desks, 12 rooms, £3,000 and 20% more", 20)
    assert [word.stem for word in words if word.figure] == ["12", "3000", "20%"]


def test_a_text_is_read_as_far_as_it_is_asked() -> None:
    assert [word.stem for word in Spelling().words("one two-three four", 3)] == ["one", "2", "3"]
    assert Spelling().words(" ... ", 3) == Spelling().words("", 3) == ()


@given(st.lists(st.text(max_size=30)))
def test_a_word_is_one_object_and_the_same_whatever_was_read_before(texts: list[str]) -> None:
    spelling = Spelling()
    read = [spelling.words(text, 9) for text in texts]
    assert read == [spelling.words(text, 9) for text in texts]
    for text, words in zip(texts, read, strict=True):
        alone = Spelling().words(text, 9)
        assert [(w.stem, w.capital, w.opens) for w in words] == [(w.stem, w.capital, w.opens) for w in alone]
