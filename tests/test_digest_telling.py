"""Entries as a digest tells them, from a real store: in sections, by sentences of their own, with their copies."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aggregator.digest.compose import LEADS
from aggregator.digest.lenses import Lists, haystack
from aggregator.digest.telling import ELSEWHERE
from aggregator.records import Republish, Series, WordList
from tests.makers import ONE, THREE, TWO, Desk, entry, source, words

ALL = Series(read_in=None)


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


def test_folded_copies_are_named() -> None:
    desk = Desk(ONE, source(TWO, title="Second"), source(THREE, private=True, title="Third"))
    for url in (ONE, TWO, THREE):
        desk.record(url, entry(url[8:13], title="The manual", text=words(100), link=f"{url[:-4]}manual"))
    desk.accept()
    (story,) = desk.compose().stories
    assert story.entries[0].also_in == (("Second", f"{TWO[:-4]}manual"), ("Third", f"{THREE[:-4]}manual"))
    assert story.reason == "3 sources"


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
