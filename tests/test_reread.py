"""What is kept is read again by another version of the program: no request, no date that moves, nothing sealed anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.entries.normalize import content_hash
from aggregator.records import Response, Rule, Source
from aggregator.reread import reread
from tests.makers import DAY, HOUR, NOW, ONE, POOL, TWO, Desk, entry
from tests.personas import START, Stage
from tests.web import Answer, rss

FEED = "http://blog.example/feed"


def read_by_an_older_version(desk: Desk, *urls: str) -> None:
    sql = desk.store._connection
    for url in urls:
        sql.execute("UPDATE bodies SET read_by = '0.0.1' WHERE source = ?", (desk.key(url),))
    sql.execute("DELETE FROM meta WHERE name = 'read_by'")


def keep(desk: Desk, url: str, body: bytes, content_type: str = "application/rss+xml") -> None:
    with desk.store.transaction():
        desk.store.bodies.keep(desk.key(url), Response(url, 200, {"content-type": content_type}, body), desk.now)


def document(*titles: str) -> bytes:
    return rss(list(titles), newest=NOW - HOUR)


@pytest.mark.polite("A18")
def test_a_better_reading_needs_no_request() -> None:
    with Stage() as stage:
        stage.on(FEED, Answer(200, rss(["One", "Two"], newest=START - HOUR), {"ETag": '"1"'}), Answer(304))
        stage.follow(FEED)
        stage.run(days=1)
        store, key, asked = stage.app.store, stage.state(FEED).key, len(stage.asked)
        before, body = store.entries.get(range(1, 9)), store.bodies.newest(key)
        assert body is not None
        digests = list((stage.folder / "public" / "digest").glob("2026*.json"))
        sealed = [digest.read_bytes() for digest in digests]
        assert sealed
        for one in before:  # an older version read less of it
            worse = replace(one.entry, title="(untitled)", content="", text="")
            with store.transaction():
                store.bodies.replace(body, one.key, worse, content_hash(worse))
        store._connection.execute("UPDATE bodies SET read_by = '0.0.1'")
        store._connection.execute("DELETE FROM meta WHERE name = 'read_by'")
        stage.restart()
        stage.poll()
        assert len(stage.asked) == asked
        assert stage.app.store.entries.get(range(1, 9)) == before
        assert stage.stored(FEED) == set(stage.merged()) == {"One", "Two"}
        assert [digest.read_bytes() for digest in digests] == sealed
        assert stage.state(FEED).key == key


@pytest.mark.polite("A18")
def test_filters_look_at_what_is_stored() -> None:
    with Stage() as stage:
        stage.on(FEED, Answer(200, rss(["Sponsored: buy", "Two"], newest=START), {"ETag": '"1"'}), Answer(304))
        stage.follow(FEED)
        stage.poll()
        for rules, shown in (((Rule("drop", 'title ~ "sponsored"'),), {"Two"}), ((), {"Sponsored: buy", "Two"})):
            stage.follow(Source(FEED, filters=rules))
            stage.app.publish()
            assert set(stage.merged()) == shown
        assert len(stage.asked) == 1


def test_what_it_finds_more_comes_as_at_a_first_poll() -> None:
    desk = Desk(ONE)
    keep(desk, ONE, document("Known", "More", "Most"))
    reread(desk.store, POOL, NOW)
    read_by_an_older_version(desk, ONE)
    desk.store._connection.execute("DELETE FROM entries WHERE title <> 'Known'")
    assert reread(desk.store, POOL, NOW) == 1
    assert [(one.entry.title, one.standing) for one in desk.all()][1:] == [("More", "news"), ("Most", "news")]
    assert desk.store.entries.held() == []
    assert reread(desk.store, POOL, NOW) == 0


def test_what_was_edited_since_stays() -> None:
    desk = Desk(ONE)
    keep(desk, ONE, document("First", "Second"))
    read_by_an_older_version(desk, ONE)
    reread(desk.store, POOL, NOW)
    old = desk.titled("First")
    edited = replace(old.entry, title="Edited by a partial feed")
    with desk.store.transaction():
        desk.store.entries.update(old.key, edited, content_hash(edited), NOW + HOUR)
    read_by_an_older_version(desk, ONE)
    reread(desk.store, POOL, NOW + DAY)
    assert {one.entry.title for one in desk.all()} == {"Edited by a partial feed", "Second"}


def test_bytes_are_read_with_the_charset_that_came_with_them() -> None:
    desk = Desk(ONE)
    body = document("Café").replace(b" encoding='utf-8'", b"").decode().encode("latin-1")
    keep(desk, ONE, body, "application/rss+xml; charset=iso-8859-1")
    read_by_an_older_version(desk, ONE)
    reread(desk.store, POOL, NOW)
    assert [one.entry.title for one in desk.all()] == ["Café"]


def test_what_cannot_be_read_any_more_stays_as_it_was() -> None:
    desk = Desk(ONE)
    desk.bring(ONE, entry("g1"))
    keep(desk, ONE, b"<html>not a feed</html>")
    read_by_an_older_version(desk, ONE)
    assert reread(desk.store, POOL, NOW) == 1
    assert [one.entry for one in desk.all()] == [entry("g1")]
    assert desk.store.bodies.read_by_others() == []


def test_the_work_is_shared_out_to_many_passes() -> None:
    desk = Desk(ONE, TWO)
    for url in (ONE, TWO):
        keep(desk, url, document(f"Of {url}"))
    read_by_an_older_version(desk, ONE, TWO)
    done = [reread(desk.store, POOL, NOW + timedelta(minutes=n), seconds=0.0) for n in range(3)]
    assert done == [1, 1, 0]
    assert len(desk.all()) == 2
