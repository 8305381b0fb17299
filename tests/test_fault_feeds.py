"""What feeds do over the years (Fault-48, 19 to 36), through the whole program: polls, the feed, the digest."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape
from typing import Any

import pytest
from lxml import etree

from tests.makers import words
from tests.world import Blog, World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SITE = "http://blog.example"


@dataclass(frozen=True)
class Item:
    """One entry as its publisher writes it; None leaves the element out."""

    title: str
    guid: str | None
    link: str | None
    at: datetime | None
    text: str

    def xml(self) -> str:
        parts = {
            "title": self.title,
            "link": self.link,
            "guid": self.guid,
            "pubDate": format_datetime(self.at) if self.at else None,
            "description": self.text,
        }
        return "".join(f"<{name}>{escape(text)}</{name}>" for name, text in parts.items() if text is not None)


def document(items: list[Item]) -> bytes:
    inside = "".join(f"<item>{item.xml()}</item>" for item in items)
    return f"<rss version='2.0'><channel><title>Blog</title><link>{SITE}/</link>{inside}</channel></rss>".encode()


class Publisher:
    """A blog whose document a test writes by hand."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.body = b""
        self.type = "application/rss+xml"
        self.blog: Blog = world.blog("Blog")
        self.blog.broken = self._answer
        world.write()

    def _answer(self, handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", self.type)
        handler.send_header("Content-Length", str(len(self.body)))
        handler.end_headers()
        handler.wfile.write(self.body)

    def publish(self, items: list[Item], after: timedelta = 2 * HOUR) -> dict[str, Any]:
        """The document changes, time passes, the source is polled."""
        self.body = document(items)
        self.world.now += after
        return self.world.poll("--force")

    def shown(self) -> dict[str, str]:
        """Id -> title of what stands in the merged feed."""
        return {item["id"]: item["title"] for item in json.loads(self.world.public("feed.json").read_bytes())["items"]}


def posts(world: World, count: int = 10, *, newest: timedelta = 3 * HOUR, gap: timedelta = 12 * HOUR) -> list[Item]:
    return [
        Item(f"Story {n}", f"{SITE}/?p={n}", f"{SITE}/2026/03/story-{n}", world.now - newest - n * gap, words(40, n))
        for n in range(count)
    ]


def each(change: Callable[[int, Item], Item]) -> Callable[[list[Item]], list[Item]]:
    return lambda items: [change(n, item) for n, item in enumerate(items)]


def secure(url: str | None) -> str:
    return str(url).replace("http:", "https:")


@pytest.fixture
def known(world: World) -> tuple[Publisher, list[Item]]:
    """A blog of ten stories after its first poll."""
    publisher, items = Publisher(world), posts(world)
    publisher.publish(items)
    return publisher, items


@pytest.mark.fault(19, 20, 22, 25)
@pytest.mark.parametrize(
    "change",
    [
        each(lambda _, one: replace(one, guid=secure(one.guid), link=secure(one.link))),
        each(lambda n, one: replace(one, guid=f"tag:new,2026:{n}", link=f"https://new.example.org/posts/{n}-story")),
        each(lambda n, one: replace(one, guid=f"session-{n}", link=f"{one.link}?utm_source=x{n}&sid={n}")),
        each(lambda n, one: replace(one, guid=None)),
        each(lambda n, one: replace(one, at=datetime(2026, 3, 14, 9, tzinfo=one.at.tzinfo if one.at else None))),
        each(lambda n, one: replace(one, at=None)),
        lambda _: [],
        lambda items: items[:2],
        lambda items: items[::-1],
    ],
    ids=["to https", "a new system", "session ids", "no guids any more", "dated now", "no dates", "emptied", "trimmed",
         "reordered"],
)  # fmt: skip
def test_nothing_is_announced_again(
    known: tuple[Publisher, list[Item]], change: Callable[[list[Item]], list[Item]]
) -> None:
    publisher, items = known
    before = publisher.shown()
    assert len(before) == 5
    for document_ in (change(items), change(items), items, change(items)):
        assert publisher.publish(document_)["new"] == 0
        assert publisher.shown() == before
    fresh = Item("Fresh", "fresh", f"{SITE}/fresh", publisher.world.now, words(40, 99))
    assert publisher.publish([fresh, *items], 30 * DAY)["new"] == 1
    assert set(publisher.shown().values()) == {*before.values(), "Fresh"}


def test_a_feed_that_moves_to_https_takes_its_links_along(known: tuple[Publisher, list[Item]]) -> None:
    publisher, items = known
    items = [replace(item, guid=f"urn:{n}") for n, item in enumerate(items)]
    publisher.publish(items)
    safe = [replace(item, link=secure(item.link)) for item in items]
    updated = [item["date_modified"] for item in json.loads(publisher.world.public("feed.json").read_bytes())["items"]]
    publisher.publish(safe)
    shown = json.loads(publisher.world.public("feed.json").read_bytes())["items"]
    assert {item["url"].partition(":")[0] for item in shown} == {"https"}
    assert [item["date_modified"] for item in shown] == updated


@pytest.mark.fault(21)
def test_ten_years_of_archive_are_stored_and_not_announced(known: tuple[Publisher, list[Item]]) -> None:
    publisher, items = known
    archive = posts(publisher.world, 500, newest=20 * DAY, gap=8 * DAY)
    archive = [
        replace(item, title=f"Archive {n}", guid=f"a{n}", link=f"{SITE}/a/{n}") for n, item in enumerate(archive)
    ]
    assert publisher.publish([*items, *archive])["new"] == 3
    assert len(publisher.shown()) == 8
    assert len(publisher.world.run("quarantine").splitlines()) == 497
    assert publisher.publish([*items, *archive])["new"] == 0


@pytest.mark.fault(22)
def test_an_edit_is_made_in_place_and_a_new_date_is_none(known: tuple[Publisher, list[Item]]) -> None:
    publisher, items = known
    world = publisher.world
    world.run("digest")
    before = {item["id"]: item for item in json.loads(world.public("feed.json").read_bytes())["items"]}
    files = {name: world.public(name).read_bytes() for name in ("atom.xml", "rss.xml", "feed.json", "index.html")}
    redated = [replace(items[0], at=world.now), *items[1:]]
    assert publisher.publish(redated)["updated"] == 0
    assert {name: world.public(name).read_bytes() for name in files} == files
    edited = [replace(items[0], title="Story 0, corrected", text=f"{items[0].text} Corrected."), *items[1:]]
    done = publisher.publish(edited)
    assert (done["new"], done["updated"]) == (0, 1)
    after = {item["id"]: item for item in json.loads(world.public("feed.json").read_bytes())["items"]}
    assert list(after) == list(before)
    changed = [one for one in after if after[one] != before[one]]
    assert [after[one]["title"] for one in changed] == ["Story 0, corrected"]
    assert after[changed[0]]["date_published"] == before[changed[0]]["date_published"]
    assert after[changed[0]]["date_modified"] > before[changed[0]]["date_modified"]
    world.now += DAY
    world.run("digest")
    assert world.digest("2026-03-15")["received"] == 0


@pytest.mark.fault(23)
def test_one_guid_for_today_is_a_new_entry_each_day(world: World) -> None:
    publisher = Publisher(world)
    for day in range(4):
        today = Item(f"Brief of day {day}", "today", f"{SITE}/brief/{day}", world.now, words(40, day))
        assert publisher.publish([today], DAY)["new"] == 1
    assert len(publisher.shown()) == 4


@pytest.mark.fault(24)
@pytest.mark.parametrize(
    "fields", [{"guid": "same"}, {"guid": None, "at": None, "link": None}], ids=["one guid", "nothing"]
)
def test_entries_that_name_themselves_badly_have_lasting_ids(world: World, fields: dict[str, Any]) -> None:
    publisher = Publisher(world)
    items = [replace(item, **fields) for item in posts(world, 4)]
    publisher.publish(items)
    before = publisher.shown()
    assert sorted(before.values()) == [item.title for item in items]
    for document_ in (items, items[::-1], items[1:], items):
        assert publisher.publish(document_)["new"] == 0
        assert publisher.shown() == before


@pytest.mark.fault(26)
def test_a_text_that_flaps_is_updated_three_times_a_day(known: tuple[Publisher, list[Item]]) -> None:
    publisher, items = known
    world = publisher.world
    moments = set()
    for hour in range(26):
        flapping = [
            replace(items[0], title=f"Title {'AB'[hour % 2]}", text=f"{items[0].text} {hour} views"),
            *items[1:],
        ]
        publisher.publish(flapping, HOUR)
        moments |= {item["date_modified"] for item in json.loads(world.public("feed.json").read_bytes())["items"]}
    days = [moment[:10] for moment in moments if moment > "2026-03-14T09:00:00Z"]
    assert {day: days.count(day) for day in set(days)} == {"2026-03-14": 3, "2026-03-15": 3}


@pytest.mark.fault(27)
def test_impossible_dates_are_those_of_the_first_sight_and_the_order_stays(world: World) -> None:
    publisher = Publisher(world)
    moments = [world.now + 90 * DAY, world.now.replace(year=1970), None, world.now + 5 * HOUR, world.now - DAY]
    items = [replace(item, at=at) for item, at in zip(posts(world, 5), moments, strict=True)]
    publisher.publish(items)
    first_seen = world.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    shown = json.loads(world.public("feed.json").read_bytes())["items"]
    assert [item["date_published"] for item in shown] == [first_seen] * 4 + ["2026-03-13T07:00:00Z"]
    for _ in range(3):
        publisher.publish(items, DAY)
        assert json.loads(world.public("feed.json").read_bytes())["items"] == shown


@pytest.mark.fault(29)
def test_what_months_leave_besides_entries_and_digests_stays_small_and_nothing_returns(world: World) -> None:
    publisher = Publisher(world)
    items: list[Item] = []
    sizes = []
    for week in range(16):
        items = [Item(f"Week {week}", f"w{week}", f"{SITE}/w/{week}", world.now, words(40, week)), *items][:5]
        publisher.publish(items, 7 * DAY)
        sizes.append(_rows(world))
    assert sizes[-1] == sizes[6]
    done = publisher.publish([Item(f"Week {n}", f"w{n}", f"{SITE}/w/{n}", world.now, words(40, n)) for n in range(12)])
    assert done["new"] == 0


def _rows(world: World) -> dict[str, int]:
    """How many rows each table has, but for those that hold something of each entry."""
    with sqlite3.connect(world.folder / "data" / "aggregator.db") as sql:
        names = [row[0] for row in sql.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        own = ("entries", "marks", "ledger", "appeared", "search", "digest")
        rows = {
            name: sql.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in names
            if not name.startswith(own)
        }
    sql.close()
    return rows


@pytest.mark.fault(30)
def test_a_parked_domain_is_no_feed_and_another_sites_feed_is_held(known: tuple[Publisher, list[Item]]) -> None:
    publisher, items = known
    world, before = publisher.world, publisher.shown()
    publisher.body, publisher.type = (
        b"<!DOCTYPE html><html><body><p>This domain is for sale.</p></body></html>",
        "text/html",
    )
    world.now += HOUR
    done = world.poll("--force")
    assert [failure["title"] for failure in done["failed"]] == ["Blog"]
    assert publisher.shown() == before
    publisher.type = "application/rss+xml"
    spam = [
        Item(f"Casino {n}", f"c{n}", f"http://casino.example/{n}", world.now, words(40, 1000 + n)) for n in range(40)
    ]
    assert publisher.publish(spam, 12 * HOUR)["new"] == 0
    assert len(world.run("quarantine").splitlines()) == 40
    assert "40 entries held, nothing in its feed is known, its entries lead to casino.example, all are" in world.said
    assert json.loads(world.run("status", "--json"))["sources"][0]["state"] == "quarantined"
    assert publisher.publish(items, DAY)["new"] == 0


@pytest.mark.fault(34)
def test_control_characters_and_broken_html_never_stop_the_feed(world: World) -> None:
    publisher = Publisher(world)
    text = "<p>An <b>unclosed <i>mess</p><div><table><tr>&#0;&#1;\x0b\ufffe&#xD800; end"
    bad = Item("Bad \x01 title \ufffe", "bad", f"{SITE}/bad", world.now, text)
    publisher.publish([bad, *posts(world, 2)])
    for name in ("atom.xml", "rss.xml"):
        etree.fromstring(world.public(name).read_bytes())
    shown = json.loads(world.public("feed.json").read_bytes())["items"]
    assert sorted(item["title"] for item in shown) == ["Bad title", "Story 0", "Story 1"]
