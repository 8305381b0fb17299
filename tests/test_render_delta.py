from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from aggregator.records import MergedEntry, MergedFeed, Tombstone
from aggregator.render.delta import marks, since
from aggregator.render.feed import atom, rss

NOW = datetime(2026, 3, 14, 7, 0, tzinfo=UTC)
ATOM = {"a": "http://www.w3.org/2005/Atom"}


def entry(number: int, title: str = "") -> MergedEntry:
    when = NOW - timedelta(hours=number)
    return MergedEntry(f"urn:uuid:{number}", title or f"Entry {number}", f"https://a.example.org/{number}", None,
                       when, when, content=f"<p>What {number} says &amp; more.</p>")  # fmt: skip


def feed(*entries: MergedEntry) -> MergedFeed:
    return MergedFeed("urn:uuid:f", "Work", "https://r.example.org/", "https://r.example.org/atom.xml", NOW, entries)


def written(form: str, made: MergedFeed) -> bytes:
    return atom(made) if form == "atom" else rss(made, self_url="https://r.example.org/rss.xml")


def titles(document: bytes) -> list[str]:
    return [
        str(t)
        for t in etree.fromstring(document).xpath("//a:entry/a:title/text() | //item/title/text()", namespaces=ATOM)
    ]


@pytest.mark.parametrize("form", ["atom", "rss"])
@pytest.mark.parametrize(
    ("newer", "told"),
    [
        ((entry(0), entry(1), entry(2)), ["Entry 0"]),
        ((entry(1, "edited"), entry(2)), ["edited"]),
        ((entry(2), entry(3)), ["Entry 3"]),
        ((entry(2),), []),
    ],
    ids=["new", "edited", "one went, one came", "one went"],
)
def test_what_is_new_or_edited(form: str, newer: tuple[MergedEntry, ...], told: list[str]) -> None:
    older = written(form, feed(entry(1), entry(2)))
    delta = since(written(form, feed(*newer)), marks(older))
    assert delta is not None
    assert titles(delta) == told


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_where_everything_is_new_the_whole_is_as_good(form: str) -> None:
    assert since(written(form, feed(entry(5))), marks(written(form, feed(entry(1))))) is None
    assert since(written(form, feed(entry(5))), b"") is None


def test_everything_but_the_entries_stays() -> None:
    gone = (Tombstone("urn:uuid:gone", NOW),)
    whole = atom(replace(feed(entry(0), entry(1)), tombstones=gone, hub="https://hub.example.org/"))
    delta = since(whole, marks(atom(feed(entry(0), entry(1)))))
    assert delta is not None
    assert [child.tag for child in etree.fromstring(delta)] == [
        child.tag for child in etree.fromstring(whole) if not str(child.tag).endswith("}entry")
    ]


def test_a_large_feed_is_remembered_in_a_few_bytes() -> None:
    assert len(marks(atom(feed(*(entry(n) for n in range(50)))))) == 50 * 8
