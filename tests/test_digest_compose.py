"""Composing from a real store: everything received is accounted for, and nobody is left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.digest.compose import ELSEWHERE, LEADS
from aggregator.digest.lenses import Lists, haystack
from aggregator.records import Digest, Entry, Republish, Rule, Series, WordList
from tests.makers import DAY, HOUR, ONE, THREE, TWO, Desk, entry, source, words

ALL = Series(read_in=None)


def lines(digest: Digest) -> dict[str, str]:
    """Title -> why it is not shown."""
    return {line.title: line.why for line in digest.not_shown}


def shown(digest: Digest) -> list[str]:
    return [each.title for story in digest.stories for each in story.entries] + [each.title for each in digest.also]


def balanced(digest: Digest) -> bool:
    """The contract's arithmetic: counts against lists."""
    counts = digest.counts
    not_shown = counts.folded + counts.filtered + counts.over_cap + counts.quarantined
    return (
        counts.received == counts.shown + not_shown + counts.backlog
        and counts.shown == len(shown(digest))
        and counts.over_cap == sum(len(more.entries) for more in digest.more)
        and not_shown == len(digest.not_shown)
    )


def test_a_day_with_one_of_each() -> None:
    desk = Desk(source(ONE, at_most=2), TWO, filters=(Rule("drop", 'title ~ "sponsored"'),))
    text = words(100)
    desk.record(
        ONE, *(entry(f"a{n}", text=words(50 + n, n)) for n in range(3)), entry("x", title="The copied", text=text)
    )
    desk.record(ONE, entry("h1"), entry("h2"), standing="held")
    desk.record(TWO, entry("y", title="The copied", text=text), entry("s", title="A sponsored one"))
    desk.record(TWO, entry("old"), standing="backlog")
    desk.accept()
    digest = desk.compose()
    counts = digest.counts
    assert (counts.received, counts.shown, counts.folded, counts.filtered, counts.over_cap, counts.backlog,
            counts.quarantined) == (9, 2, 1, 1, 2, 1, 2)  # fmt: skip
    assert balanced(digest)
    whys = [" ".join(line.why.split()[:2]) for line in digest.not_shown]
    assert sorted(whys) == ["duplicate of", "over at_most", "over at_most", "quarantined: it", "quarantined: it",
                            "rule drop:"]  # fmt: skip
    folded = next(line for line in digest.not_shown if line.why.startswith("duplicate"))
    assert folded.why == f"duplicate of {folded.id}" == f"duplicate of {desk.titled('The copied').id}"
    assert folded.source == "two.example.org"


def test_an_empty_day_says_who_was_looked_at() -> None:
    desk = Desk(source(ONE, title="The Desk"), TWO)
    for url in (ONE, TWO):
        looked(desk, url)
    digest = desk.compose()
    assert (digest.stories, digest.also, digest.more, digest.not_shown) == ((), (), (), ())
    assert (digest.counts.received, digest.looked_at, digest.sources) == (0, 2, ("The Desk", "two.example.org"))
    assert (digest.reading_time_s, digest.also_reading_time_s) == (0, 0)


def looked(desk: Desk, url: str, **fields: object) -> None:
    given = {"success_at": desk.now} | fields
    one = replace(desk.store.sources.states()[url], **given)  # type: ignore[arg-type]
    with desk.store.transaction():
        desk.store.sources.save(one)


def test_what_failed_and_what_was_never_asked() -> None:
    desk = Desk(ONE, TWO, THREE)
    looked(desk, ONE)
    looked(desk, TWO, success_at=None, failures=2, error="not found (404)")
    digest = desk.compose()
    assert [(one.url, one.title, one.error) for one in digest.failed] == [(TWO, "two.example.org", "not found (404)")]
    assert digest.sources == ("one.example.org", "two.example.org")


# --- fairness ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("read_in", [timedelta(0), timedelta(minutes=1), timedelta(minutes=7), None])
def test_every_source_with_news_is_there_and_none_over_its_cap(read_in: timedelta | None) -> None:
    desk = Desk(source(ONE, at_most=3), TWO, source(THREE, at_most=0))
    desk.record(ONE, *(entry(f"a{n}", text=words(300, n)) for n in range(40)))
    desk.record(TWO, entry("b", text="Only a line."))
    desk.record(THREE, entry("c"))
    desk.accept()
    digest = desk.compose(Series(read_in=read_in))
    sources = [each.source for story in digest.stories for each in story.entries] + [
        each.source for each in digest.also
    ]
    assert {name: sources.count(name) for name in set(sources)} == {"one.example.org": 3, "two.example.org": 1}
    assert [(more.source, len(more.entries)) for more in digest.more] == [
        ("one.example.org", 37),
        ("three.example.org", 1),
    ]
    assert balanced(digest)
    everywhere = shown(digest) + [each.title for more in digest.more for each in more.entries]
    assert sorted(everywhere) == sorted(one.entry.title for one in desk.all())


def test_the_best_of_a_source_are_within_its_cap() -> None:
    desk = Desk(source(ONE, at_most=1), interests=(("pilot", 5.0),))
    desk.bring(ONE, entry("a"), entry("b", title="The pilot"), entry("c"))
    assert shown(desk.compose()) == ["The pilot"]


# --- order and shape ----------------------------------------------------------------------------------------


def test_leads_then_sections_in_the_users_order() -> None:
    topics = (WordList("Zeal", ("zeal",)), WordList("Art", ("art",)))
    desk = Desk(source(ONE, at_most=20), topics=topics)
    for n in range(12):
        desk.record(ONE, entry(f"g{n}", title=("Art", "Zeal", "Nothing")[n % 3] + f" {n}", text=words(100, n)))
    desk.accept()
    digest = desk.compose(ALL)
    assert len(digest.leads) == LEADS
    assert all(story.lead for story in digest.leads)
    assert [name for name, _ in digest.sections] == ["Zeal", "Art", ELSEWHERE]
    for name, stories in digest.sections:
        assert {story.topic or ELSEWHERE for story in stories} == {name}
        assert not any(story.lead for story in stories)
    assert len(digest.stories) == 12


def test_a_story_quotes_its_entry_and_says_why_it_is_there() -> None:
    desk = Desk(ONE, interests=(("bakers", 2.0),))
    text = (
        "The bakers wrote a manual for the machines of their night shift. It took them eleven weeks and many "
        "arguments about dough. Nobody had asked them before to write anything at all."
    )
    desk.bring(ONE, entry("a", title="A manual by bakers", text=text, language="en"))
    (story,) = desk.compose().stories
    assert story.summary
    assert all(sentence in text for sentence in story.summary)
    assert (story.title, story.reason, story.language) == ("A manual by bakers", "your interest: bakers", "en")


@pytest.mark.parametrize(
    ("republish", "private", "quoted"),
    [("full", False, True), ("excerpt", False, True), ("link", False, False), ("full", True, False)],
)
def test_what_may_not_be_republished_is_not_quoted(republish: Republish, private: bool, quoted: bool) -> None:
    desk = Desk(source(ONE, republish=republish, private=private))
    desk.bring(ONE, entry("a", text="The bakers wrote a manual for the machines of their night shift."))
    digest = desk.compose(ALL)
    assert bool(digest.stories[0].summary) is quoted
    assert ("bakers" in repr(digest)) is quoted


def test_reading_times_are_those_of_what_is_shown() -> None:
    desk = Desk(*(source(f"https://s{n}.example.org/feed") for n in range(60)))
    for n in range(60):
        desk.record(desk.config.sources[n].url, entry(f"g{n}", text=words(200, n), language="en"))
    desk.accept()
    digest = desk.compose(Series(read_in=timedelta(minutes=3)))
    assert 162 <= digest.reading_time_s <= 198
    assert digest.also_reading_time_s > 0
    whole = desk.compose(ALL)
    assert (whole.also, whole.also_reading_time_s) == ((), 0)
    assert whole.reading_time_s > 2 * digest.reading_time_s


# --- copies --------------------------------------------------------------------------------------------------


def test_folded_copies_are_named() -> None:
    desk = Desk(ONE, source(TWO, title="Second"), source(THREE, private=True, title="Third"))
    for url in (ONE, TWO, THREE):
        desk.record(url, entry(url[8:13], title="The manual", text=words(100), link=f"{url[:-4]}manual"))
    desk.accept()
    (story,) = desk.compose().stories
    assert story.entries[0].also_in == (("Second", f"{TWO[:-4]}manual"), ("Third", f"{THREE[:-4]}manual"))
    assert story.reason == "3 sources"


def test_a_copy_on_a_later_day_is_folded_there() -> None:
    desk = Desk(ONE, TWO)
    desk.bring(ONE, entry("a", title="The manual", text=words(100)))
    desk.seal()
    desk.now += DAY
    desk.bring(TWO, entry("b", title="The manual", text=words(100)))
    digest = desk.compose()
    assert (digest.counts.received, digest.counts.folded, shown(digest)) == (1, 1, [])
    assert lines(digest) == {"The manual": f"duplicate of {desk.all()[0].id}"}


def test_a_copy_of_what_no_digest_showed_is_shown() -> None:
    desk = Desk(source(ONE, filters=(Rule("drop", 'any has "manual"'),)), TWO)
    desk.bring(ONE, entry("a", title="The manual", text=words(100)))
    desk.seal()
    desk.now += DAY
    desk.bring(TWO, entry("b", title="The manual", text=words(100)))
    assert shown(desk.compose()) == ["The manual"]


def test_a_series_by_tags_shows_the_copy_that_has_one() -> None:
    desk = Desk(ONE, source(TWO, tags=("policy",)))
    policy = Series("policy", tags=("policy",))
    desk.bring(ONE, entry("a", title="The manual", text=words(100)), entry("c"))
    first = desk.compose(policy)
    assert (shown(first), first.counts.filtered, balanced(first)) == ([], 2, True)
    assert all(why.startswith("rule") for why in lines(first).values())
    desk.seal(policy)
    desk.now += DAY
    desk.bring(TWO, entry("b", title="The manual", text=words(100)))
    assert shown(desk.compose(policy)) == ["The manual"]


def test_entries_of_a_removed_source_are_accounted_for() -> None:
    desk = Desk(ONE, TWO)
    desk.bring(ONE, entry("a"))
    desk.change(sources=(source(TWO),))
    digest = desk.compose()
    assert balanced(digest)
    assert lines(digest) == {"Title of a": "rule: its source is not in feeds.yaml now"}


# --- stories and threads --------------------------------------------------------------------------------------

CUTS = ("Kestrel is said to cut 20% of its staff", "Insiders at Kestrel fear for their desks while the shares rise.")
MORE_CUTS = ("What the cuts at Kestrel mean", "The chip maker Kestrel wants to cut about 20% of all staff, it is said.")
STILL = ("After the cuts: Kestrel and its staff", "Of the 20% of staff that Kestrel wants to cut, a third has left.")


def told(guid: str, story: tuple[str, str], **fields: object) -> Entry:
    return entry(guid, title=story[0], text=story[1], language="en", **fields)


def others(desk: Desk, number: int = 5) -> None:
    """Further news, about other things."""
    desk.record(THREE, *(entry(f"o{n}", title=words(6, n), text=words(60, n)) for n in range(number)))


def kestrel(digest: Digest) -> list[list[str]]:
    """Titles of the entries of each story with Kestrel in it."""
    return [[each.title for each in story.entries] for story in digest.stories if "Kestrel" in story.title]


def test_two_articles_on_one_event_are_one_block() -> None:
    desk = Desk(ONE, TWO, THREE)
    desk.record(ONE, told("a", CUTS))
    desk.record(TWO, told("b", MORE_CUTS))
    others(desk)
    desk.accept()
    digest = desk.compose(ALL)
    story = digest.stories[0]
    assert {each.title for each in story.entries} == {CUTS[0], MORE_CUTS[0]}
    best = dict((CUTS, MORE_CUTS))[story.title]
    assert (story.title, story.reason) == (story.entries[0].title, "2 sources")
    assert story.summary
    assert all(sentence in best for sentence in story.summary)
    assert (story.day, story.since) == (1, None)
    assert (digest.counts.shown, len(digest.stories), balanced(digest)) == (7, 6, True)


def test_coverage_counts_the_sources_of_copies_too() -> None:
    desk = Desk(ONE, TWO, THREE)
    text = f"{CUTS[1]} {words(60, 3)}"
    desk.record(ONE, told("a", (CUTS[0], text)))
    desk.record(THREE, told("c", (CUTS[0], text)))
    desk.record(TWO, told("b", MORE_CUTS))
    desk.accept()
    digest = desk.compose(ALL)
    assert [story.reason for story in digest.stories] == ["3 sources"] * len(digest.stories)
    assert (digest.counts.folded, digest.counts.shown, balanced(digest)) == (1, 2, True)


@pytest.mark.parametrize("read_in", [timedelta(0), timedelta(seconds=20), timedelta(minutes=1), None])
def test_a_story_is_told_whole_or_in_lines(read_in: timedelta | None) -> None:
    desk = Desk(ONE, TWO, THREE)
    desk.record(ONE, told("a", CUTS))
    desk.record(TWO, told("b", MORE_CUTS))
    others(desk)
    desk.accept()
    digest = desk.compose(Series(read_in=read_in))
    both = {CUTS[0], MORE_CUTS[0]}
    in_lines = both & {each.title for each in digest.also}
    assert in_lines in (set(), both)
    assert bool(kestrel(digest)) is not bool(in_lines)
    assert balanced(digest)


def test_reading_a_story_takes_its_other_titles_too() -> None:
    desk = Desk(ONE, TWO)
    desk.bring(ONE, told("a", CUTS))
    alone = desk.compose(ALL).reading_time_s
    desk.bring(TWO, told("b", MORE_CUTS))
    both = desk.compose(ALL)
    assert len(both.stories) == 1
    assert alone < both.reading_time_s


def test_each_entry_of_a_story_counts_for_the_cap_of_its_source() -> None:
    desk = Desk(ONE, source(TWO, at_most=1), THREE)
    desk.record(ONE, told("a", CUTS))
    desk.record(TWO, told("b", MORE_CUTS), entry("c", title=words(6, 70), text=words(60, 70)))
    desk.accept()
    digest = desk.compose(ALL)
    assert len(kestrel(digest)[0]) == 2
    assert [(more.source, len(more.entries)) for more in digest.more] == [("two.example.org", 1)]
    assert balanced(digest)


def test_a_story_that_goes_on_says_on_which_day_it_is() -> None:
    desk = Desk(ONE, TWO, THREE)
    others(desk)
    desk.bring(ONE, told("a", CUTS))
    first = desk.seal()
    assert first is not None
    desk.now += 2 * DAY
    desk.bring(TWO, told("b", STILL, published=desk.now - HOUR))
    (story,) = desk.compose(ALL).stories
    assert (story.day, story.since, story.reason) == (3, first.day, "day 3")
    desk.change(filters=(Rule("drop", 'title ~ "is said to"'),))  # what is not shown now is nothing to go on from
    (story,) = desk.compose(ALL).stories
    assert (story.day, story.since, story.reason) == (1, None, "")


def test_a_series_goes_on_from_its_own_digests() -> None:
    desk = Desk(source(ONE, tags=("policy",)), TWO)
    desk.bring(ONE, told("a", CUTS))
    desk.seal()
    desk.now += DAY
    desk.bring(ONE, told("b", STILL, published=desk.now - HOUR))
    policy = desk.compose(Series("policy", read_in=None, tags=("policy",)))
    assert {story.since for story in policy.stories} == {None}
    assert len(shown(policy)) == 2


# --- lenses --------------------------------------------------------------------------------------------------


def test_lens_counts_recompute_from_the_entries() -> None:
    lenses = (
        WordList("alarm", ("layoff*",)),
        WordList("opportunity", ("hiring", "apprentice*")),
        WordList("none", ("zzz",)),
    )
    desk = Desk(source(ONE, at_most=30), lenses=lenses)
    titles = ["Layoffs at the mill", "Hiring after layoffs", "Apprentices wanted", "Weather", "A layoff averted"]
    desk.record(ONE, *(entry(f"g{n}", title=f"{titles[n % 5]} {n}", text=words(30, n)) for n in range(20)))
    desk.accept()
    digest = desk.compose()
    counted = {lens.name: {each.id for each in lens.entries} for lens in digest.lenses}
    table = Lists(lenses)
    expected = {
        lens.name: {one.id for one in desk.all() if lens.name in table.all(haystack(one.entry))} for lens in lenses
    }
    assert counted == expected
    assert [len(ids) for ids in counted.values()] == [12, 8, 0]


def test_the_same_day_gives_the_same_digest() -> None:
    desk = Desk(ONE, TWO)
    desk.bring(ONE, *(entry(f"a{n}", text=words(90, n)) for n in range(9)))
    first = desk.compose()
    assert desk.compose() == first
    desk.now += HOUR
    later = desk.compose()
    assert (later.stories, later.also, later.not_shown) == (first.stories, first.also, first.not_shown)


def test_what_a_source_repeats_around_its_entries_is_in_no_topic_and_no_lens() -> None:
    desk = Desk(source(ONE, at_most=30), lenses=(WordList("opportunity", ("hiring",)),),
                topics=(WordList("Jobs", ("hiring",)),))  # fmt: skip
    footer = "We are hiring: see our open places."
    texts = [f"{words(30, number)}\n\n{footer}" for number in range(6)]
    desk.record(ONE, *(entry(f"g{n}", title=f"Story {n}", text=text) for n, text in enumerate(texts)))
    desk.record(ONE, entry("own", title="A mill", text=f"The mill is hiring again.\n\n{words(30, 9)}"))
    desk.accept()
    digest = desk.compose()
    assert [[each.title for each in lens.entries] for lens in digest.lenses] == [["A mill"]]
    assert {story.title for story in digest.stories if story.topic == "Jobs"} == {"A mill"}
