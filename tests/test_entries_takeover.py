"""When a document seems to be another's: signs as plain values, and honest moves that must never look like one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.entries.identity import content_hash
from aggregator.entries.takeover import takeover
from aggregator.records import Entry, ParsedFeed, SourceState, Standing
from aggregator.store.entries import Known
from tests.makers import DAY, HOUR, NOW, entry, parsed, state, words

KNOWN_AS = state(
    success_at=NOW - DAY, feed_title="Work in Progress", feed_link="https://blog.example.org/", language="en"
)
ITSELF = parsed(title="Work in Progress", link="https://blog.example.org/", language="en")
THEIRS = parsed(title="Slot Gacor", link="https://casino.example/", language="id")


def posts(count: int, name: str = "p", host: str = "blog.example.org", gap: timedelta = DAY) -> list[Entry]:
    return [
        entry(
            f"{name}{n}",
            link=f"https://{host}/posts/{name}{n}",
            text=words(80, hash(name) % 1000 + n),
            published=NOW - HOUR - n * gap,
        )
        for n in range(count)
    ]


def known(entries: list[Entry], standing: Standing = "news") -> list[Known]:
    return [
        Known(key, one.guid, one.canonical_url, one.title, content_hash(one), one.published or NOW, standing)
        for key, one in enumerate(entries, 1)
    ]


OURS = known(posts(10))


NAME, SITE = "it calls itself “Slot Gacor”", "its site is casino.example"
LANGUAGE, LINKS = "its language is id and was en", "its entries lead to casino.example"


@pytest.mark.parametrize(
    ("feed", "entries", "signs"),
    [
        (THEIRS, posts(1, "x", "casino.example"), (NAME, SITE, LANGUAGE, LINKS)),
        (ITSELF._replace(title="Slot Gacor", language="id-ID"), posts(3, "x"), (NAME, LANGUAGE)),
        (ITSELF, posts(5, "x", "casino.example", gap=timedelta(0)), (LINKS, "all are dated alike")),
    ],
)
def test_what_another_feed_looks_like(feed: ParsedFeed, entries: list[Entry], signs: tuple[str, ...]) -> None:
    assert takeover(KNOWN_AS, feed, entries, OURS) == ", ".join(("nothing in its feed is known", *signs))


def _dated_now(entries: list[Entry]) -> list[Entry]:
    return [replace(one, published=NOW) for one in entries]


MOVES: dict[str, Callable[[list[Entry]], list[Entry]]] = {
    "new guids, the same links": lambda those: [replace(one, guid=f"n {one.guid}") for one in those],
    "another host, the same paths": lambda those: [
        replace(
            one,
            guid=f"n {one.guid}",
            canonical_url=(one.canonical_url or "").replace("blog.example.org", "new.example"),
        )
        for one in those
    ],
    "new guids, links and dates, the same titles": lambda those: [
        replace(one, guid=f"n {one.guid}", canonical_url=f"https://new.example/{n}", published=NOW, content="Anew.")
        for n, one in enumerate(those)
    ],
    "one of ten is left": lambda those: [those[0], *posts(9, "other", "new.example")],
}


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
@pytest.mark.parametrize("feed", [ITSELF, THEIRS], ids=["its own name", "all its names new"])
def test_an_honest_move_is_none(feed: ParsedFeed, move: Callable[[list[Entry]], list[Entry]]) -> None:
    assert takeover(KNOWN_AS, feed, move(posts(10)), OURS) is None


@pytest.mark.parametrize(
    ("before", "feed", "entries", "stored"),
    [
        (KNOWN_AS, ITSELF._replace(title="Quite Another Name"), posts(3, "x"), OURS),  # one sign is none
        (KNOWN_AS, ITSELF._replace(language="de"), posts(3, "x"), OURS),
        (KNOWN_AS, ITSELF._replace(link="https://new.example/"), posts(3, "x"), OURS),
        (KNOWN_AS, ITSELF._replace(title="Progress Weekly", language="en-GB"), posts(3, "x"), OURS),
        (KNOWN_AS, parsed(title=None, link=None), posts(3, "x"), OURS),  # a feed that says nothing of itself
        (KNOWN_AS, THEIRS, [], OURS),
        (KNOWN_AS, THEIRS, posts(3, "x"), OURS[:2]),  # who knows what it is like?
        (state(), THEIRS, posts(3, "x"), OURS),  # a first poll
        (state(success_at=NOW), THEIRS, posts(3, "x"), OURS),  # nothing is known of its names
        (KNOWN_AS, ITSELF, _dated_now(posts(5, "x", "links.example")), known(_dated_now(posts(10)))),  # its habit
    ],
)
def test_what_says_too_little(before: SourceState, feed: ParsedFeed, entries: list[Entry], stored: list[Known]) -> None:
    assert takeover(before, feed, entries, stored) is None


@pytest.mark.parametrize(("standing", "is_foreign"), [("held", True), ("dropped", True), ("news", False)])
def test_what_is_held_vouches_for_nothing(standing: Standing, is_foreign: bool) -> None:
    theirs = posts(4, "x", "casino.example")
    stored = OURS + known(theirs[:3], standing)
    assert (takeover(KNOWN_AS, THEIRS, theirs, stored) is not None) == is_foreign


@pytest.mark.parametrize("title", ["", "[", "\x00", "x" * 10_000])
@pytest.mark.parametrize("link", ["", "https://[", "http://", "x:"])
def test_no_title_or_link_breaks_it(title: str, link: str) -> None:
    told = takeover(KNOWN_AS, parsed(title=title, link=link, language="x"), posts(1, "x", "x.example"), OURS)
    assert told is None or len(told) < 400
