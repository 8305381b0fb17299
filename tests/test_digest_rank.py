from __future__ import annotations

import pytest

from aggregator.digest.rank import Scored, ranked
from aggregator.entries.view import View
from aggregator.records import Rule, StoredEntry, WordList
from tests.makers import NOW, ONE, THREE, TWO, config, entry, source, state, stored, words

URLS = (ONE, TWO, THREE)


def view(**fields: object) -> View:
    lines = [source(url) for url in URLS]
    given = {
        "topics": (WordList("Skills", ("reskill*",)), WordList("Place", ("remote",))),
        "interests": (("remote", 2.0), ("layoff*", 0.5), ("pilot", 3.0)),
    } | fields
    return View(config(*lines, **given), [state(n, url) for n, url in enumerate(URLS, 1)], NOW)


def one(key: int, title: str, text: str = "", source_key: int = 1) -> StoredEntry:
    return stored(key, entry(f"g{key}", title=title, text=text), source_key=source_key)


def order(*those: tuple[StoredEntry, int]) -> list[int]:
    return [scored.stored.key for scored in ranked(those, view())]


def scored(title: str, text: str = "", sources: int = 1, **fields: object) -> Scored:
    return ranked([(one(1, title, text), sources)], view(**fields))[0]


@pytest.mark.parametrize(
    ("better", "sources", "worse"),
    [
        (one(2, "Plain"), 2, one(1, "Plain", source_key=2)),
        (one(2, "Reskilling"), 1, one(1, "Plain", source_key=2)),
        (one(2, "A pilot"), 1, one(1, "Plain", source_key=2)),
        (one(2, "Plain"), 1, one(1, "Layoffs", source_key=2)),
        (one(2, "Plain", words(300)), 1, one(1, "Plain", words(100), source_key=2)),
        (one(1, "Plain"), 1, one(2, "Plain", source_key=2)),  # a tie: the one accepted first
    ],
    ids=["coverage", "topic", "interest", "an interest below one", "substance", "tie"],
)
def test_what_goes_first(better: StoredEntry, sources: int, worse: StoredEntry) -> None:
    assert order((better, sources), (worse, 1)) == order((worse, 1), (better, sources)) == [better.key, worse.key]


def test_a_score_rule_moves_an_entry() -> None:
    rules = (Rule("score", 'title ~ "charter"', "5"),)
    found = ranked([(one(1, "Plain"), 3), (one(2, "The charter", source_key=2), 1)], view(filters=rules))
    assert [each.stored.key for each in found] == [2, 1]
    assert found[0].rules == 5


def test_the_score_is_the_sum_of_its_terms() -> None:
    each = scored("Reskilling by remote pilot", words(200), sources=3)
    assert (each.coverage, each.topical, each.interest, each.substance, each.crowding) == (3.0, 1.0, 3.0, 0.5, 0.0)
    assert each.score == 7.5


@pytest.mark.parametrize(
    ("title", "sources", "reason"),
    [
        ("Reskilling by remote pilot", 3, "3 sources · Skills · your interest: remote, pilot"),
        ("Remote", 1, "Place · your interest: remote"),
        ("Layoffs", 1, ""),  # a weight below one is no interest to name
        ("Plain", 2, "2 sources"),
    ],
)
def test_the_reason_in_a_few_words(title: str, sources: int, reason: str) -> None:
    assert scored(title, sources=sources).reason == reason


def test_what_was_not_told_before_goes_first() -> None:
    those = [(one(1, "Plain"), 1), (one(2, "Plain", source_key=2), 1)]
    found = ranked(those, view(), {1: 0.2, 2: 0.9})
    assert [(each.stored.key, each.novelty, each.score) for each in found] == [(2, 0.45, 0.45), (1, 0.1, 0.1)]
    assert [each.novelty for each in ranked(those, view())] == [0.0, 0.0]


def test_a_loud_source_does_not_drown_the_others() -> None:
    loud = [(one(n, "Reskilling", words(400)), 1) for n in range(1, 7)]
    quiet = [(one(n, "Reskilling", words(100), source_key=n - 5), 1) for n in (7, 8)]
    assert order(*loud, *quiet) == [1, 2, 7, 8, 3, 4, 5, 6]


def test_the_order_does_not_depend_on_the_order_given() -> None:
    those = [(one(n, f"Story {n}", words(n * 7 % 90, n), source_key=1 + n % 3), 1) for n in range(1, 30)]
    assert order(*those) == order(*reversed(those))


def test_nothing_to_rank() -> None:
    assert order() == []


def test_topics_interests_and_substance_are_told_by_what_is_worth_telling() -> None:
    footer = "Our remote pilot for reskilling is open."
    told = ranked([(one(1, "Plain", f"Bread. {footer}"), 1)], view(), text=lambda stored: "Bread.")[0]
    whole = scored("Plain", f"Bread. {footer}")
    assert (told.topic, told.words, told.interest) == (None, (), 0.0)
    assert (whole.topic, whole.words) == ("Skills", ("remote", "pilot"))
    assert told.substance < whole.substance
