from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.entries.duplicates import are_alike, containment, is_copy, marks, resemblance, same_page
from aggregator.entries.normalize import normalize_entry
from aggregator.records import Entry, ParsedEntry
from tests.corpus import ROOT as CORPUS
from tests.corpus import needs_corpus
from tests.makers import changed, entry, parsed, words

LONG = words(400)
TEASER = words(25)


def there(text: str, title: str = "The bakers' manual") -> Entry:
    return entry("there", link="https://there.example.net/x", title=title, text=text)


def here(text: str, title: str = "The bakers' manual") -> Entry:
    return entry("here", link="https://here.example.org/y", title=title, text=text)


@pytest.mark.parametrize(
    ("one", "other", "copy"),
    [
        (here(LONG), there(LONG, "Another headline"), True),
        (here(LONG), there(changed(LONG, 0.05), "Another headline"), True),
        (here(LONG), there(f"This first appeared elsewhere. {LONG} Write to us."), True),
        (here(LONG), there(changed(LONG, 0.3), "Another headline"), False),
        (here(LONG), there(" ".join(LONG.split()[:90])), True),  # its beginning, under the same title
        (here(LONG), there(" ".join(LONG.split()[:90]), "Another headline"), False),
        (here(LONG), there(" ".join(LONG.split()[:40]) + " […]"), True),
        (here(TEASER), there(TEASER), True),
        (here(TEASER), there(TEASER.upper(), "THE BAKERS\u2019 MANUAL"), True),
        (here(TEASER), there(TEASER.replace(TEASER.split()[7], "organisations", 1)), True),
        (here(TEASER), there(TEASER, "Another headline"), False),
        (here(TEASER), there(changed(TEASER, 0.4)), False),
        (here("Read more."), there("Read more."), False),
        (here(""), there(""), False),
        (here(words(80, 1)), there(words(80, 2)), False),  # the same title on two articles
    ],
    ids=["same text", "5 % of words changed", "with a note on its origin", "30 % changed", "its long beginning",
         "the beginning, other title", "its teaser", "same teaser", "case and quotes", "one word of a teaser",
         "same teaser, other title", "another teaser", "too short", "nothing", "same title"],
)  # fmt: skip
def test_copies(one: Entry, other: Entry, copy: bool) -> None:
    assert is_copy(one, other) is is_copy(other, one) is copy
    assert not copy or are_alike(marks(one), marks(other)), "the store would not find it"


def test_two_instalments_of_a_series_are_two() -> None:
    intro = words(35)
    first, second = f"{intro} {words(150, 2)}", f"{intro} {words(150, 3)}"
    assert not is_copy(here(first, "Five links for Friday"), there(second, "Five links for Friday"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://e.example/a", "https://e.example/a", True),
        ("https://e.example/a", "https://e.example/b", False),
        ("https://e.example", "https://e.example", False),  # the front page is no article's own
        (None, None, False),
    ],
)
def test_one_page(one: str | None, other: str | None, same: bool) -> None:
    assert same_page(entry("a", canonical_url=one), entry("b", canonical_url=other)) is same


def test_marks_are_few_and_stable() -> None:
    """They stand in the store: another value would lose every copy that was recorded before."""
    assert marks(here("the quick brown fox jumps over the lazy dog")) == (-2175525862,)
    assert marks(here(LONG))[:3] == (-2175525862, 627365652692, 699085844635)
    assert len(marks(here(LONG))) == 13
    assert marks(here("too short")) == ()


@given(st.text(max_size=300), st.text(max_size=300))
def test_similarities_are_shares(one: str, other: str) -> None:
    assert 0 <= resemblance(one, other) == resemblance(other, one) <= 1
    assert resemblance(one, other) <= containment(one, other) <= 1
    assert resemblance(one, one) in (0.0, 1.0)


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ("a b c", "a b c", 0.0),  # too short for a gram
        ("a b c d", "A, b \u2013 \u201cc\u201d: d!", 1.0),
        ("a b c d e", "a b c d x", 1 / 3),
        ("a b c d", "d c b a", 0.0),
        ("a b c d", "a c b d", 0.0),
        ("a b a b a b", "a b a b", 1 / 2),
        ("\xc9t\xe9 d\u2019or et neige", "\xe9t\xe9 d'or et NEIGE", 1.0),
        ("Stra\xdfe eins zwei drei", "STRASSE eins zwei drei", 1.0),
        ("\ud800 a b c d", "a b c d", 1.0),
        ("\u540d\u524d a b c\u3001d", "\u540d\u524d a b c d", 1.0),
    ],
)
def test_grams_are_of_words_without_case_and_punctuation(one: str, other: str, share: float) -> None:
    assert resemblance(one, other) == share


@given(st.lists(st.sampled_from("abcdefgh"), max_size=40), st.lists(st.sampled_from("abcdefgh"), max_size=40))
def test_resemblance_is_that_of_the_sets_of_grams(one: list[str], other: list[str]) -> None:
    """The arithmetic on long numbers against the definition."""
    a, b = ({tuple(those[n : n + 4]) for n in range(len(those) - 3)} for those in (one, other))
    assert resemblance(" ".join(one), " ".join(other)) == (len(a & b) / len(a | b) if a or b else 0.0)


def test_marks_are_spread_evenly() -> None:
    """Smallest hashes are a fair sample only when every gram has the same chance."""
    every = [mark for seed in range(200) for mark in marks(here(words(68, seed)))[1:]]  # 65 grams: 12 of them
    mean = sum(every) / len(every) / 2**48
    assert 0.08 < mean < 0.12  # the mean of the 12 smallest of 65: 6.5 / 66
    assert len(set(every)) == len(every)


def test_a_copy_with_every_twentieth_word_changed_shares_marks() -> None:
    for seed in range(200):
        text = words(150, seed)
        assert are_alike(marks(here(text)), marks(there(changed(text, 0.05, seed), "Another headline")))


# --- the replay ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def items() -> dict[str, tuple[str, Entry]]:
    """URL -> (site, entry) of the replay."""
    lines = (CORPUS / "fow" / "items.jsonl").read_text(encoding="utf-8").splitlines()
    return {item["url"]: (item["site"], _entry(item)) for item in map(json.loads, lines)}


def _entry(item: dict[str, Any]) -> Entry:
    base, published = f"https://{item['site']}/", datetime.fromisoformat(item["published"])
    given = ParsedEntry(link=item["url"], title=item["title"], content=item["html"], published=published)
    return normalize_entry(given, parsed(title=item["site_title"]), base, published)


@needs_corpus
def test_true_pairs_of_the_replay_fold_and_nothing_else(items: dict[str, tuple[str, Entry]]) -> None:
    told = json.loads((CORPUS / "fow" / "duplicates.json").read_text(encoding="utf-8"))
    pairs = {frozenset((pair["a"], pair["b"])) for pair in told["duplicates"] if pair["kind"] != "adapted"}
    by_mark: dict[int, list[str]] = {}
    own = {url: marks(one) for url, (_, one) in items.items()}
    for url, those in own.items():
        for mark in those:
            by_mark.setdefault(mark, []).append(url)
    met = {frozenset((a, b)) for urls in by_mark.values() for a in urls for b in urls if items[a][0] != items[b][0]}
    met = {pair for pair in met if are_alike(*(own[url] for url in pair))}
    found = {pair for pair in met if is_copy(*(items[url][1] for url in pair))}
    assert len(pairs) == 14
    assert found == pairs


@needs_corpus
def test_marks_take_half_a_millisecond(items: dict[str, tuple[str, Entry]]) -> None:
    began = time.process_time()
    for _, one in items.values():
        marks(one)
    assert (time.process_time() - began) / len(items) < 0.0015
