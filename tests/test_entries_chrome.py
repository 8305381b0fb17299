from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.entries.boilerplate import strip_boilerplate
from aggregator.entries.chrome import LATEST, MOST, Chrome, ends_of, learn, left_out, may_repeat, without
from aggregator.html import safe_html, text_of
from tests.corpus import ROOT as CORPUS
from tests.corpus import needs_corpus
from tests.makers import words

HELLO = "A letter on small shops, written on Sundays by Ann."
BYE = "If a friend sent you this letter, ask for your own."
BIO = "Ann Baker has run a small shop in Graz for nine years."


def letter(number: int, *, head: str = HELLO, tail: str = f"{BYE}\n\n{BIO}") -> str:
    body = f"{words(30, number)}\n\n{words(40, 100 + number)}"
    return "\n\n".join(part for part in (head, body, tail) if part)


def body(number: int) -> str:
    return letter(number, head="", tail="")


def test_what_opens_and_closes_every_entry_is_left_out_of_each() -> None:
    letters = [letter(n) for n in range(6)]
    chrome = learn(letters)
    assert [without(text, chrome) for text in letters] == [body(n) for n in range(6)]
    assert {(one.text, one.seen, one.of) for one in chrome.values()} == {(text, 6, 6) for text in (HELLO, BYE, BIO)}
    assert [one.text for one in left_out(letters[0], chrome)] == [HELLO, BYE, BIO]


@pytest.mark.parametrize(
    ("repeated", "others", "learned"),
    [
        (3, 0, False),  # three may be a coincidence
        (4, 0, True),
        (4, 3, True),
        (4, 4, False),  # half is not most
        (11, 9, True),
        (10, 10, False),
    ],
)
def test_how_often_a_block_has_to_come_back(repeated: int, others: int, learned: bool) -> None:
    letters = [letter(n, head="") for n in range(repeated)] + [body(50 + n) for n in range(others)]
    assert (BYE.casefold() in learn(letters)) is learned


def test_only_the_newest_entries_count() -> None:
    assert not learn([body(n) for n in range(LATEST)] + [letter(50 + n) for n in range(40)])


def test_a_line_that_differs_each_time_does_not_hide_what_is_behind_it() -> None:
    letters = [letter(n, head=f"Number {n}, read by {n * 7} people\n\n{HELLO}", tail="") for n in range(5)]
    assert without(letters[2], learn(letters)) == f"Number 2, read by 14 people\n\n{body(2)}"


def test_what_stands_in_the_middle_is_the_authors() -> None:
    refrain = "So it goes in every shop."
    letters = ["\n\n".join((*map(str, (words(9, n + k) for k in range(4))), refrain,
                            *(words(9, n + k) for k in range(4, 8)))) for n in range(0, 80, 10)]  # fmt: skip
    assert learn(letters) == {}
    assert without(letters[0], learn([letter(n, head=refrain) for n in range(5)])) == letters[0]


def test_never_a_whole_text() -> None:
    chrome = learn([letter(n) for n in range(6)])
    only = f"{HELLO}\n\n{BYE}\n\n{BIO}"
    assert without(only, chrome) == only
    assert left_out(only, chrome) == []
    assert learn(["Read it on our site."] * 9 + [f"Read it, {n}." for n in range(5)]) == {}


def test_one_text_that_was_sent_again_and_again_teaches_nothing() -> None:
    assert learn([letter(1)] * 10) == {}


def test_case_and_spaces_do_not_matter() -> None:
    chrome = learn([letter(n) for n in range(6)])
    assert without(f"{HELLO.upper()}\n{words(9)}", chrome) == words(9)


TEXTS = st.lists(
    st.lists(st.sampled_from([HELLO, BYE, "One.", "Two.", "Three.", "", " "]), max_size=9).map("\n".join), max_size=25
)


@given(TEXTS)
def test_it_only_ever_takes_whole_repeated_lines(texts: list[str]) -> None:
    chrome = learn(texts)
    assert len(chrome) <= MOST
    assert learn(texts) == chrome
    for text in texts:
        told = without(text, chrome)
        gone = [one.text.casefold() for one in left_out(text, chrome)]
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        kept = [line.strip() for line in told.split("\n") if line.strip()]
        assert sorted([*map(str.casefold, kept), *gone]) == sorted(map(str.casefold, lines))
        assert bool(kept) == bool(lines)


@given(TEXTS, st.integers(0, LATEST))
def test_what_may_not_repeat_does_not(texts: list[str], further: int) -> None:
    newest = texts[:LATEST]
    first = newest[: max(0, len(newest) - further)]
    assert may_repeat(list(map(ends_of, first)), len(newest) - len(first)) or learn(newest) == {}


def test_half_of_the_newest_entries_show_that_a_source_repeats_nothing() -> None:
    letters, bodies = ([ends_of(text(n)) for n in range(11)] for text in (letter, body))
    assert not may_repeat(bodies, 9)
    assert may_repeat(bodies[:10], 9), "the tenth and nine further ones could be most of 19"
    assert may_repeat([*letters[:2], *bodies[:9]], 9)
    assert may_repeat([bodies[n // 2] for n in range(11)], 9), "what was sent twice counts once"
    assert not may_repeat([*letters[:5], *bodies[:6]], 0), "where all are known it must be most of them"
    assert may_repeat([*letters[:6], *bodies[:5]], 0)
    assert not may_repeat(letters[:3], 0)
    assert ends_of("All there is to it.\n\n") == frozenset()


def test_learning_is_bounded() -> None:
    lines = [f"Menu line number {n}" for n in range(3000)]
    started = time.process_time()
    chrome: Chrome = learn(["\n".join([*lines, words(9, n), *lines]) for n in range(LATEST)])
    assert len(chrome) == MOST
    assert time.process_time() - started < 10


@needs_corpus
def test_blogs_as_they_are_lose_no_sentence_of_their_own() -> None:
    """Whatever is learned of 53 real sources stood in most of their entries, so nothing that is said once can go."""
    rows = map(json.loads, (CORPUS / "fow" / "items.jsonl").read_text(encoding="utf-8").splitlines())
    texts: dict[str, list[str]] = {}
    for row in rows:
        html = strip_boilerplate(safe_html(row["html"]), title=row["title"], source_title=row["site_title"])
        texts.setdefault(row["site"], []).insert(0, text_of(html))
    for own in texts.values():
        chrome = learn(own)
        latest = list(dict.fromkeys(own[:LATEST]))
        for text in latest:
            for one in left_out(text, chrome):
                assert sum(one.text.casefold() in " ".join(other.split()).casefold() for other in latest) >= 4
            assert len(without(text, chrome)) >= 0.5 * len(text)
