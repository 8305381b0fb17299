"""What stands in `public/`, from a real store: who is a member, what changes when, and what never gets out."""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from aggregator.polling import survey
from aggregator.public import outputs, statuses
from aggregator.public.members import FULL_BYTES
from aggregator.public.outputs import tag_folder
from aggregator.records import Config, Rule, Series, Source
from tests.makers import DAY, HOUR, NOW, ONE, THREE, TWO, Desk, entry, source, words

ATOM = {"a": "http://www.w3.org/2005/Atom", "fh": "http://purl.org/syndication/history/1.0"}


def titles(document: bytes) -> list[str]:
    return [str(found) for found in etree.fromstring(document).xpath("//a:entry/a:title/text()", namespaces=ATOM)]


def links(document: bytes) -> dict[str, str]:
    """rel -> address of the feed's own links."""
    return {one.get("rel"): one.get("href") for one in etree.fromstring(document).findall("a:link", ATOM)}


def filled(count: int, age: timedelta = DAY, desk: Desk | None = None) -> Desk:
    """So many entries accepted that long ago."""
    desk = desk or Desk(ONE)
    desk.now = NOW - age
    known = len(desk.all())
    desk.bring(
        ONE,
        *(entry(f"g{known + n}", text="Short.", published=desk.now - n * timedelta(seconds=1)) for n in range(count)),
    )
    desk.now = NOW
    return desk


# --- membership ---------------------------------------------------------------------------------------------


@pytest.mark.polite("E01")
def test_the_passing_of_time_alone_changes_nothing() -> None:
    desk = filled(250, 13 * DAY)
    filled(3, timedelta(0), desk)
    desk.seal()
    before = desk.files()
    desk.now += 400 * DAY
    assert desk.files() == before == desk.files()


def test_only_news_is_in_the_feed_newest_first() -> None:
    desk = Desk(ONE, TWO)
    desk.record(
        ONE, entry("old", published=NOW - 3 * HOUR), entry("new", published=NOW), entry("undated", published=None)
    )
    desk.record(ONE, entry("backlog"), standing="backlog")
    desk.record(TWO, entry("held"), standing="held")
    desk.accept()
    files = desk.files()
    assert titles(files["atom.xml"]) == ["Title of undated", "Title of new", "Title of old"]
    assert [item["title"] for item in json.loads(files["feed.json"])["items"]] == titles(files["atom.xml"])
    ids = etree.fromstring(files["atom.xml"]).xpath("//a:entry/a:id/text()", namespaces=ATOM)
    assert ids == etree.fromstring(files["rss.xml"]).xpath("//item/guid/text()")


@pytest.mark.polite("E09")
@pytest.mark.parametrize(("size", "whole"), [(1000, 100), (40_000, 48)])
def test_over_two_megabytes_the_oldest_lose_their_content_not_their_place(size: int, whole: int) -> None:
    desk = Desk(source(ONE, at_most=999))
    text = "Tidy. " * (size // 6)
    desk.bring(ONE, *(entry(f"g{n}", content=f"<p>{text}</p>", text="x", published=NOW - n * HOUR) for n in range(100)))
    atom = desk.files()["atom.xml"]
    assert len(titles(atom)) == 100
    full = [
        "Tidy." in content for content in etree.fromstring(atom).xpath("//a:entry/a:content/text()", namespaces=ATOM)
    ]
    assert full == [True] * sum(full) + [False] * (100 - sum(full))
    assert abs(sum(full) - whole) <= 2
    assert len(atom) < FULL_BYTES * 1.02


def test_an_empty_store_has_empty_feeds() -> None:
    desk = Desk(ONE)
    files = desk.files()
    assert titles(files["atom.xml"]) == []
    assert "prev-archive" not in links(files["atom.xml"])
    assert {"rss.xml", "feed.json", "sources.opml", "index.html", "style.css", "404.html", "digest/index.html",
            "digest/atom.xml"} <= files.keys()  # fmt: skip


# --- nothing new, nothing different -------------------------------------------------------------------------


def world() -> Desk:
    """Three sources over three months, copies, tags, two sealed digests."""
    tagged = (source(ONE, tags=("Letters",)), source(TWO, tags=("letters", "Übung & Co")), source(THREE))
    desk = Desk(*tagged, now=datetime(2026, 1, 20, 7, tzinfo=UTC), digests=(Series("weekly", tags=("letters",)),))
    for n in range(9):
        for url in (ONE, TWO, THREE):
            desk.record(url, entry(f"{url}{n}", title=f"{url[8:11]} {n}", text=words(90, n * 3 + URLS.index(url)),
                                   link=f"{url}/{n}", published=desk.now - HOUR))  # fmt: skip
        desk.record(ONE, entry(f"copy{n}", title=f"Copied {n}", text=words(90, 900 + n), link=f"{ONE}/copy{n}"))
        desk.record(TWO, entry(f"copy{n}", title=f"Copied {n}", text=words(90, 900 + n), link=f"{TWO}/copy{n}"))
        desk.accept()
        for series in desk.config.every_series:
            desk.seal(series)
        desk.now += 7 * DAY
    desk.now -= 7 * DAY - HOUR
    return desk


URLS = (ONE, TWO, THREE)


def without(config: Config, *urls: str) -> tuple[Source, ...]:
    return tuple(one for one in config.sources if one.url not in urls)


def closed(files: dict[str, bytes]) -> set[str]:
    """What is written once: months that are over, digests."""
    return {name for name in files if (name.startswith("archive/") and name < "archive/2026-03")
            or (name.startswith("digest/") and "2026" in name)}  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"filters": (Rule("drop", 'title ~ "one"'),)},
        {"filters": (Rule("drop", 'title ~ "Copied"'),)},
        {"filters": (Rule("tag", 'title ~ "two"', "new tag"),)},
        {"sources": (ONE,)},
        {"sources": (ONE, TWO, THREE)},
        {"title": "Another title"},
    ],
    ids=["rule", "rule over copies", "tag rule", "source removed", "all sources but one removed", "title"],
)
def test_undoing_a_change_restores_every_byte(change: dict[str, object]) -> None:
    desk = world()
    config, before = desk.config, desk.files()
    if "sources" in change:
        left = without(config, *change["sources"])  # type: ignore[misc]
        change = {"sources": left or (Source("https://new.example.org/feed"),)}
    desk.change(**change)
    there = closed(before)
    changed = desk.files(standing=there)
    assert any(changed.get(name) != data for name, data in before.items() if name not in there)
    assert {name.partition(".")[0] for name in there & changed.keys()} == {
        "digest/2026-03-17",
        "digest/weekly/2026-03-17",
    }
    assert all(changed[name] == before[name] for name in there & changed.keys()), "what is sealed stays"
    desk.follow(config)
    assert desk.files() == before


def test_a_hidden_entry_is_in_no_open_file() -> None:
    desk = world()
    there = closed(desk.files())
    desk.change(sources=without(desk.config, ONE), filters=(Rule("drop", 'title ~ "two"'),))
    for name, data in desk.files(standing=there).items():
        if name not in there and not name.startswith("digest/"):
            assert b"one.example.org" not in data, name
            assert b">two " not in data, name


def test_every_feed_names_the_style_sheet_that_stands_beside_it() -> None:
    files = world().files()
    feeds = [name for name in files if name.endswith(("atom.xml", "rss.xml"))]
    assert {name.count("/") for name in feeds} == {0, 1, 2}
    for name in feeds:
        found = re.search(rb'<[?]xml-stylesheet type="text/css" href="([^"]*)"[?]>', files[name][:200])
        assert found, name
        assert posixpath.normpath(f"{posixpath.dirname(name)}/{found[1].decode()}").lstrip("/") == "feed.css", name
    assert b"@namespace atom" in files["feed.css"]


# --- archives -----------------------------------------------------------------------------------------------


def walked(files: dict[str, bytes]) -> list[str]:
    """What a client has that follows the chain of archives from atom.xml (RFC 5005, section 4)."""
    document, found = files["atom.xml"], []
    while previous := links(document).get("prev-archive"):
        document = files[previous.removeprefix("https://reader.example.net/")]
        root = etree.fromstring(document)
        assert root.find("fh:archive", ATOM) is not None
        assert links(document)["current"] == "https://reader.example.net/atom.xml"
        found += titles(document)
    return found


@pytest.mark.polite("E10")
def test_the_archives_hold_every_entry_that_is_shown_once() -> None:
    desk = world()
    files = desk.files()
    assert {name for name in files if name.startswith("archive/")} == {f"archive/2026-0{n}.atom.xml" for n in (1, 2, 3)}
    expected = [f"{url[8:11]} {n}" for n in range(9) for url in URLS] + [f"Copied {n}" for n in range(9)]
    assert sorted(walked(files)) == sorted(expected)


def test_a_month_is_that_of_the_acceptance() -> None:
    desk = Desk(ONE, now=datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC))
    desk.bring(ONE, entry("february"))
    desk.now += timedelta(seconds=1)
    desk.bring(ONE, entry("march", published=NOW - 300 * DAY))
    files = desk.files()
    assert titles(files["archive/2026-02.atom.xml"]) == ["Title of february"]
    assert titles(files["archive/2026-03.atom.xml"]) == ["Title of march"]


@pytest.mark.polite("E10")
def test_a_closed_month_is_written_once_and_a_month_without_news_is_in_the_chain() -> None:
    desk = Desk(ONE, now=datetime(2025, 12, 5, tzinfo=UTC))
    desk.bring(ONE, entry("a"))
    desk.now = datetime(2026, 2, 5, tzinfo=UTC)
    desk.bring(ONE, entry("b"))
    names = [f"archive/{month}.atom.xml" for month in ("2025-12", "2026-01", "2026-02")]
    assert set(names) <= desk.files().keys()
    assert set(names) & desk.files(standing=names).keys() == {names[-1]}
    assert walked(desk.files()) == ["Title of b", "Title of a"]


def test_the_open_month_stays_the_open_one_when_all_of_it_is_hidden() -> None:
    desk = Desk(ONE, TWO, now=datetime(2026, 2, 5, tzinfo=UTC))
    desk.bring(ONE, entry("a"))
    desk.bring(TWO, entry("b"))
    desk.now = datetime(2026, 3, 5, tzinfo=UTC)
    desk.bring(TWO, entry("c"))
    february = "archive/2026-02.atom.xml"
    desk.change(sources=(source(ONE),))
    files = desk.files(standing=[february])
    assert february not in files
    assert titles(files["archive/2026-03.atom.xml"]) == []
    assert links(files["atom.xml"])["prev-archive"].endswith("2026-03.atom.xml")


# --- tags ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "folder"),
    [
        ("Policy", "policy"), ("new roles & skills", "new-roles-skills"), ("Übung 2", "übung-2"), ("仕事", "仕事"),
        ("../../etc", "etc"), ("a/b", "a-b"), ("--a--", "a"), ("!!", "-"), ("a_b", "a-b"), ("con.", "con"),
    ],
)  # fmt: skip
def test_the_folder_of_a_tag(tag: str, folder: str) -> None:
    assert tag_folder(tag) == folder


def test_tags_that_share_a_folder_share_a_feed() -> None:
    desk = Desk(source(ONE, tags=("AI",)), source(TWO, tags=("ai", "x")), THREE)
    for url in URLS:
        desk.record(url, entry(url[8:11]))
    desk.accept()
    files = desk.files()
    assert {name for name in files if name.startswith("tags/")} == {"tags/ai/atom.xml", "tags/x/atom.xml"}
    assert sorted(titles(files["tags/ai/atom.xml"])) == ["Title of one", "Title of two"]
    assert titles(files["tags/x/atom.xml"]) == ["Title of two"]
    assert b"tags/ai/atom.xml" in files["index.html"]
    assert b"Future of Work: AI" in files["tags/ai/atom.xml"]


# --- what never gets out ------------------------------------------------------------------------------------


@pytest.mark.polite("E05")
def test_a_private_sources_address_is_in_no_output() -> None:
    secret = "https://letters.private.example/feed/k3y?token=s3cret"
    desk = Desk(source(secret, private=True, tags=("mine",)), ONE)
    found = replace(desk.store.sources.states()[secret], feed_link="https://letters.private.example/", success_at=NOW,
                    feed_id="https://letters.private.example/feed/k3y", failures=2,
                    error=f"letters.private.example: no such host (DNS); its feed seems to be {secret}")  # fmt: skip
    with desk.store.transaction():
        desk.store.sources.save(found)
    text = "A long enough text about something that only its readers may read, in full sentences of twelve words."
    desk.record(secret, entry("p", title="A private letter", text=text, link="https://news.example.org/a"))
    desk.record(secret, entry("c", title="Copied", text=words(90), link="https://news.example.org/b"))
    desk.record(ONE, entry("c", title="Copied", text=words(90)))
    desk.accept()
    desk.seal()
    rows = survey.health(desk.config, desk.store, desk.view(), desk.now)
    files = desk.files() | statuses.status_files(desk.config, desk.store, rows, desk.now)
    assert b"A private letter" in files["atom.xml"]
    assert b"https://news.example.org/a" in files["digest/2026-03-14.html"]
    for name, data in files.items():
        for part in (b"private.example", b"k3y", b"s3cret", b"only its readers"):
            assert part not in data, (name, part)


# --- digests ------------------------------------------------------------------------------------------------


def test_a_digest_is_a_book_where_that_was_asked_when_it_was_sealed() -> None:
    desk = Desk(ONE)
    desk.bring(ONE, entry("a"))
    plain = desk.seal()
    desk.now += DAY
    desk.change(digest=replace(desk.config.digest, epub=True))
    book = desk.seal()
    assert plain is not None
    assert book is not None
    files = desk.files()
    assert [name for name in files if name.endswith(".epub")] == [f"digest/{book.day}.epub"]
    assert files[f"digest/{book.day}.epub"] == desk.store.digests.file(desk.store.digests.all("")[-1].key, "epub")
    assert [b".epub" in files[f"digest/{sealed.day}.html"] for sealed in (plain, book)] == [False, True]
    desk.change(digest=replace(desk.config.digest, epub=False, read_in=None), title="Another")
    assert desk.files()[f"digest/{book.day}.epub"] == files[f"digest/{book.day}.epub"]


def test_digest_files_are_the_sealed_bytes_and_only_the_newest_is_read_again() -> None:
    desk = world()
    files = desk.files()
    for sealed in desk.store.digests.all(""):
        for kind in ("html", "md", "txt", "json"):
            assert files[f"digest/{sealed.day}.{kind}"] == desk.store.digests.file(sealed.key, kind)
        assert outputs.issue_files(desk.store, sealed).items() <= files.items()
    there = [name for name in files if name.startswith("digest/2026")]
    again = desk.files(standing=there)
    assert sorted(again.keys() & set(there)) == sorted(
        f"digest/2026-03-17.{kind}" for kind in ("html", "md", "txt", "json")
    )
    assert "digest/weekly/latest.html" in files
    assert len(titles(files["digest/atom.xml"])) == 9
