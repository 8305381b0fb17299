"""Passes, publishing and sealing, as a user's days: made-up blogs on real sockets, the real program, a real store."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from tests.killed import Mortal
from tests.world import World, digest_titles

ATOM = {"a": "http://www.w3.org/2005/Atom"}
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def _hashes(folder: Path) -> dict[str, tuple[str, int]]:
    """Bytes and times of every published file but status.*"""
    return {
        str(path.relative_to(folder)): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith("status.")
    }


@pytest.mark.polite("E01")
def test_nothing_new_touches_no_file(world: World) -> None:
    world.blog("Quiet", "hello", "world")
    world.write()
    world.poll()
    world.run("digest")
    before = _hashes(world.folder / "public")
    world.now += HOUR
    world.poll()
    world.now += 20 * DAY
    world.run("publish")
    assert _hashes(world.folder / "public") == before


@pytest.mark.fault(17)
def test_the_same_store_and_clock_give_the_same_bytes(world: World, tmp_path: Path) -> None:
    world.blog("One", "a", "b", "c")
    world.blog("Two", "d", "e", kind="json")
    world.write()
    world.poll()
    world.run("digest")
    before = {name: digest for name, (digest, _) in _hashes(world.folder / "public").items()}
    shutil.rmtree(world.folder / "public")
    world.run("publish")
    assert {name: digest for name, (digest, _) in _hashes(world.folder / "public").items()} == before
    shutil.rmtree(world.folder / "public")
    shutil.rmtree(world.folder / "data")
    world.poll()
    world.run("digest")
    assert {name: digest for name, (digest, _) in _hashes(world.folder / "public").items()} == before


@pytest.mark.fault(28)
def test_the_same_article_from_two_blogs_comes_once_and_names_both(world: World) -> None:
    text = " ".join(f"word{n}" for n in range(90))
    first, second = world.blog("First"), world.blog("Second")
    world.write()
    world.poll()
    world.now += HOUR
    world.post(second, "A shared story", text)
    world.post(first, "A shared story", text)
    done = world.poll()
    assert done["new"] == 2
    assert world.titles() == ["A shared story"]
    item = json.loads(world.public("feed.json").read_bytes())["items"][0]
    assert [source["title"] for source in item["_aggregator"]["sources"]] == ["First", "Second"]
    world.run("digest")
    digest = world.digest("2026-03-14")
    assert (digest["received"], digest["shown"], digest["folded"]) == (2, 1, 1)
    assert digest["not_shown"][0]["why"] == f"duplicate of {digest['not_shown'][0]['id']}"


@pytest.mark.fault(36)
def test_an_edited_line_keeps_its_history(world: World) -> None:
    old = world.blog("Old home", "a", "b", "c")
    world.write()
    world.poll()
    ids = [item["id"] for item in json.loads(world.public("feed.json").read_bytes())["items"]]
    new = world.blog("New home")
    new.name, new.posts = old.name, old.posts
    world.now += HOUR
    world.write([new])
    assert world.poll()["new"] == 0
    assert [item["id"] for item in json.loads(world.public("feed.json").read_bytes())["items"]] == ids


@pytest.mark.fault(36)
def test_a_removed_source_leaves_as_a_view_and_returns_without_news(world: World) -> None:
    one, two = world.blog("One", "a"), world.blog("Two", "b")
    world.write()
    world.poll()
    before = world.public("atom.xml").read_bytes()
    world.write([one])
    world.run("publish")
    assert world.titles() == ["a"]
    world.write([one, two])
    world.run("publish")
    assert world.public("atom.xml").read_bytes() == before
    assert world.poll("--force")["new"] == 0


@pytest.mark.polite("E03")
def test_a_lost_store_takes_the_feeds_id_over(world: World) -> None:
    world.blog("One", "a")
    world.write()
    world.poll()
    before = json.loads(world.public("feed.json").read_bytes())["items"][0]["id"]
    feed_id = world.public("atom.xml").read_text().split("<id>")[1].split("</id>")[0]
    shutil.rmtree(world.folder / "data")
    world.now += DAY
    world.poll()
    assert world.public("atom.xml").read_text().split("<id>")[1].split("</id>")[0] == feed_id
    assert json.loads(world.public("feed.json").read_bytes())["items"][0]["id"] == before


def test_a_week_of_digests_has_each_entry_once(world: World) -> None:
    """Catch-up after two missed days, a day without news, and no entry twice or lost."""
    blog, other = world.blog("One", "first"), world.blog("Two", "second")
    world.write()
    seen: list[str] = []
    for day in range(8):
        world.now += DAY
        if day != 5:
            world.post(blog, f"one on day {day}")
            world.post(other, f"two on day {day}")
        if day in (2, 3):  # the machine was off
            continue
        world.poll()
        world.run("digest")
        digest = world.digest(world.now.date().isoformat())
        shown = digest_titles(digest)
        assert digest["received"] == sum(
            digest[name] for name in ("shown", "folded", "filtered", "over_cap", "backlog", "quarantined")
        )
        if day == 5:
            assert (digest["received"], shown) == (0, [])
        seen += shown
    everything = {post.title for blog in world.blogs for post in blog.posts}
    assert sorted(seen) == sorted(everything)


def _archived(world: World) -> list[str]:
    """The titles of all entries that a reader finds who walks the archives from the merged feed back (RFC 5005)."""
    titles: list[str] = []
    name: str | None = "atom.xml"
    while name:
        root = etree.fromstring(world.public(name).read_bytes())
        if name != "atom.xml":
            titles += [str(found) for found in root.xpath("a:entry/a:title/text()", namespaces=ATOM)]
        links = root.xpath("a:link[@rel='prev-archive']/@href", namespaces=ATOM)
        name = str(links[0]).removeprefix("http://127.0.0.1:8080/") if links else None
    return titles


@pytest.fixture(scope="module")
def mortal() -> Iterator[Mortal]:
    with Mortal() as program:
        yield program


def _killed(mortal: Mortal, world: World, verb: str, at: int | str) -> int:
    """Run a command that is killed at its `at`-th call; how many calls it had if it was not, else 0."""
    clock = world.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return mortal.run(at, "--config", str(world.folder / "feeds.yaml"), "--now", clock, verb)


@pytest.mark.fault(2)
@pytest.mark.parametrize(("moment", "first_pass"), [("accept", True), ("publish", False), ("write_all", True)])
def test_killed_between_the_commit_and_publishing_the_next_start_publishes_without_a_request(
    world: World, mortal: Mortal, moment: str, first_pass: bool
) -> None:
    blog = world.blog("One", "a")
    world.write()
    if not first_pass:
        world.poll()
        world.now += HOUR
    world.post(blog, "b")
    _killed(mortal, world, "poll", moment)
    asked = len(blog.requests)
    assert asked == (1 if first_pass else 2)
    assert not world.public("atom.xml").exists() or world.titles() == ["a"]
    world.now += timedelta(minutes=1)
    done = world.poll()
    assert (done["polled"], len(blog.requests)) == (0, asked)
    assert "atom.xml" in done["published"]
    assert sorted(world.titles()) == ["a", "b"]
    world.run("digest")
    assert sorted(digest_titles(world.digest("2026-03-14"))) == ["a", "b"]


@pytest.mark.polite("A12")
@pytest.mark.parametrize("moment", ["settle", "keep"])
def test_killed_between_receive_and_commit_the_next_start_sends_the_previous_validators(
    world: World, mortal: Mortal, moment: str
) -> None:
    """`keep` is called last in the transaction: what was received must not have been remembered without it."""
    blog = world.blog("One", "a")
    world.write()
    world.poll()
    world.now += HOUR
    world.post(blog, "b")
    _killed(mortal, world, "poll", moment)
    assert len(blog.requests) == 2
    world.now += HOUR
    world.poll()
    first, killed, after = (request.get("If-None-Match") for request in blog.requests)
    assert first is None
    assert killed == after is not None
    assert sorted(world.titles()) == ["a", "b"]


@pytest.mark.fault(11)
def test_what_is_removed_from_the_outputs_stands_again_after_the_next_pass(world: World) -> None:
    world.blog("One", "a")
    world.write()
    world.poll()
    world.run("digest")
    before = _hashes(world.folder / "public")
    for name in ("digest", "archive"):
        shutil.rmtree(world.public(name))
    world.public("atom.xml").unlink()
    world.now += HOUR
    world.poll()
    after = _hashes(world.folder / "public")
    assert {name: sha for name, (sha, _) in after.items()} == {name: sha for name, (sha, _) in before.items()}
    shutil.rmtree(world.folder / "public")
    world.now += HOUR
    world.poll()
    assert _hashes(world.folder / "public").keys() == before.keys()


@pytest.mark.fault(1)
@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(20, marks=pytest.mark.timeout(900)),
        pytest.param(500, marks=[pytest.mark.slow, pytest.mark.timeout(7200)]),
    ],
)
def test_killed_at_any_moment_nothing_is_lost_and_nothing_comes_twice(world: World, mortal: Mortal, kills: int) -> None:
    """Fault 1: killed at moments spread over passes and seals, gone on each time; then all days are read."""
    blogs = [world.blog(f"B{n}", *(f"b{n} post {k}" for k in range(4))) for n in range(3)]
    world.write()
    whole = {verb: _killed(mortal, world, verb, 0) for verb in ("poll", "digest")}
    for number in range(kills // 2):
        world.now += DAY
        for blog in blogs:
            world.post(blog, f"{blog.name} on {world.now:%d %B %Y}")
        share = (number * 7 % (kills // 2) + 1) / (kills // 2 + 1)
        for verb, calls in whole.items():
            _killed(mortal, world, verb, int(calls * share))
            if number % 3:
                world.run(verb)
    world.now += DAY
    world.poll()
    world.run("digest")
    digests = [json.loads(path.read_bytes()) for path in world.public("digest").glob("2*.json")]
    told = [title for digest in digests for title in digest_titles(digest)]
    told += [line["title"] for digest in digests for line in digest["not_shown"]]
    everything = sorted(post.title for blog in blogs for post in blog.posts)
    assert sorted(told) == everything
    assert sorted(_archived(world)) == everything


def test_what_came_in_the_last_hours_of_a_month_is_in_its_archive_though_that_pass_never_published(
    world: World,
) -> None:
    """Killed between the commit and the publication, on the last day of a month; found by 500 kills."""
    blog = world.blog("One", "a")
    world.write()
    world.poll()
    world.now += timedelta(days=17)
    shutil.copytree(world.folder / "public", world.folder / "before")
    world.post(blog, "on the last of March")
    world.poll()
    shutil.rmtree(world.folder / "public")
    (world.folder / "before").rename(world.folder / "public")
    world.now += DAY
    world.post(blog, "on the first of April")
    world.poll()
    assert sorted(_archived(world)) == ["a", "on the first of April", "on the last of March"]
    closed = world.public("archive/2026-03.atom.xml").read_bytes()
    world.settings = "filters: [{drop: title has march}]"
    world.write()
    world.run("publish")
    assert world.public("archive/2026-03.atom.xml").read_bytes() == closed
