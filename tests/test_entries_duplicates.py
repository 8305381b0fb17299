from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.entries.duplicates import containment, is_copy, marks, resemblance, same_page
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
    assert not copy or set(marks(one)) & set(marks(other)), "the store would not find it"


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
    assert marks(here("the quick brown fox jumps over the lazy dog")) == (3156429804,)
    assert len(marks(here(LONG))) == 13
    assert marks(here("too short")) == ()


@given(st.text(max_size=300), st.text(max_size=300))
def test_similarities_are_shares(one: str, other: str) -> None:
    a, b = one.split(), other.split()
    assert 0 <= resemblance(a, b) == resemblance(b, a) <= 1
    assert resemblance(a, b) <= containment(a, b) <= 1
    assert resemblance(a, a) == (1.0 if len(a) >= 4 else 0.0)


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
    for url, (_, one) in items.items():
        for mark in marks(one):
            by_mark.setdefault(mark, []).append(url)
    met = {frozenset((a, b)) for urls in by_mark.values() for a in urls for b in urls if items[a][0] != items[b][0]}
    found = {pair for pair in met if is_copy(*(items[url][1] for url in pair))}
    assert len(pairs) == 14
    assert found == pairs


@needs_corpus
def test_marks_take_half_a_millisecond(items: dict[str, tuple[str, Entry]]) -> None:
    began = time.process_time()
    for _, one in items.values():
        marks(one)
    assert (time.process_time() - began) / len(items) < 0.0015  # 0.35 ms when measured alone
