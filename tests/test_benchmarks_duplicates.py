from __future__ import annotations

import pytest

from aggregator.entries.duplicates import are_alike, marks, same_text
from benchmarks.duplicates import CHANGED, copy_of, missed_copies, pairs, read
from tests.corpus import ROOT as CORPUS
from tests.corpus import needs_corpus
from tests.makers import entry, words


def test_every_copy_of_a_long_text_with_five_percent_changed_is_found() -> None:
    made = [("one.example", entry(f"g{n}", text=words(60 + 7 * n, n))) for n in range(120)]
    assert missed_copies(made) == (120, 0)


def test_a_copy_differs_in_the_share_of_words() -> None:
    text = words(100)
    changed = copy_of(text, CHANGED, 7).split()
    assert sum(a != b for a, b in zip(text.split(), changed, strict=True)) == 5
    assert copy_of(text, CHANGED, 7).split() == changed


def test_two_texts_of_different_words_are_no_copies() -> None:
    one, other = entry("a", text=words(200, 1)), entry("b", text=words(200, 2))
    assert not same_text(one, other)
    assert not are_alike(marks(one), marks(other))


def test_pairs_are_of_different_sites() -> None:
    text = words(100)
    links = [f"https://e.example/{n}" for n in range(3)]
    made = [(site, entry(link, link=link, text=text)) for site, link in zip("aab", links, strict=True)]
    assert pairs(made) == {frozenset((links[0], links[2])), frozenset((links[1], links[2]))}


@needs_corpus
@pytest.mark.slow
def test_the_recorded_texts() -> None:
    total, missed = missed_copies(read(CORPUS / "fow"))
    assert total > 200
    assert missed == 0
