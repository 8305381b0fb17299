"""The river's files from a real store: which days are written when, what they link to, and what is withdrawn."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from lxml import html

from aggregator.public import outputs
from aggregator.public.members import as_feed, members, standing
from aggregator.public.paged import Paged
from aggregator.public.river import _in_short, _lines, river_files
from aggregator.records import Rule
from aggregator.render.pages import day
from aggregator.render.site import Site
from aggregator.urls import canonical
from tests.makers import DAY, HOUR, NOW, ONE, TWO, Desk, entry, source


def days(files: dict[str, bytes]) -> list[str]:
    return sorted(name[4:14] for name in files if name.startswith("day/"))


def turns(page: bytes) -> dict[str, str]:
    found = html.document_fromstring(page).xpath("//head/link[@rel='prev' or @rel='next']")
    return {one.get("rel"): one.get("href") for one in found}


def names(page: bytes) -> list[str]:
    return [one.text_content() for one in html.document_fromstring(page).xpath("//h3")]


def test_each_day_with_news_has_a_page_that_links_to_its_neighbours() -> None:
    desk = Desk(ONE)
    desk.bring(ONE, *(entry(f"g{n}", published=NOW - n * DAY) for n in (0, 1, 4)))
    files = desk.files()
    assert days(files) == ["2026-03-10", "2026-03-13", "2026-03-14"]
    assert turns(files["day/2026-03-13.html"]) == {
        "prev": "../day/2026-03-10.html", "next": "../day/2026-03-14.html",
    }  # fmt: skip
    assert turns(files["day/2026-03-10.html"]) == {"next": "../day/2026-03-13.html"}
    assert names(files["day/2026-03-14.html"]) == ["Title of g0"]
    assert b'href="day/2026-03-13.html"' in files["index.html"]
    assert [row["page"] for row in json.loads(files["search.json"])["entries"]] == [True] * 3


@pytest.mark.parametrize(("zone", "day"), [("Asia/Kolkata", "2026-03-15"), ("America/New_York", "2026-03-14")])
def test_days_are_those_of_the_users_zone(zone: str, day: str) -> None:
    desk = Desk(ONE, timezone=ZoneInfo(zone), now=datetime(2026, 3, 14, 20, tzinfo=UTC))
    desk.bring(ONE, entry("late", published=datetime(2026, 3, 14, 18, 45, tzinfo=UTC)))
    assert [on for on in days(desk.files()) if names(desk.files()[f"day/{on}.html"])] == [day]


THREE = "https://three.example.org/feed"


def test_a_line_of_a_large_day_says_what_the_entry_says() -> None:
    ruled = source(
        TWO, tags=("theirs",), filters=(Rule("drop", 'content has "sponsored"'), Rule("tag", 'any has "told"', "told"))
    )
    desk = Desk(source(ONE, tags=("ours",), title="Named"), ruled, source(THREE, private=True))
    desk.record(
        ONE, entry("plain", language="de"), entry("bare", title="", link=None), entry("copied"), entry("hidden")
    )
    desk.record(TWO, entry("here"), entry("dropped", text="Nine words here are sponsored by a friend of ours."))
    desk.record(TWO, entry("copy", title="Title of copied", link="https://blog.example.org/posts/copied"))
    desk.record(THREE, entry("letter", author="Ann"), entry("member"))
    desk.accept()
    with desk.store.transaction():
        desk.store.withdrawn.hide([desk.titled("Title of hidden").key], NOW)
    keys, view = desk.store.days.keys(NOW - DAY, NOW + DAY), desk.view()
    known = {place.group: place for place in members(desk.store, view).places if place.entry.title == "Title of member"}
    expected = [_in_short(place) for place in standing(keys, {}, desk.store, view)]
    assert [one.title for one in expected if one.copies] == ["Title of copied"]
    assert len(expected) == 6
    site = Site.of(desk.config)
    lines = tuple(_lines(keys, known, desk.store, view))
    assert [one.id for one in lines] == [one.id for one in expected]
    feed = as_feed(desk.config, "", [], "")
    pages = [day(replace(feed, entries=told), NOW.date(), site=site) for told in (lines, tuple(expected))]
    assert pages[0] == pages[1]
    assert b"Title of plain" in pages[0]


def test_a_closed_day_is_written_once_and_stays() -> None:
    desk = Desk(ONE)
    desk.bring(ONE, entry("old"))
    standing = [f"day/{on}.html" for on in days(desk.files())]
    desk.now += 20 * DAY
    desk.bring(ONE, entry("next", published=desk.now - HOUR))
    assert turns(desk.files(standing)["day/2026-03-14.html"]) == {"next": "../day/2026-04-03.html"}
    standing = [f"day/{on}.html" for on in days(desk.files())]
    desk.now += 20 * DAY
    desk.bring(ONE, entry("newest", published=desk.now - HOUR))
    assert days(desk.files(standing)) == ["2026-04-03", "2026-04-23"]


def test_a_late_entry_opens_its_day_again() -> None:
    desk = Desk(ONE)
    desk.bring(ONE, entry("early"))
    standing = [f"day/{on}.html" for on in days(desk.files())]
    desk.now += 30 * DAY
    desk.bring(ONE, entry("late", published=NOW - 2 * HOUR))
    assert names(desk.files(standing)["day/2026-03-14.html"]) == ["Title of early", "Title of late"]


@pytest.mark.parametrize("way", ["hide", "forget"])
def test_what_is_withdrawn_leaves_its_closed_day_too(way: str) -> None:
    desk = Desk(ONE)
    desk.bring(ONE, entry("regretted"), entry("kept"))
    standing = [f"day/{on}.html" for on in days(desk.files())]
    desk.now += 40 * DAY
    desk.bring(ONE, entry("new", published=desk.now))
    key = desk.titled("Title of regretted").key
    with desk.store.transaction():
        desk.store.withdrawn.note([key], (), desk.now)
        getattr(desk.store.withdrawn, way)([key], desk.now)
    files = desk.files(standing)
    assert names(files["day/2026-03-14.html"]) == ["Title of kept"]
    assert b"regretted" not in b"".join(files.values())


def test_a_day_counts_an_article_once_where_its_first_copy_stands() -> None:
    desk = Desk(source(ONE, title="First"), source(TWO, title="Second"))
    link = canonical("https://blog.example.org/posts/same")
    desk.record(ONE, entry("a", link=link, published=NOW - DAY))
    desk.record(TWO, entry("b", link=link, published=NOW))
    desk.accept()
    files = desk.files()
    assert names(files["day/2026-03-13.html"]) == ["Title of a"]
    assert b"also in <bdi>" in files["day/2026-03-13.html"]
    assert names(files["day/2026-03-14.html"]) == []
    assert b"Nothing of this day is shown." in files["day/2026-03-14.html"]


def test_a_lost_folder_comes_back_by_and_by_and_no_link_leads_nowhere() -> None:
    desk, most = Desk(ONE), 10
    desk.bring(ONE, *(entry(f"g{n}", published=NOW - n * DAY) for n in range(25)))
    with desk.store.transaction():
        for stored in reversed(desk.all()):  # as if all but the newest had come long ago
            desk.store.entries.accept([(stored.key, "news", stored.key)], stored.published - 30 * DAY)
        newest = desk.titled("Title of g0").key
        desk.store.entries.accept([(newest, "news", newest)], NOW)
    made: dict[str, bytes] = {}
    for _ in range(3):
        view = desk.view()
        shown = members(desk.store, view).places
        feed = outputs.as_feed(desk.config, "urn:x", shown, "https://x.example/atom.xml")
        written = river_files(
            desk.config,
            desk.store,
            view,
            feed,
            shown,
            tags={},
            stands=made.__contains__,
            paged=Paged({}, ()),
            most=most,
        )
        assert len(days(written)) <= most + 3
        made |= {name: page for name, page in written.items() if name.startswith("day/")}
        for name, page in made.items():
            assert {f"day/{link[-15:]}" for link in turns(page).values()} <= set(made), name
    assert len(made) == 25
    assert sum("prev" in turns(page) for page in made.values()) == 24
