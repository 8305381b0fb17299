from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.digest.summary import is_told, summarize
from aggregator.entries.normalize import normalize
from aggregator.records import ParsedEntry
from tests.corpus import ROOT as CORPUS
from tests.corpus import needs_corpus
from tests.makers import NOW, parsed

TITLE = "Bakers try the four-day week"
LEAD = "Twelve bakeries in Graz have closed on Mondays since January and sell as much bread as before."
NEXT = "Their bakers say that they sleep better and that nobody wants the old week back."
LATER = "The chamber of commerce will publish its own numbers in May."


def summary(*parts: str, title: str = TITLE, most: int = 2, words: int = 60) -> tuple[str, ...]:
    return summarize("\n\n".join(parts), title=title, language="en", most=most, words=words)


def test_the_lead_comes_first() -> None:
    assert summary(f"{LEAD} {NEXT} {LATER}")[0] == LEAD
    assert summary(f"{LEAD} {NEXT} {LATER}", most=1) == (LEAD,)
    assert summary(f"{LEAD} {NEXT}") == (LEAD, NEXT)


@pytest.mark.parametrize(
    "chrome",
    [
        "By Ann Example",
        "By ANN EXAMPLE | March 3, 2026",
        "March 3, 2026",
        "Published on 3 March 2026 by the editors.",
        "5 min read",
        "Photo by Ann Example on a well known site.",
        "Image: the town of Graz seen from above.",
        "Home\n\nAbout\n\nContact us\n\nAll topics",
        "We use cookies to give you the best experience on our site.",
        "Subscribe to our newsletter to read more of this.",
        "Sign up for our weekly letter about work.",
        "Click here to listen to the whole conversation.",
        "This article was originally published on another site in May.",
        "Bakers try the four-day week.",
        "The bakers try the four-day week!",
        "This is why the week of four days matters so much.",
        "That’s the question that everybody asks in this town.",
        "Here's how it all began a long time ago.",
        "In this post I will tell you all about it.",
        "Is the week of five days over?",
        "Not so fast.",
        "A heading without a full stop",
        "Something that was cut in the middle of the…",
        "He said (and nobody had asked him. ",
        "And they said that it was good for everybody.",
        "© 2026 Example Media Group and its partners.",
    ],
)
def test_what_is_not_chosen(chrome: str) -> None:
    assert summary(chrome, f"{LEAD} {NEXT}") == (LEAD, NEXT)


@pytest.mark.parametrize(
    "teaser",
    [
        LEAD,
        "Twelve bakeries in Graz have closed on Mondays since January and sell…",
        "Twelve bakeries have closed on Mondays",
        "Is the week of five days over?",
        "Bread, four days a week.",
    ],
)
def test_a_teaser_of_one_sentence_is_returned_as_it_is(teaser: str) -> None:
    assert summary(teaser) == (teaser,)
    assert summary("By Ann Example", teaser) == (teaser,)


def test_a_sentence_that_leans_on_another_stands_only_beside_it() -> None:
    leaning = "They say that the bakers of the four-day week in Graz sell more bread than the bakers of the old week."
    assert summary(f"{LEAD} {leaning} {LATER}") == (LEAD, leaning)
    assert leaning not in summary(f"{LATER} It rained on the day before. {leaning}", most=1)


def test_questions_and_cut_sentences_are_better_than_nothing() -> None:
    assert summary("Is the week of five days over? Who would want it back after all?")[0].endswith("?")
    assert summary("Some bakers have closed on Mondays since…", "Other bakers have closed on Fridays because…") != ()


@pytest.mark.parametrize(
    "text", ["", "Subscribe now", "March 3, 2026", TITLE, "By Ann Example", "Home\n\nAbout\n\nMore"]
)
def test_nothing_fit_gives_nothing(text: str) -> None:
    assert summary(text) == ()


def test_the_words_are_bounded() -> None:
    long = "The " + "very " * 70 + "long sentence about bakers ends here."
    assert summary(long) == (long,)
    assert summary(f"{long} {NEXT}") == (NEXT,)
    assert summary("The " + "very " * 130 + "long sentence ends here.") == ()
    assert sum(len(one.split()) for one in summary(f"{LEAD} {NEXT} {LATER}", words=20)) <= 20


def test_the_same_is_not_said_twice() -> None:
    again = LEAD.replace("as much bread as before", "just as much bread as ever before")
    assert again not in summary(f"{LEAD} {again} {LATER}")


def test_order_is_that_of_the_text() -> None:
    text = f"{LATER} Nothing else is known about it so far. {LEAD} {NEXT}"
    chosen = summary(text, most=3)
    assert list(chosen) == sorted(chosen, key=text.index)


PARTS = st.sampled_from(
    [
        LEAD,
        NEXT,
        LATER,
        TITLE,
        "By Ann Example",
        "Why?",
        "Cut here…",
        "“Quoted.”",
        "It is 3.5.",
        "\n",
        "\n\n",
        "e.g.",
        "Dr.",
    ]
)


@settings(max_examples=60)
@given(st.lists(PARTS | st.text(max_size=30), max_size=12).map(" ".join), st.integers(1, 3), st.integers(5, 60))
def test_every_sentence_is_verbatim_and_within_bounds(text: str, most: int, words: int) -> None:
    chosen = summarize(text, title=TITLE, language="en", most=most, words=words)
    flat = " ".join(text.split())
    assert all(one in flat for one in chosen)
    assert len(chosen) <= most
    assert len(chosen) <= 1 or sum(len(one.split()) for one in chosen) <= words
    assert chosen == summarize(text, title=TITLE, language="en", most=most, words=words)


@pytest.mark.parametrize(
    "text", ["A" * 300_000, "." * 300_000, "a.\n" * 100_000, 'A"' * 100_000, "By A" * 90_000, "1 " * 150_000]
)
def test_hostile_text_takes_no_time(text: str) -> None:
    started = time.process_time()
    summarize(text, title=text, language="en")
    summarize(text + ".", title="A", language="de")
    assert time.process_time() - started < 3


@pytest.mark.slow
@needs_corpus
def test_every_sentence_stands_verbatim_in_its_recorded_entry() -> None:
    items = [json.loads(line) for line in (CORPUS / "fow" / "items.jsonl").read_text(encoding="utf-8").splitlines()]
    quoted = 0
    for item in items:
        one = ParsedEntry(link=item["url"], title=item["title"], content=item["html"], language=item["lang"])
        (made,) = normalize(parsed(one, title=item["site_title"]), item["url"], NOW)
        summary = summarize(made.text, title=made.title, language=made.language)
        flat = " ".join(made.text.split())
        assert [one for one in summary if one not in flat] == [], item["url"]
        quoted += bool(summary)
    assert quoted > 0.9 * len(items), "nearly every entry has something to quote"


KNOWN = "The council of Lower Marsh opened talks with the bakers' union over night shifts on Monday."
LATER = (
    "The council of Lower Marsh opened talks with the bakers' union over night shifts. "
    "A contract signed on Thursday pays every hour after ten a third more. "
    "Four bakeries will try it from June."
)


def test_of_a_story_that_goes_on_the_new_sentences_are_told() -> None:
    told = summarize(LATER, title="Bakers", language="en", known=KNOWN)
    assert told[0].startswith("A contract signed on Thursday")
    assert not any(is_told(sentence, KNOWN) for sentence in told)
    assert summarize(LATER, title="Bakers", language="en")[0].startswith("The council")


def test_what_was_told_whole_is_told_again_rather_than_nothing() -> None:
    assert summarize(KNOWN, title="Bakers", language="en", known=LATER + KNOWN) == (KNOWN,)
