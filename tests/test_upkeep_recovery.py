"""A lost store: nothing is announced twice, nothing is lost, and the outputs are what they were."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.publish.files import published_id
from tests.makers import HOUR
from tests.test_cli_withdraw import stored_texts
from tests.test_polite_publishing import ATOM, walk
from tests.test_public_members import deleted, ids
from tests.world import Blog, World, digest_titles

DAY = timedelta(days=1)
EVENT = "Kestrel cuts 20% of its staff in Ostrava"
CAKE = "https://one.example/cake"


def outputs(world: World) -> dict[str, bytes]:
    root = world.public("")
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and "status" not in path.name
    }


def story(world: World, days: int = 4) -> list[Blog]:
    """Some days of three blogs, one private, with a rule, a copy, a cap, a second series, a hidden entry."""
    text = " ".join(f"word{n}" for n in range(90))
    one, two, three = world.blog("One", *(f"one {n}" for n in range(8))), world.blog("Two", "two"), world.blog("Three")
    world.settings = (
        "digests: {weekly: {days: [mon, thu], epub: true}}\n"
        'filters: [{drop: title has "advert"}, {tag: policy, when: title has "rule"}]'
    )
    path = world.write()
    path.write_text(path.read_text() + "    private: true\n")
    for day in range(days):
        world.poll()
        world.run("digest")
        world.now += DAY
        world.post(
            one, f"a rule on day {day}", f"<p>Told <b>at length</b> on day {day}.</p><p>And more &amp; more.</p>"
        )
        world.post(one, f"advert {day}")
        world.post(three, f"secret of day {day}")
        if day == 1:
            world.post(two, "A shared story", text)
            world.post(one, "A shared story", text)
        if day < 3:
            world.post(
                (two, one, three)[day], f"{('Tuesday', 'Now', 'Later')[day]}: Kestrel cuts 20% of its staff in Ostrava"
            )
    world.poll()
    return [one, two, three]


@pytest.mark.fault(7)
@pytest.mark.parametrize(
    "harm", ["zeroed", *(pytest.param(harm, marks=pytest.mark.slow) for harm in ("cut", "wrong magic", "removed"))]
)
def test_after_the_store_is_lost_nothing_is_announced_twice_or_lost(world: World, harm: str) -> None:
    one, _, three = story(world)
    world.run("hide", "https://one.example/one-0")
    before, titles, path = outputs(world), world.titles(), world.folder / "data" / "aggregator.db"
    _harm(path, harm)
    world.run("publish")
    assert "recovered from" in world.said
    assert len(list(path.parent.glob("aggregator.db.damaged-*"))) == (harm != "removed")
    between = outputs(world)
    assert sorted(world.titles()) == sorted(titles)
    assert {name for name in before if name.startswith("digest/") and between[name] != before[name]} == set()
    assert world.poll("--force")["failed"] == []
    assert outputs(world) == before, "once the feeds were read every byte is what it was"
    world.now += DAY
    world.post(one, "fresh")
    world.post(three, "fresh secret")
    world.poll()
    world.run("digest")
    told = world.digest(world.now.date().isoformat())
    assert sorted(digest_titles(told)) == ["a rule on day 3", "fresh", "fresh secret", "secret of day 3"]
    assert [line["title"] for line in told["not_shown"] if line["why"].startswith("rule")] == ["advert 3"]
    world.settings = world.settings.replace("advert", "nothing")
    world.write()
    world.run("publish")
    assert [title for title in world.titles() if "advert" in title] == ["advert 3", "advert 2", "advert 1", "advert 0"]


def _harm(path: Path, harm: str) -> None:
    if harm == "removed":
        return shutil.rmtree(path.parent)
    data = bytearray(path.read_bytes())
    if harm == "zeroed":
        data[3 * 4096 : 4 * 4096] = bytes(4096)
    elif harm == "cut":
        data = data[: len(data) // 2]
    else:
        data[:16] = b"not a database!!"
    path.write_bytes(data)
    return None


@pytest.mark.fault(7)
def test_a_store_that_is_older_than_the_outputs_learns_what_they_told(world: World) -> None:
    """Last week's backup comes back, or a log was cut: today's digest stands, and is not told again."""
    one, _, _ = story(world, days=2)
    world.run("backup", str(world.folder / "kept.db"))
    for day in (5, 6):
        world.now += DAY
        world.post(one, f"told on day {day}")
        world.poll()
        world.run("digest")
    before = outputs(world)
    world.run("restore", str(world.folder / "kept.db"))
    world.poll("--force")
    assert "recovered from" in world.said
    assert outputs(world) == before
    world.run("poll", "--force")
    assert "recovered from" not in world.said
    world.now += DAY
    world.run("digest")
    assert world.digest(world.now.date().isoformat())["shown"] == 0


def test_digests_that_are_missing_are_not_told_again(world: World) -> None:
    """Somebody keeps the newest pages only: what is older than the newest digest covers was in those that are gone."""
    story(world)
    newest = max(world.public("digest").glob("2*.json")).name.removesuffix(".json")
    for path in world.public("digest").glob("2*"):
        if not path.name.startswith(newest):
            path.unlink()
    shutil.rmtree(world.folder / "data")
    world.run("publish")
    world.poll("--force")
    world.now += DAY
    world.run("digest")
    assert sorted(digest_titles(world.digest(world.now.date().isoformat()))) == ["a rule on day 3", "secret of day 3"]


def test_after_a_lost_store_the_archives_that_stand_are_walked_from_the_new_ones(world: World) -> None:
    """The merged feed is lost as well, and what the archives told was hidden: nothing comes back of their months."""
    blog = world.blog("One", "a")
    world.write()
    for title in "bc":
        world.post(blog, title)
        world.poll("--force")
        world.now += 31 * DAY
    feed = published_id(world.public(""))
    _lose_but_empty_archives(world)
    world.post(blog, "d")
    world.poll()
    assert published_id(world.public("")) == feed
    assert _walked(world) == ["atom", "2026-05", "2026-04", "2026-03"]


def _lose_but_empty_archives(world: World) -> None:
    for path in world.public("archive").iterdir():
        path.write_bytes(re.sub(rb"  <entry.*</entry>\n", b"", path.read_bytes(), flags=re.DOTALL))
    shutil.rmtree(world.folder / "data")
    world.public("atom.xml").unlink()


def _walked(world: World) -> list[str]:
    links = [one.xpath("string(a:link[@rel='self']/@href)", namespaces=ATOM) for one in walk(world)]
    return [link.rpartition("/")[2].partition(".")[0] for link in links]


@pytest.mark.parametrize(("lost", "news"), [("2026-03", True), ("2026-04", False), ("2026-03 2026-04", True)])
def test_archives_link_past_those_that_are_gone_and_that_no_store_can_make_again(
    world: World, lost: str, news: bool
) -> None:
    blog = world.blog("One", "a")
    world.write()
    for title in "bc":
        world.post(blog, title)
        world.poll("--force")
        world.now += 31 * DAY
    _lose_but_empty_archives(world)
    world.post(blog, "d")
    world.poll()
    for month in lost.split():
        world.public(f"archive/{month}.atom.xml").unlink()
    if news:
        world.post(blog, "e")
    world.now += HOUR
    world.poll()
    assert _walked(world) == [name for name in ("atom", "2026-05", "2026-04", "2026-03") if name not in lost]
    stamps = {path: path.stat().st_mtime_ns for path in world.public("archive").iterdir()}
    world.now += HOUR
    world.poll()
    assert {path: path.stat().st_mtime_ns for path in world.public("archive").iterdir()} == stamps


@pytest.mark.parametrize("wreck", [b"", b"<feed", b"\xff\xfe", b"[1, 2]", b'{"date": 3}'])
def test_outputs_that_cannot_be_read_stop_nothing(world: World, wreck: bytes) -> None:
    world.blog("One", "a")
    world.write()
    world.poll()
    world.run("digest")
    for path in world.public("").rglob("*"):
        if path.is_file():
            path.write_bytes(wreck)
    shutil.rmtree(world.folder / "data")
    world.poll()
    assert world.titles() == ["a"]
    world.run("digest")
    assert digest_titles(world.digest("2026-03-14")) == ["a"]


def test_a_source_that_was_moved_or_removed_keeps_its_entries(world: World) -> None:
    one, two = world.blog("One", "a", "b"), world.blog("Two", "c")
    world.write()
    world.poll()
    world.run("digest")
    before = world.titles()
    shutil.rmtree(world.folder / "data")
    moved = world.blog("Moved")
    moved.name, moved.posts = one.name, one.posts
    world.write([moved])
    assert world.poll()["new"] == 0
    assert sorted(world.titles()) == ["a", "b"]
    world.write([moved, two])
    assert world.poll("--force")["new"] == 0
    assert sorted(world.titles()) == sorted(before)


def test_a_new_installation_recovers_nothing(world: World) -> None:
    world.blog("One", "a")
    world.write()
    world.poll()
    assert "recovered" not in world.said
    world.run("publish")
    assert "recovered" not in world.said


@pytest.mark.fault(7)
def test_a_store_that_breaks_while_it_is_open_is_said_with_exit_3(world: World) -> None:
    world.blog("One", "a")
    world.write()
    world.poll()
    _harm(world.folder / "data" / "aggregator.db", "wrong magic")
    world.run("status", code=3)
    assert "Traceback" not in world.said
    assert "not a database" in world.said


def test_what_was_forgotten_stays_so_after_the_store_is_lost(world: World) -> None:
    """Neither a digest that still tells it, nor its feed, nor a copy brings it back, even after months."""
    one, two = world.blog("One", "Bread", "Cake"), world.blog("Two", "Tea")
    one.posts[1].text = "Marzipan stands in no other text. It has a second sentence."
    world.write()
    world.poll()
    world.run("digest")
    world.run("forget", CAKE)
    world.now += 60 * DAY
    world.poll()
    before = ids(world) | {"Cake": next(iter(deleted(world)))}
    shutil.rmtree(world.folder / "data")
    world.run("publish")
    assert deleted(world).keys() == {before["Cake"]}
    world.poll("--force")
    world.post(two, "Cake", one.posts[1].text).link = CAKE
    world.now += DAY
    world.poll("--force")
    assert sorted(world.titles()) == ["Bread", "Tea"]
    assert b"Marzipan" not in stored_texts(world)
    assert "forgotten" in world.run("explain", CAKE)
    world.run("hide", "--undo", CAKE)
    assert sorted(world.titles()) == ["Bread", "Tea"]
    world.run("digest")
    assert digest_titles(world.digest(world.now.date().isoformat())) == []
