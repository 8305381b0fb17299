"""Membership of the merged feed, and the tombstones of what was in it (RFC 6721)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from lxml import etree

from aggregator.members import LEAST, MOST, members
from tests.makers import DAY, ONE, TWO, Desk, entry, words
from tests.world import World


def filled(count: int, ago: timedelta, desk: Desk) -> None:
    """So many entries accepted so long ago."""
    now, desk.now = desk.now, desk.now - ago
    desk.bring(ONE, *(entry(f"{ago.days}-{n}", published=desk.now) for n in range(count)))
    desk.now = now


@pytest.mark.polite("E09")
@pytest.mark.parametrize(
    ("days", "number"),
    [
        ({0: 3}, 3),
        ({100: 150, 0: 3}, 153),  # at least 200, however old
        ({100: 250, 0: 3}, LEAST),
        ({13: 250, 0: 3}, 253),  # all of 14 days
        ({15: 50, 13: 250, 0: 3}, 253),
        ({5: 1100, 0: 3}, MOST),
    ],
)
def test_membership(days: dict[int, int], number: int) -> None:
    desk = Desk(ONE)
    for age, count in days.items():
        filled(count, age * DAY, desk)
    accepted = [place.accepted for place in members(desk.store, desk.view()).places]
    total = sum(days.values())
    assert accepted == list(range(total, total - number, -1))


def test_a_group_is_hidden_when_all_its_copies_are() -> None:
    desk = Desk(ONE, TWO)
    text = words(80)
    desk.bring(ONE, entry("a", text=text))
    desk.bring(TWO, entry("b", text=text, link="https://two.example.org/b"))
    assert members(desk.store, desk.view()).hidden == ()
    first, second = (line.url for line in desk.config.sources)
    desk.change(sources=tuple(line for line in desk.config.sources if line.url == second))
    assert len(members(desk.store, desk.view()).places) == 1
    desk.change(sources=())
    assert set(members(desk.store, desk.view()).hidden) == {desk.titled("Title of a").group}
    assert first == ONE


# --- tombstones ----------------------------------------------------------------------------------------------


def deleted(world: World) -> dict[str, str]:
    """Id -> when of each deleted-entry of atom.xml."""
    root = etree.fromstring(world.public("atom.xml").read_bytes())
    found = root.findall("{http://purl.org/atompub/tombstones/1.0}deleted-entry")
    return {one.get("ref", ""): one.get("when", "") for one in found}


def ids(world: World) -> dict[str, str]:
    """Title -> id of the merged feed."""
    return {item["title"]: item["id"] for item in json.loads(world.public("feed.json").read_bytes())["items"]}


def test_what_a_rule_hides_leaves_a_tombstone_for_thirty_days_and_undoing_it_restores_every_byte(world: World) -> None:
    blog = world.blog("One", "Bread", "A sponsored cake", "Tea")
    world.write()
    world.poll()
    before, known = world.public("atom.xml").read_bytes(), ids(world)
    world.now += timedelta(hours=2)
    world.settings = "filters: [{drop: title has sponsored}]"
    world.write()
    world.run("publish")
    assert world.titles() == ["Bread", "Tea"]
    assert deleted(world) == {known["A sponsored cake"]: "2026-03-14T09:00:00Z"}
    with_it = world.public("atom.xml").read_bytes()
    world.now += timedelta(days=29)
    world.run("publish")
    assert world.public("atom.xml").read_bytes() == with_it
    world.now += timedelta(days=2)
    world.post(blog, "Coffee")
    world.poll()
    assert deleted(world) == {}
    world.settings, blog.posts = "", [post for post in blog.posts if post.title != "Coffee"]
    world.write()
    world.run("publish")
    assert sorted(world.titles()) == ["A sponsored cake", "Bread", "Coffee", "Tea"]
    assert before != with_it


def test_undoing_a_rule_or_a_removal_restores_every_byte(world: World) -> None:
    one, two = world.blog("One", "Bread", "Tea"), world.blog("Two", "Cake", "Milk")
    world.write()
    world.poll()
    names = ("atom.xml", "rss.xml", "feed.json", "index.html", "archive/2026-03.atom.xml", "sources.opml")
    before = {name: world.public(name).read_bytes() for name in names}
    for settings, blogs in (
        ("filters: [{drop: title has cake}, {tag: drinks, when: any has tea}]", [one, two]),
        ("", [one]),
    ):
        world.settings = settings
        world.write(blogs)
        world.now += timedelta(minutes=10)
        world.run("publish")
        assert "Cake" not in world.titles()
        assert deleted(world)
        world.settings = ""
        world.write()
        world.run("publish")
        assert {name: world.public(name).read_bytes() for name in names} == before


def test_what_was_never_in_the_feed_leaves_nothing(world: World) -> None:
    world.blog("One", "Bread", "A sponsored cake")
    world.settings = "filters: [{drop: title has sponsored}]"
    world.write()
    world.poll()
    assert (world.titles(), deleted(world)) == (["Bread"], {})
