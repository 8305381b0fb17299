"""What is kept is read again, by another version or when asked: no request, no date that moves, nothing sealed anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.polling.reread import Replayed, replay, reread
from aggregator.records import Response, Rule, Source
from aggregator.store.rows import packed
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
                store.bodies.replace(body, one.key, worse)
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
        desk.store.entries.update(old.key, edited, packed(edited), NOW + HOUR)
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


# --- when asked: every kept body, the difference shown first -----------------------------------------------------


def replayed(desk: Desk, *, apply: bool = False) -> Replayed:
    return replay(desk.store.sources.states()[ONE], desk.store, POOL, desk.now, apply=apply)


def told(done: Replayed) -> list[tuple[str, list[str]]]:
    return [(one.title, [name for name, _, _ in one.fields]) for one in done.changed]


def read_worse(desk: Desk, *titles: str) -> None:
    """An older version read titles and contents of these wrongly."""
    for title in titles:
        one = desk.titled(title)
        worse = replace(one.entry, title=f"&lt;b&gt; {title}", text="", categories=("one", "more"))
        body = desk.store.bodies.newest(desk.key(ONE))
        assert body is not None
        with desk.store.transaction():
            desk.store.bodies.replace(body, one.key, worse)


def days_of(desk: Desk, *documents: bytes) -> None:
    """Each day a poll brought, and kept, one of these."""
    for number, document in enumerate(documents):
        desk.now = NOW + number * DAY
        keep(desk, ONE, document)
        read_by_an_older_version(desk, ONE)
        reread(desk.store, POOL, desk.now)


def test_nothing_differs_where_the_same_version_read_it() -> None:
    desk = Desk(ONE)
    days_of(desk, document("One", "Two"), document("Two", "Three"), document("Three", "Four"))
    before = desk.all()
    done = replayed(desk, apply=True)
    assert (done.bodies, done.unreadable, done.entries, done.changed, done.found) == (3, 0, 4, [], [])
    assert desk.all() == before


def test_what_differs_is_shown_and_only_then_applied() -> None:
    desk = Desk(ONE)
    days_of(desk, document("One", "Two"), document("Two", "Three"))
    right = desk.all()
    read_worse(desk, "One", "Three")
    wrong = desk.all()
    done = replayed(desk)
    fields = ["title", "text", "categories"]
    assert sorted(told(done)) == [("&lt;b&gt; One", fields), ("&lt;b&gt; Three", fields)]
    assert {one.id for one in done.changed} == {one.id for one in right if one.entry.title in ("One", "Three")}
    assert desk.all() == wrong
    assert told(replayed(desk, apply=True)) == told(done)
    assert desk.all() == right
    assert replayed(desk).changed == []


def test_an_entry_is_read_in_the_newest_document_that_has_it_whatever_its_guid_was() -> None:
    """Its publisher edited it, and changed its guid: older readings of it are history."""
    desk = Desk(ONE)
    new = document("Two").replace(b"<guid", b"<category>new</category><guid").replace(b"</guid>", b"-b</guid>")
    days_of(desk, document("One", "Two"), new)
    before = desk.all()
    done = replayed(desk, apply=True)
    assert desk.titled("Two").entry.guid.endswith("-b")
    assert (told(done), desk.all()) == ([], before)


def test_what_is_found_only_now_comes_once_and_as_it_stands_in_its_newest_document() -> None:
    desk = Desk(ONE)
    days_of(desk, document("One", "Lost"), document("Lost", "Three"))
    sql = desk.store._connection
    sql.execute("DELETE FROM search_waiting")
    sql.execute("DELETE FROM entries WHERE title = 'Lost'")
    assert [entry.title for entry in replayed(desk).found] == ["Lost"]
    done = replayed(desk, apply=True)
    assert ([entry.title for entry in done.found], done.changed) == (["Lost"], [])
    assert [one.entry.title for one in desk.all()] == ["One", "Three", "Lost"]


def test_what_was_edited_or_forgotten_since_is_left_alone() -> None:
    desk = Desk(ONE)
    days_of(desk, document("One", "Two"))
    edited = replace(desk.titled("One").entry, title="Edited")
    with desk.store.transaction():
        desk.store.entries.update(desk.titled("One").key, edited, packed(edited), desk.now + HOUR)
        desk.store.withdrawn.forget([desk.titled("Two").key], desk.now)
    before = desk.all()
    assert (told(replayed(desk, apply=True)), desk.all()) == ([], before)


def test_a_document_that_cannot_be_read_any_more_is_counted() -> None:
    desk = Desk(ONE)
    days_of(desk, document("One"), b"<html>not a feed</html>")
    before = desk.all()
    done = replayed(desk, apply=True)
    assert (done.bodies, done.unreadable, desk.all()) == (2, 1, before)
