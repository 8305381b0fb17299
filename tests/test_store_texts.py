"""What an entry is told by, on a real store: learned from its source, a view that changes nothing that is kept."""

from __future__ import annotations

import json

import pytest

from aggregator.store.rows import packed
from aggregator.store.texts import Texts
from tests.contract import each_store, pytest_generate_tests  # noqa: F401 (each test runs over every store)
from tests.makers import DAY, HOUR, ONE, TWO, Desk, entry, words
from tests.world import World

HELLO = "This letter on small shops is written on Sundays by Ann for all who keep one."


def letters(desk: Desk, count: int, first: int = 0) -> None:
    for n in range(first, first + count):
        text = f"{HELLO}\n\n{words(40, n)}"
        html = "".join(f"<p>{part}</p>" for part in text.split("\n\n"))
        desk.bring(ONE, entry(f"n{n}", text=text, content=html, published=desk.now - HOUR))
        desk.now += DAY


def test_the_digest_and_the_river_tell_an_entry_without_it_and_the_feeds_keep_it() -> None:
    desk = Desk(ONE, TWO)
    letters(desk, 4)
    assert desk.titled("Title of n3").entry.text.startswith(HELLO)
    digest = desk.compose()
    assert digest.stories
    assert not any(HELLO in sentence for story in digest.stories for sentence in story.summary)
    files = desk.files()
    assert HELLO not in files["index.html"].decode()
    assert words(40, 3)[:60] in files["index.html"].decode()
    for name in ("atom.xml", "rss.xml", "feed.json"):
        assert files[name].decode().count(HELLO) >= 4


def test_it_comes_back_when_the_source_stops_repeating_it() -> None:
    desk = Desk(ONE)
    letters(desk, 3)
    assert HELLO in desk.files()["index.html"].decode(), "three may be a coincidence"
    letters(desk, 1, 3)
    assert HELLO not in desk.files()["index.html"].decode()
    for n in range(20):
        desk.bring(ONE, entry(f"o{n}", text=words(60, 50 + n), published=desk.now - HOUR))
    one = desk.titled("Title of n0")
    assert desk.store.texts.of_many()(one) == one.entry.text
    assert desk.store.texts.left_out(one) == []


def test_a_source_is_told_otherwise_only_where_it_was_told_before() -> None:
    desk = Desk(ONE)
    letters(desk, 3)
    texts, key = desk.store.texts, desk.key(ONE)
    assert not texts.is_told_otherwise(key, {})
    with desk.store.transaction():
        assert HELLO in texts.of_many()(desk.titled("Title of n0"))
        texts.keep()
    assert not texts.is_told_otherwise(key, {})
    letters(desk, 1, 3)
    at_hand = {desk.titled("Title of n3").key: "What was just read says nothing of that letter."}
    assert not Texts(desk.store._connection).is_told_otherwise(key, at_hand)
    assert texts.is_told_otherwise(key, {})


def test_an_edit_is_learned_from() -> None:
    desk = Desk(ONE)
    letters(desk, 4)
    stored = desk.titled("Title of n0")
    assert desk.store.texts.of_many()(stored) == words(40, 0)
    with desk.store.transaction():
        edited = entry("n0", text=words(50, 77))
        desk.store.entries.update(stored.key, edited, packed(edited), desk.now)
    other = desk.titled("Title of n1")
    assert desk.store.texts.of_many()(other) == other.entry.text, "three are left, too few"


def test_what_was_read_already_is_learned_from_as_what_is_not() -> None:
    desk = Desk(ONE)
    letters(desk, 5)
    every = [desk.titled(f"Title of n{n}") for n in range(5)]
    for read in ((), every[:2], every):
        telling = Texts(desk.store._connection).of_many(read)
        assert [telling(stored) for stored in every] == [words(40, n) for n in range(5)]


@pytest.mark.sqlite_only
def test_explain_says_what_was_left_out_and_how_often_it_was_seen(world: World) -> None:
    blog = world.blog("One")
    for n in range(5):
        world.post(blog, f"letter {n}", f"{HELLO}</p><p>{words(30, n)}")
        world.now = world.now.replace(minute=n + 1)
    world.write()
    world.poll()
    told = world.run("explain", "https://one.example/letter-2")
    assert f"  left out    of summaries: {HELLO} (in 5 of the last 5 entries)" in told.splitlines()
    (data,) = json.loads(world.run("explain", "https://one.example/letter-2", "--json"))["entries"]
    assert data["left_out"] == [{"text": HELLO, "entries": 5, "of": 5}]


def test_what_was_learned_is_there_for_the_next_process_and_goes_with_what_is_forgotten() -> None:
    desk = Desk(ONE)
    letters(desk, 5)
    one = desk.titled("Title of n0")
    told = desk.store.texts.of_many()(one)
    with desk.store.transaction():
        desk.store.texts.keep()
    rows = desk.store._connection.execute("SELECT source, blocks FROM learned").fetchall()
    assert [(source, json.loads(blocks)) for source, blocks in rows] == [(one.source_key, [[HELLO, 5, 5]])]
    fresh = Texts(desk.store._connection)
    assert (fresh.of_many()(one), fresh.left_out(one)) == (told, desk.store.texts.left_out(one))
    with desk.store.transaction():
        desk.store.withdrawn.forget([one.key], desk.now)
    assert desk.store._connection.execute("SELECT * FROM learned").fetchall() == []


def test_what_was_learned_from_other_entries_is_not_taken() -> None:
    desk = Desk(ONE)
    letters(desk, 4)
    one = desk.titled("Title of n0")
    desk.store.texts.of_many()(one)
    with desk.store.transaction():
        desk.store.texts.keep()
        edited = entry("n0", text=words(50, 77))
        desk.store.entries.update(one.key, edited, packed(edited), desk.now)
    other = desk.titled("Title of n1")
    assert Texts(desk.store._connection).of_many()(other) == other.entry.text, "three are left, too few"


def test_how_an_entry_begins_and_ends_is_known_to_the_next_process() -> None:
    """Of a source that repeats nothing only what is new or was edited is read again."""
    desk = Desk(ONE)
    for n in range(12):
        desk.bring(ONE, entry(f"n{n}", text=f"{words(30, n)}\n\n{words(40, 100 + n)}", published=desk.now - HOUR))
        desk.now += DAY
    every = [desk.titled(f"Title of n{n}") for n in range(12)]
    assert desk.store.texts.of_many()(every[0]) == every[0].entry.text
    with desk.store.transaction():
        desk.store.texts.keep()
        desk.store._connection.execute("UPDATE entries SET data = ? WHERE key <> ?", (b"", every[-1].key))
    letters(desk, 1, 20)
    assert Texts(desk.store._connection).of_many()(every[-1]) == every[-1].entry.text, "no text but the new one"
