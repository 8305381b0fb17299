"""Membership of the merged feed, and the tombstones of what was in it (RFC 6721)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from lxml import etree

from aggregator.public.members import LEAST, MOST, members
from aggregator.records import Rule
from tests.makers import DAY, NOW, ONE, TWO, Desk, entry, source, words
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


# --- stories ---------------------------------------------------------------------------------------------------


def links(desk: Desk) -> dict[str, list[str]]:
    """What each entry of the merged feed links to as its story, by title."""
    places = members(desk.store, desk.view()).places
    return {place.entry.title: [one.title for one in place.entry.related] for place in places}


def told(desk: Desk, *titles: str) -> None:
    """A digest told these as one story."""
    with desk.store.transaction():
        desk.store.stories.tell(desk.titled(title).group for title in titles)


def test_entries_of_a_story_link_to_each_other_the_nearest_first_and_at_most_five() -> None:
    desk = Desk(ONE, now=NOW + 20 * DAY)
    ages = dict(zip("abcdefgh", (0, 1, 2, 4, 7, 11, 12, 16), strict=True))
    desk.bring(ONE, *(entry(name, title=name, published=NOW + age * DAY) for name, age in ages.items()), entry("z"))
    told(desk, *ages)
    found = links(desk)
    assert found["a"] == ["b", "c", "d", "e", "f"]
    assert found["d"] == ["c", "e", "b", "a", "f"]  # of two as near the later one comes first
    assert found["h"] == ["g", "f", "e", "d", "c"]  # what is more than 14 days away is another time's
    assert found["Title of z"] == []


def test_links_are_a_view_and_a_copy_speaks_for_its_group() -> None:
    desk = Desk(ONE, TWO)
    text = words(80)
    desk.bring(ONE, entry("a", title="a"), entry("b", title="b", text=text))
    desk.bring(TWO, entry("c", title="b elsewhere", text=text, link="https://two.example.org/c"))
    told(desk, "a", "b elsewhere")
    assert links(desk) == {"a": ["b"], "b": ["a"]}
    desk.change(sources=desk.config.sources[1:])
    assert links(desk) == {"b elsewhere": []}  # and what is hidden is linked by nobody
    desk.change(sources=(*desk.config.sources, source(ONE, filters=(Rule("drop", "title = b"),))))
    assert links(desk) == {"a": ["b elsewhere"], "b elsewhere": ["a"]}


EVENT = "Kestrel cuts 20% of its staff in Ostrava"


def test_a_seal_links_what_it_tells_as_one_story_and_a_story_that_goes_on_takes_in_what_is_new() -> None:
    desk = Desk(ONE, TWO)
    first, second, third = (f"{when}: {EVENT}" for when in ("Tuesday", "Now", "Unions protest"))
    desk.bring(ONE, entry("a", title=first, text=""), entry("b", title="Bread is baked at night in Győr"))
    desk.bring(TWO, entry("c", title=second, text=""))
    dates = {one.id: one.changed_at for one in desk.all()}
    assert not any(links(desk).values())
    desk.seal()
    assert links(desk) == {first: [second], second: [first], "Bread is baked at night in Győr": []}
    desk.now += 2 * DAY
    desk.bring(ONE, entry("d", title=third, text="", published=desk.now))
    desk.seal()
    assert {title: set(those) for title, those in links(desk).items() if those} == {
        first: {second, third},
        second: {first, third},
        third: {first, second},
    }
    assert dates.items() <= {one.id: one.changed_at for one in desk.all()}.items()


@pytest.mark.slow
def test_what_a_digest_told_as_one_story_is_linked_and_nothing_published_is_news_again(world: World) -> None:
    """Two reports, a third one three days later: old entries link to it, and are as they were but for that."""
    one, two = world.blog("One", f"Tuesday: {EVENT}", "Bread"), world.blog("Two", f"Now: {EVENT}", ages=(2,))
    world.write()
    world.poll()
    assert related_links(world) == {}
    world.run("digest")
    first = related_links(world)
    assert first == {f"Tuesday: {EVENT}": [f"Now: {EVENT}"], f"Now: {EVENT}": [f"Tuesday: {EVENT}"]}
    dates = entry_dates(world)
    world.now += 2 * DAY
    world.post(two, "Tea")
    world.post(one, f"Unions protest: {EVENT}")
    world.poll()
    assert related_links(world) == first
    world.run("digest")
    assert {len(titles) for titles in related_links(world).values()} == {2}
    assert related_links(world, "archive/2026-03.atom.xml") == related_links(world)
    assert dates.items() <= entry_dates(world).items()
    told = world.run("explain", "https://two.example/now:-kestrel-cuts-20%-of-its-staff-in-ostrava")
    assert "  one story   One: Tuesday: Kestrel" in told
    assert "Day 3 of a continuing story" in world.public(f"digest/{world.now:%Y-%m-%d}.txt").read_text()
    world.now += timedelta(hours=1)
    assert world.poll("--force")["published"] == ["status.html", "status.json"]


def related_links(world: World, name: str = "atom.xml") -> dict[str, list[str]]:
    found = {}
    for one in etree.fromstring(world.public(name).read_bytes()).iterfind("{*}entry"):
        titles = [link.get("title", "") for link in one.iterfind("{*}link[@rel='related']")]
        if titles:
            found[one.findtext("{*}title") or ""] = titles
    return found


def entry_dates(world: World) -> dict[str, str]:
    root = etree.fromstring(world.public("atom.xml").read_bytes())
    return {one.findtext("{*}id") or "": one.findtext("{*}updated") or "" for one in root.iterfind("{*}entry")}


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
