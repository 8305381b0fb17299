"""A document that grows: what it takes, beside what tests/test_public_publication.py tells of its bytes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.records import MergedEntry
from aggregator.render.archive import Growth, led_back, previous

LINK = b'  <link rel="prev-archive" href="https://a.example/b/archive/2026-02.atom.xml" type="application/atom+xml"/>\n'
HEAD = b"<feed>\n  <updated>2026-03-14T07:00:00Z</updated>\n" + LINK
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def fragment(name: str, published: datetime, text: str = "") -> bytes:
    at = f"{published:%Y-%m-%dT%H:%M:%SZ}"
    return f"  <entry>\n    <id>{name}</id>\n    {text}\n    <published>{at}</published>\n  </entry>\n".encode()


def document(*entries: bytes, updated: str = "2026-03-14T07:00:00Z") -> bytes:
    return HEAD.replace(b"2026-03-14T07:00:00Z", updated.encode()) + b"".join(entries) + b"</feed>\n"


def in_blocks(whole: bytes, size: int) -> Iterator[bytes]:
    return (whole[at : at + size] for at in range(0, len(whole), size))


def merged(name: str, published: datetime) -> MergedEntry:
    return MergedEntry(name, name, None, None, published, published)


def grown(growth: Growth[bytes], whole: bytes, block: int = 100) -> bytes | None:
    """The document that it becomes."""
    parts = growth.of(in_blocks(whole, block))
    return parts and b"".join(whole[part] if isinstance(part, slice) else part for part in parts)


NEWEST, MIDDLE, OLDEST = ((name, NOON - number * HOUR) for number, name in enumerate(("urn:a", "urn:b", "urn:c")))
STANDING = document(*(fragment(*one) for one in (NEWEST, MIDDLE, OLDEST)))


def test_of_a_document_of_many_megabytes_one_entry_is_held() -> None:
    whole = document(*(fragment(f"urn:{n}", NOON, "x" * 5000) for n in range(500)))
    growth = Growth[bytes]()
    growth.add(merged("urn:new", NOON + HOUR), 9, NOON, b"")
    tracemalloc.start()
    try:
        parts = growth.of(in_blocks(whole, 2**16))
        assert tracemalloc.get_traced_memory()[1] < 2**18
    finally:
        tracemalloc.stop()
    assert parts is not None
    assert len(parts) < 5  # what stands together is kept together


@pytest.mark.parametrize("block", [1, 7, 64, 10_000])
def test_what_is_new_stands_in_its_place_wherever_a_block_ends(block: int) -> None:
    new = [
        ("urn:n", NOON + HOUR, 7),
        ("urn:m", MIDDLE[1], 5),
        ("urn:same", MIDDLE[1], 6),
        ("urn:z", NOON - 9 * HOUR, 8),
    ]
    growth = Growth[bytes]()
    for name, published, accepted in new:
        growth.add(merged(name, published), accepted, NOON, fragment(name, published))
    growth.exchange(merged(*OLDEST), NOON, fragment(*OLDEST, "edited"), alone=True)
    first, before, same, last = (fragment(*new[n][:2]) for n in (0, 1, 2, 3))
    order = (first, fragment(*NEWEST), same, before, fragment(*MIDDLE), fragment(*OLDEST, "edited"), last)
    assert grown(growth, STANDING, block) == document(*order, updated="2026-03-14T12:00:00Z")


def test_a_document_without_entries_takes_the_first() -> None:
    growth = Growth[bytes]()
    growth.add(merged(*NEWEST), 1, NOON - 9 * HOUR, fragment(*NEWEST))
    assert grown(growth, document()) == document(fragment(*NEWEST))


def test_what_stands_and_is_not_to_or_is_to_and_does_not_means_to_make_it_anew() -> None:
    for change in (
        lambda one: one.leave_out("urn:b"),
        lambda one: one.add(merged(*MIDDLE), 9, NOON, b""),
        lambda one: one.exchange(merged("urn:other", NOON), NOON, b"", alone=True),
        lambda one: one.exchange(merged("urn:b", NOON), NOON, b"", alone=True),  # under another date
    ):
        growth = Growth[bytes]()
        change(growth)
        assert grown(growth, STANDING) is None


@pytest.mark.parametrize("which", [0, 1])
def test_a_copy_in_place_of_another_may_stand_elsewhere_among_those_of_its_second(which: int) -> None:
    names = ("urn:a", "urn:b")
    whole = document(*(fragment(name, NOON) for name in names))
    for alone in (True, False):
        growth = Growth[bytes]()
        growth.exchange(merged(names[which], NOON), NOON, fragment(names[which], NOON), alone=alone)
        assert (grown(growth, whole) is not None) == alone


@pytest.mark.parametrize(
    "whole",
    [b"", b"other", HEAD, HEAD.replace(b"updated", b"dated") + b"</feed>\n", document(b"  <entry>\n  </entry>\n")],
)
def test_what_was_written_elsewhere_is_made_anew(whole: bytes) -> None:
    assert grown(Growth[bytes](), whole) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("archive/2025-11.atom.xml", LINK.replace(b"2026-02", b"2025-11")),
        ("archive/2026-02.atom.xml", LINK),
        (None, b""),
    ],
)
def test_a_document_leads_back_where_it_is_told(name: str | None, expected: bytes) -> None:
    whole = document(fragment(*NEWEST), fragment(*OLDEST)) + LINK  # in an entry it would be text
    assert previous(whole) == "archive/2026-02.atom.xml"
    led = led_back(whole, name)
    assert led == whole.replace(LINK, expected, 1)
    assert previous(led) == name
    assert led_back(led, "archive/x") == (led if name is None else whole.replace(b"2026-02.atom.xml", b"x", 1))
