"""Which articles are one story; what must never be."""

from __future__ import annotations

import random
import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.entries.stories import Earlier, group, resemblance
from aggregator.entries.terms import Vocabulary
from aggregator.records import StoredEntry
from benchmarks.stories import on_the_replay
from tests.corpus import ROOT as CORPUS
from tests.corpus import needs_corpus
from tests.events import APART, HARDEST, TOGETHER, Pair
from tests.makers import NOW, entry, stored, words

CUTS = ("Kestrel is said to cut 20% of its staff", "Insiders at Kestrel fear for desks while shares rise.")
MORE_CUTS = ("What the cuts at Kestrel mean", "The chip maker Kestrel wants to cut about 20% of all staff, it is said.")
LAUNCH = ("A bold plan: Kestrel shows Mirto", "On stage Kestrel said that its assistant Mirto opens to all firms.")
SECOND_LAUNCH = ("Mirto by Kestrel opens worldwide", "The assistant that Kestrel calls Mirto is open to firms.")
LAWSUIT = ("The Kestrel case signals a new risk", "A judge in Ostrava split the ruling in Varga against Kestrel.")
LEVELS = ("Employment dips as Ostrava waits", "Fewer people worked in Ostrava, the office of numbers said.")
THEME = ("AI and the first job", "Editors talk with a chief of people about the first job in the age of AI.")
SAME_THEME = ("Which first jobs is AI most likely to take?", "A new report asks what people think of AI.")
WEEK_11 = ("Week 11 in five numbers: Kestrel settles", "The numbers of the week, with the settlement of Kestrel.")
WEEK_12 = ("Week 12 in five numbers: Kestrel sues", "The numbers of the week, with the lawsuit of Kestrel.")
YEARBOOK = ("The state of desks 2025, by Ostrava Labs", "In its survey Ostrava Labs asked 4,000 people about desks.")
NEXT_YEARBOOK = (
    "The state of desks 2026, by Ostrava Labs",
    "In its survey Ostrava Labs asked 4,000 people about desks.",
)
NOTICE = ("Collective agreement: Brill Electric", "Members of the union in Ostrava, local 53, ratified it.")
OTHER_NOTICE = ("Collective agreement: Pine Surveys", "Members of the union in Brno, local 955, ratified it.")


def made(key: int, told: tuple[str, str], source: int = 0, days: float = 0.0, **fields: object) -> StoredEntry:
    one = entry(f"g{key}", title=told[0], text=told[1], language="en", **fields)
    return stored(key, one, source_key=source or key, published=NOW + timedelta(days=days))


def background() -> list[StoredEntry]:
    return [made(1000 + n, (f"Of {words(6, n)[:-1].lower()}", words(60, n))) for n in range(60)]


def keys(stories: tuple[tuple[StoredEntry, ...], ...]) -> list[list[int]]:
    return [[one.key for one in story] for story in stories]


def grouped(*those: StoredEntry) -> list[list[int]]:
    return keys(group(those, Vocabulary([*those, *background()])))


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        (CUTS, MORE_CUTS, True),
        (LAUNCH, SECOND_LAUNCH, True),
        (LEVELS, LEVELS, True),  # one headline, two agencies
        (LAUNCH, LAWSUIT, False),  # one company, two events
        (CUTS, LAWSUIT, False),
        (THEME, SAME_THEME, False),  # one theme
        (("The future of desks", words(60, 500)), ("The future of desks", words(60, 600)), False),  # one title only
        (WEEK_11, WEEK_12, False),
        (YEARBOOK, NEXT_YEARBOOK, False),  # instalments of a series
        (NOTICE, OTHER_NOTICE, False),  # one form, filled in twice
        (("", ""), ("", ""), False),
    ],
)
def test_two_sources(one: tuple[str, str], other: tuple[str, str], together: bool) -> None:
    assert grouped(made(1, one), made(2, other)) == ([[1, 2]] if together else [[1], [2]])


def pair(made_up: Pair) -> tuple[StoredEntry, StoredEntry]:
    """Two entries, the second some days after the first."""
    texts = zip((1, 2), (made_up.one, made_up.other), strict=True)
    one, other = (
        entry(f"g{key}", title=title, text=text, language=made_up.language, author=made_up.author)
        for key, (title, text) in texts
    )
    second = NOW + timedelta(days=made_up.days)
    return (
        stored(1, one, source_key=1, published=NOW),
        stored(2, other, source_key=1 if made_up.same_source else 2, published=second),
    )


@pytest.mark.parametrize(
    ("made_up", "together"),
    [
        *(pytest.param(one, False, id=one.why) for one in APART),
        *(pytest.param(one, False, id=one.why, marks=pytest.mark.xfail(strict=True)) for one in HARDEST),
        *(pytest.param(one, True, id=one.why) for one in TOGETHER),
    ],
)
def test_what_tells_one_event_and_what_only_looks_so(made_up: Pair, together: bool) -> None:
    assert grouped(*pair(made_up)) == ([[1, 2]] if together else [[1], [2]])


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        (CUTS, MORE_CUTS, False),
        (NOTICE, OTHER_NOTICE, False),
        (WEEK_11, WEEK_12, False),
        (LAUNCH, (LAUNCH[0] + " (updated)", LAUNCH[1]), True),
    ],
)
def test_one_source_tells_a_story_twice_only_in_nearly_the_same_words(
    one: tuple[str, str], other: tuple[str, str], together: bool
) -> None:
    assert grouped(made(1, one, 7), made(2, other, 7)) == ([[1, 2]] if together else [[1], [2]])


def test_a_source_does_not_come_in_twice_through_another() -> None:
    assert grouped(made(1, CUTS, 7), made(2, MORE_CUTS, 7), made(3, CUTS, 8)) == [[1, 3], [2]]


@pytest.mark.parametrize(("days", "together"), [(1, True), (5, True), (20, False)])
def test_the_further_apart_the_more_alike(days: int, together: bool) -> None:
    assert (grouped(made(1, LEVELS), made(2, LEVELS, days=days)) == [[1, 2]]) is together


def test_what_links_to_an_entry_speaks_of_it() -> None:
    one = made(1, ("Bakers write a manual", "A manual for the machines of the night shift, written by bakers."))
    answer = ("What others think of manuals", "We read what the bakers wrote for the night shift.")
    content = f'<p><a href="{one.entry.link}">the manual</a></p>'
    assert grouped(one, made(2, answer)) == [[1], [2]]
    assert grouped(one, made(2, answer, content=content)) == [[1, 2]]


def test_a_chain_is_no_story() -> None:
    """Two events that one overview mentions stay two."""
    vocabulary = [made(n, CUTS) for n in (1, 2, 3)] + [made(n, LAUNCH) for n in (4, 5, 6)]
    overview = made(7, (f"{CUTS[0]}; {LAUNCH[0]}", f"{CUTS[1]} {LAUNCH[1]}"))
    stories = grouped(*vocabulary, overview)
    assert not any({1, 4} <= set(story) for story in stories)


# --- what holds for any entries -------------------------------------------------------------------------------

TOLD = (CUTS, MORE_CUTS, LAUNCH, SECOND_LAUNCH, LAWSUIT, LEVELS, THEME, WEEK_11, WEEK_12, NOTICE, ("", ""))
DAYS_ENTRIES = st.lists(st.tuples(st.sampled_from(TOLD), st.integers(1, 5)), max_size=14)


@given(DAYS_ENTRIES, st.randoms(use_true_random=False))
def test_grouping_is_a_partition_whatever_the_order(
    those: list[tuple[tuple[str, str], int]], rng: random.Random
) -> None:
    entries = [made(key, told, source) for key, (told, source) in enumerate(those, 1)]
    found = keys(group(entries, Vocabulary(entries)))
    assert sorted(key for story in found for key in story) == list(range(1, len(those) + 1))
    assert found == sorted(found)
    shuffled = rng.sample(entries, len(entries))
    assert keys(group(shuffled, Vocabulary(shuffled))) == found


@given(st.text(max_size=200), st.text(max_size=400), st.text(max_size=200))
def test_any_text(title: str, text: str, content: str) -> None:
    entries = [made(n, (title, text), content=content) for n in (1, 2)]
    vocabulary = Vocabulary(entries)
    assert len(group(entries, vocabulary)) in (1, 2)
    assert 0 <= Earlier(entries[:1], vocabulary).novelty(entries[1]) <= 1


def test_a_large_day_takes_less_than_a_second() -> None:
    named = [f"{a}{b}{n}" for n, a in enumerate(("Kes", "Mir", "Bru", "Ost", "Var")) for b in ("trel", "to", "no")]
    day = [
        made(n, (f"{words(5, n)[:-1]} {named[n % 15]}", words(200, n).replace(" ba", f" {named[n % 15]} ")))
        for n in range(1000)
    ]
    start = time.process_time()
    group(day, Vocabulary(day))
    assert time.process_time() - start < 5  # about 0.5 s where nothing else runs


# --- earlier days ---------------------------------------------------------------------------------------------


def earlier(*those: StoredEntry) -> tuple[Earlier, Vocabulary]:
    vocabulary = Vocabulary([*those, *background()])
    return Earlier(those, vocabulary), vocabulary


def test_a_story_goes_on() -> None:
    before, _ = earlier(made(1, CUTS, days=-2), made(2, LAWSUIT, days=-1), made(3, THEME, days=-1))
    assert [one.key for one in before.continued([made(9, MORE_CUTS)])] == [1]
    assert before.continued([made(8, SAME_THEME)]) == ()
    assert before.continued([]) == ()


def test_a_story_goes_on_over_what_was_told_between() -> None:
    """Ten days are too far for one look, two steps of five days are not."""
    first, between, last = (made(n, LAUNCH, days=5 * n - 15) for n in (1, 2, 3))
    before, vocabulary = earlier(first, between)
    assert [one.key for one in before.continued([last])] == [1, 2]
    assert resemblance(first, last, vocabulary)


def test_novelty() -> None:
    before, _ = earlier(made(1, CUTS, days=-1), made(2, THEME, days=-1))
    fresh, related, same = (before.novelty(made(n, told)) for n, told in enumerate((NOTICE, MORE_CUTS, CUTS), 7))
    assert fresh > 0.9
    assert 0.2 < related < fresh
    assert same == pytest.approx(0.0, abs=1e-9)
    assert earlier()[0].novelty(made(9, CUTS)) == 1.0


# --- recorded entries -----------------------------------------------------------------------------------------


@pytest.mark.slow
@needs_corpus
def test_recorded_stories_are_found_and_no_others() -> None:
    found, _, false = on_the_replay(CORPUS / "fow")
    assert false == []
    assert len(found) >= 7
