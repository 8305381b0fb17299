"""A document that grows: what it takes, beside what tests/test_public_publication.py tells of its bytes."""

from __future__ import annotations

import tracemalloc

import pytest

from aggregator.render.archive import Document, led_back, previous

LINK = b'  <link rel="prev-archive" href="https://a.example/b/archive/2026-02.atom.xml" type="application/atom+xml"/>\n'
HEAD = b"<feed>\n  <updated>2026-03-14T07:00:00Z</updated>\n" + LINK


def document(entries: int, size: int) -> bytes:
    one = b"  <entry>\n    <id>urn:%d</id>\n    <published>2026-03-14T07:00:00Z</published>\n    %b\n  </entry>\n"
    return HEAD + b"".join(one % (number, b"x" * size) for number in range(entries)) + b"</feed>\n"


def test_a_document_of_many_megabytes_is_held_once() -> None:
    whole = document(500, 5000)
    tracemalloc.start()
    try:
        read = Document.read(whole)
        assert tracemalloc.get_traced_memory()[1] < len(whole) / 4
    finally:
        tracemalloc.stop()
    assert read is not None
    assert b"".join(read.written()) == whole


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("archive/2025-11.atom.xml", LINK.replace(b"2026-02", b"2025-11")),
        ("archive/2026-02.atom.xml", LINK),
        (None, b""),
    ],
)
def test_a_document_leads_back_where_it_is_told(name: str | None, expected: bytes) -> None:
    whole = document(2, 10) + LINK  # in an entry it would be text
    assert previous(whole) == "archive/2026-02.atom.xml"
    led = led_back(whole, name)
    assert led == whole.replace(LINK, expected, 1)
    assert previous(led) == name
    assert led_back(led, "archive/x") == (led if name is None else whole.replace(b"2026-02.atom.xml", b"x", 1))
