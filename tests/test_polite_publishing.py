"""What we publish, line by line of the politeness list, section E; lines that another file tests are marked there."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import feedparser
import pytest
from lxml import etree

from aggregator.polling import survey
from aggregator.public import statuses
from aggregator.public.members import FULL_BYTES
from aggregator.records import Enclosure, Series
from tests.makers import DAY, HOUR, NOW, ONE, Desk, entry, source, words
from tests.world import Post, World

ATOM = {"a": "http://www.w3.org/2005/Atom", "fh": "http://purl.org/syndication/history/1.0"}
FEEDS = ("atom.xml", "rss.xml", "feed.json")


def ids(world: World) -> dict[str, str]:
    """title -> id in the merged feed."""
    return {item["title"]: item["id"] for item in json.loads(world.public("feed.json").read_bytes())["items"]}


def updates(world: World) -> dict[str, str]:
    return {
        item["title"]: item["date_modified"] for item in json.loads(world.public("feed.json").read_bytes())["items"]
    }


def feed_id(world: World) -> str:
    return str(etree.fromstring(world.public("atom.xml").read_bytes()).findtext("a:id", namespaces=ATOM))


# --- E02, E04: valid, and says where everything is from ------------------------------------------------------


def awkward(world: World) -> None:
    """A world whose texts are as strangers write them."""
    world.blog("Bench & Co <rss>", "5 < 6 & 7", "\u0645\u0633\u062a\u0642\u0628\u0644", "emoji \U0001f916 ]]>", "")
    world.blog("JSON", "<script>alert(1)</script>", "two\nlines", kind="json")
    world.settings = "hub: https://hub.example.org/\nfilters: [{tag: 'new & old', when: 'title has \"5\"'}]"
    world.write()
    world.poll()
    world.run("digest")


@pytest.mark.polite("E02")
def test_every_feed_is_well_formed_and_read_without_a_complaint(world: World) -> None:
    awkward(world)
    names = ["atom.xml", "rss.xml", "archive/2026-03.atom.xml", "tags/new-old/atom.xml", "digest/atom.xml"]
    for name in names:
        document = world.public(name).read_bytes()
        parsed = feedparser.parse(io.BytesIO(document))
        assert not parsed.bozo, (name, parsed.get("bozo_exception"))
        assert parsed.entries, name
        assert all(one.id and one.title and one.published_parsed for one in parsed.entries), name
    if shutil.which("xmllint"):
        paths = [str(world.public(name)) for name in (*names, "sources.opml")]
        subprocess.run(["xmllint", "--noout", "--nonet", *paths], check=True)


@pytest.mark.polite("E02")
def test_atom_has_what_rfc_4287_requires(world: World) -> None:
    """Sections 4.1.1 and 4.1.2: one id, title and updated each; an author; alternate links; unique ids."""
    awkward(world)
    root = etree.fromstring(world.public("atom.xml").read_bytes())
    entries = root.findall("a:entry", ATOM)
    assert len(entries) == 6
    for element in (root, *entries):
        for name in ("id", "title", "updated"):
            (found,) = element.findall(f"a:{name}", ATOM)
            assert (found.text or "").strip(), name
        assert element.find("a:author/a:name", ATOM) is not None
        alternates = [link for link in element.findall("a:link", ATOM) if link.get("rel") == "alternate"]
        assert len(alternates) == 1
        stamps = element.findall("a:updated", ATOM) + element.findall("a:published", ATOM)
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp.text or "") for stamp in stamps)
    assert len({one.findtext("a:id", namespaces=ATOM) for one in entries}) == 6


@pytest.mark.polite("E02")
def test_rss_has_what_rss_2_requires(world: World) -> None:
    awkward(world)
    channel = etree.fromstring(world.public("rss.xml").read_bytes())[0]
    assert all(channel.findtext(name) for name in ("title", "link", "description"))
    for item in channel.findall("item"):
        assert item.findtext("title")
        assert item.find("guid").get("isPermaLink") == "false"
        assert (item.findtext("pubDate") or "").endswith(" GMT")


@pytest.mark.polite("E04")
def test_the_feed_says_its_address_and_id_and_each_entry_its_source(world: World) -> None:
    blog = world.blog("The Desk", "a", "b")
    world.write()
    world.poll()
    root = etree.fromstring(world.public("atom.xml").read_bytes())
    assert root.xpath("a:link[@rel='self']/@href", namespaces=ATOM) == ["http://127.0.0.1:8080/atom.xml"]
    assert feed_id(world).startswith("urn:uuid:")
    sources = root.xpath("a:entry/a:source", namespaces=ATOM)
    assert len(sources) == 2
    for one in sources:
        assert one.findtext("a:title", namespaces=ATOM) == "The Desk"
        assert one.findtext("a:id", namespaces=ATOM) == blog.url
        assert one.xpath("a:link[@rel='alternate']/@href", namespaces=ATOM) == ["https://thedesk.example/"]
    own = etree.fromstring(world.public("rss.xml").read_bytes()).xpath("//a:link[@rel='self']/@href", namespaces=ATOM)
    assert own == ["http://127.0.0.1:8080/rss.xml"]


# --- E03: ids for ever -----------------------------------------------------------------------------------------


@pytest.mark.polite("E03")
def test_no_id_changes_whatever_the_user_edits_or_loses(world: World) -> None:
    blog, other = world.blog("First", "a", "b"), world.blog("Second", "c", kind="json")
    world.write()
    world.poll()
    before, own, times = ids(world), feed_id(world), updates(world)

    def same(what: str) -> None:
        assert (ids(world), feed_id(world)) == (before, own), what
        assert updates(world) == times, what

    world.settings = "link: https://elsewhere.example.org/feeds/\ntitle: Another title"
    world.write()
    world.run("publish")
    same("another link and title")

    blog.name = "First, renamed"
    world.write()
    world.now += HOUR
    world.poll("--force")
    same("a source's title")

    moved = world.blog("Moved")
    moved.name, moved.posts = "First", blog.posts
    world.write([moved, other])
    world.now += HOUR
    assert world.poll()["new"] == 0
    same("a source's address")

    world.write([other, moved])
    world.run("publish")
    same("another order")


@pytest.mark.polite("E03")
def test_a_lost_store_gives_the_same_ids_again(world: World) -> None:
    blog = world.blog("First", "a", "b")
    world.write()
    world.poll()
    before, own = ids(world), feed_id(world)
    shutil.rmtree(world.folder / "data")
    world.now += DAY
    world.post(blog, "c")
    world.poll()
    after = ids(world)
    assert feed_id(world) == own
    assert after.pop("c") not in before.values()
    assert after == before


@pytest.mark.polite("E03")
def test_a_new_copy_changes_neither_id_nor_updated_nor_what_was_shown(world: World) -> None:
    first, second = world.blog("First", "Shared"), world.blog("Second", "unrelated")
    first.posts[0].text = words(80)
    world.write()
    world.poll()
    before, times = ids(world), updates(world)
    second.posts.append(Post("Shared", world.now, words(80)))
    world.now += HOUR
    assert world.poll()["new"] == 1
    assert (ids(world), updates(world)) == (before, times)
    item = next(one for one in json.loads(world.public("feed.json").read_bytes())["items"] if one["title"] == "Shared")
    assert [one["title"] for one in item["_aggregator"]["sources"]] == ["First", "Second"]


@pytest.mark.polite("E03")
def test_updated_changes_with_the_text_and_with_nothing_else(world: World) -> None:
    blog = world.blog("First", "a", "b")
    world.write()
    world.poll()
    before, times = ids(world), updates(world)
    world.now += HOUR
    blog.posts[0].at -= timedelta(minutes=7)  # a date is no text
    world.poll("--force")
    assert (ids(world), updates(world)) == (before, times)
    blog.posts[0].text = "Quite another text is told here from now on."
    world.now += HOUR
    assert world.poll("--force")["updated"] == 1
    assert ids(world) == before
    assert updates(world) == times | {"a": f"{world.now:%Y-%m-%dT%H:%M:%SZ}"}


# --- E05: no secret --------------------------------------------------------------------------------------------

SECRETS = (b"s3cret", b"hunter2", b"k3y", b"ann:", b"ann@", b"letters.private")


@pytest.mark.polite("E05")
@pytest.mark.parametrize("republish", ["full", "excerpt", "link"])
def test_no_password_token_or_private_address_is_in_any_file(republish: str) -> None:
    guarded = "https://ann:hunter2@desk.example.org/feed"
    token = "https://bench.example.org/feed?lang=en&access_token=s3cret"
    private = "https://letters.private.example/k3y/feed"
    desk = Desk(
        source(guarded, republish=republish, tags=("mine",)),
        source(token, republish=republish, tags=("mine",)),
        source(private, private=True, tags=("mine",)),
        digests=(Series("weekly"),),
    )
    text = words(80)
    with desk.store.transaction():
        for url in (guarded, token, private):
            site = url.replace("/feed", "/")
            desk.store.sources.save(
                replace(
                    desk.store.sources.states()[url],
                    feed_link=site,
                    feed_id=url,
                    moved_to=url,
                    success_at=NOW,
                    failures=2,
                    error=f"moved to {url} (301)",
                )
            )
    for url in (guarded, token, private):
        desk.record(
            url, entry(f"own {url[-4:]}", title=f"Own of {url[8:11]}", link=f"https://news.example.org/{len(url)}")
        )
        desk.record(url, entry("copy", title="Copied", text=text, link=f"https://news.example.org/copy{len(url)}"))
    desk.accept()
    for series in desk.config.every_series:
        desk.seal(series)
    rows = survey.health(desk.config, desk.store, desk.view(), desk.now)
    files = desk.files() | statuses.status_files(desk.config, desk.store, rows, desk.now)
    assert b"https://desk.example.org/feed" in files["sources.opml"]
    assert b"https://bench.example.org/feed?lang=en" in files["sources.opml"]
    assert b"Own of let" in files["atom.xml"]
    assert len(files) > 20
    for name, data in files.items():
        for secret in SECRETS:
            assert secret not in data, (name, secret)


@pytest.mark.polite("E05")
def test_a_private_source_gives_title_and_link_and_nothing_else() -> None:
    desk = Desk(source(ONE, private=True, title="A letter"))
    one = entry("g", title="Said", text="What only its readers may read.", link="https://a.example.org/x")
    desk.bring(ONE, replace(one, author="Only Ann", categories=("Only",), image="https://a.example.org/only.png"))
    files = desk.files()
    for name in FEEDS:
        assert b"Said" in files[name]
        assert b"https://a.example.org/x" in files[name]
        assert not any(part in files[name] for part in (b"Only", b"only its readers", b"only.png"))
    assert b"one.example.org" not in b"".join(files.values())


@pytest.mark.polite("E05")
@pytest.mark.parametrize(
    ("republish", "shown", "hidden"),
    [
        ("full", (b"word60 ", b"theend", b"song.mp3"), ()),
        ("excerpt", (b"word1 ", b"word59"), (b"theend", b"pic.png", b"song.mp3")),
        ("link", (b"A title",), (b"word1 ", b"theend", b"pic.png", b"song.mp3")),
    ],
)
def test_what_republish_allows(republish: str, shown: tuple[bytes, ...], hidden: tuple[bytes, ...]) -> None:
    desk = Desk(source(ONE, republish=republish))
    text = " ".join(f"word{n}" for n in range(1, 90)) + " theend."
    desk.bring(ONE, entry("g", title="A title", text=text, image="https://a.example.org/pic.png",
                          enclosures=(Enclosure("https://a.example.org/song.mp3", "audio/mpeg", 9),)))  # fmt: skip
    files = desk.files()
    for name in FEEDS:
        assert all(part in files[name] for part in shown), name
        assert not any(part in files[name] for part in hidden), name


# --- E09, E10: size and archives -------------------------------------------------------------------------------


def big_month(desk: Desk, count: int = 60) -> None:
    """So many entries of 60 kB, one a minute."""
    for n in range(count):
        text = f"This is long text number {n}. " * 2000
        desk.record(ONE, entry(f"g{n}", title=f"Number {n}", text="x", content=f"<p>{text}</p>", published=desk.now))
        desk.now += timedelta(minutes=1)
    desk.accept()


@pytest.mark.polite("E09")
def test_over_two_megabytes_the_merged_feed_cuts_old_content_and_the_archive_does_not() -> None:
    desk = Desk(source(ONE, at_most=999))
    big_month(desk)
    files = desk.files()
    root = etree.fromstring(files["atom.xml"])
    assert len(files["atom.xml"]) < FULL_BYTES * 1.05
    lengths = [len(one.text or "") for one in root.findall("a:entry/a:content", ATOM)]
    assert len(lengths) == 60
    assert min(lengths[:30]) > 50_000
    assert max(lengths[-20:]) < 1_000
    archive = etree.fromstring(files["archive/2026-03.atom.xml"])
    assert min(len(one.text or "") for one in archive.findall("a:entry/a:content", ATOM)) > 50_000


def walk(world: World, link: str = "http://127.0.0.1:8080/") -> Iterator[etree._Element]:
    """Every document that a client meets which follows `prev-archive` from the merged feed (RFC 5005, section 4)."""
    name: str | None = "atom.xml"
    while name:
        root = etree.fromstring(world.public(name).read_bytes())
        yield root
        found = root.xpath("a:link[@rel='prev-archive']/@href", namespaces=ATOM)
        name = str(found[0]).removeprefix(link) if found else None


@pytest.mark.polite("E10")
def test_a_client_that_walks_the_archives_has_the_whole_history_and_closed_months_never_change(world: World) -> None:
    blog = world.blog("One", "start")
    world.write()
    closed: dict[str, tuple[str, int]] = {}
    for month in range(5):
        for number in range(3):
            world.post(blog, f"month {month} entry {number}", f"{words(40, month * 10 + number)}")
        world.poll("--force")
        for name, stamp in closed.items():
            path = world.public(name)
            assert (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns) == stamp, name
        name = f"archive/{world.now:%Y-%m}.atom.xml"
        path = world.public(name)
        closed[name] = hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns
        world.now = (world.now.replace(day=28) + 7 * DAY).replace(day=10)
    world.run("publish")
    newest, *archives = walk(world)
    assert newest.find("fh:archive", ATOM) is None
    assert len(archives) == 5
    for document in archives:
        assert document.find("fh:archive", ATOM) is not None
        assert document.xpath("a:link[@rel='current']/@href", namespaces=ATOM) == ["http://127.0.0.1:8080/atom.xml"]
    titles = [one.text for document in archives for one in document.findall("a:entry/a:title", ATOM)]
    assert sorted(filter(None, titles)) == sorted(post.title for post in blog.posts)
    everything = [one.text for document in archives for one in document.findall("a:entry/a:id", ATOM)]
    assert len(set(everything)) == len(everything)
    assert all("told here" in (c.text or "") or len(c.text or "") > 100
               for document in archives for c in document.findall("a:entry/a:content", ATOM))  # fmt: skip


@pytest.mark.parametrize("to", ["https://feeds.example.org/a&b/", "https://feeds.example.org/"])
def test_after_a_move_of_the_site_the_archives_are_walked_at_the_new_one(world: World, to: str) -> None:
    """Closed months get the new links, their entries stay byte for byte; moving back restores every file."""
    blog = world.blog("One", "start")
    world.write()
    for month in range(3):
        world.post(blog, f"month {month}")
        world.poll("--force")
        world.now += 31 * DAY
    archives = sorted(world.public("archive").iterdir())
    before = [path.read_bytes() for path in archives]
    world.settings = f"link: {json.dumps(to)}"
    world.write()
    world.run("publish")
    assert len(list(walk(world, to))) == 4
    for path, data in zip(archives, before, strict=True):
        assert b"127.0.0.1:8080" not in path.read_bytes().partition(b"<entry>")[0]
        assert path.read_bytes().partition(b"<entry>")[1:] == data.partition(b"<entry>")[1:]
    stamps = [path.stat().st_mtime_ns for path in archives]
    world.now += DAY
    world.run("publish")
    assert [path.stat().st_mtime_ns for path in archives] == stamps
    world.settings = ""
    world.write()
    world.poll()
    assert [path.read_bytes() for path in archives] == before


# --- E13, E14 --------------------------------------------------------------------------------------------------


@pytest.mark.polite("E13")
def test_no_entry_is_dated_in_the_future(world: World) -> None:
    blog = world.blog("Ahead", "today")
    blog.document = lambda now: (  # type: ignore[method-assign]
        b"<rss version='2.0'><channel><title>Ahead</title><item><guid>1</guid><title>next year</title>"
        b"<pubDate>Sun, 14 Mar 2027 07:00:00 GMT</pubDate></item><item><guid>2</guid><title>an hour ahead</title>"
        b"<pubDate>Sat, 14 Mar 2026 08:00:00 GMT</pubDate></item></channel></rss>"
    )
    world.write()
    world.poll()
    items = json.loads(world.public("feed.json").read_bytes())["items"]
    assert {item["title"] for item in items} == {"next year", "an hour ahead"}
    latest = f"{world.now:%Y-%m-%dT%H:%M:%SZ}"
    assert all(max(item["date_published"], item["date_modified"]) <= latest for item in items)
    root = etree.fromstring(world.public("atom.xml").read_bytes())
    assert all(
        str(stamp) <= latest for stamp in root.xpath("//a:updated/text() | //a:published/text()", namespaces=ATOM)
    )


@pytest.mark.polite("E14")
def test_json_feed_is_a_twin_of_the_others(world: World) -> None:
    awkward(world)
    document = json.loads(world.public("feed.json").read_bytes())
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    root = etree.fromstring(world.public("atom.xml").read_bytes())
    channel = etree.fromstring(world.public("rss.xml").read_bytes())[0]
    as_json = [(one["id"], one["title"], one["url"]) for one in document["items"]]
    as_atom = [
        (
            one.findtext("a:id", namespaces=ATOM),
            one.findtext("a:title", namespaces=ATOM),
            str(one.xpath("a:link[@rel='alternate']/@href", namespaces=ATOM)[0]),
        )
        for one in root.findall("a:entry", ATOM)
    ]
    assert (
        as_json
        == as_atom
        == [tuple(one.findtext(n) for n in ("guid", "title", "link")) for one in channel.findall("item")]
    )
    assert document["hubs"] == [{"type": "WebSub", "url": "https://hub.example.org/"}]
    assert all({"content_html", "date_published", "authors"} <= one.keys() for one in document["items"])
