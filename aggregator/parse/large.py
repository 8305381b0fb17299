"""A large document -> the tree of a feed with its newest entries only, built piece by piece.

A tree of 32 MiB of small entries takes more memory than a worker has. After every piece that was read, the entries
that are complete are compared by date, and all but the newest are taken out of the tree and freed.
"""

from __future__ import annotations

import heapq
from typing import Final

from lxml import etree

from aggregator.dates import parse_date
from aggregator.parse.element import text_of
from aggregator.parse.namespaces import name_of
from aggregator.parse.xml import OPTIONS, Document, Element, begins_well, without_doctype

_HOLDERS: Final = ("{*}channel", "{*}RDF", "{*}feed")
_TAGS: Final = ("{*}item", "{*}entry")
_DATES: Final = frozenset({"pubdate", "dc:date", "atom:updated", "atom:published"})
_PIECE: Final = 1 << 20


def read(text: str, utf8: bytes | None, most: int) -> tuple[Document, int] | None:
    """The document with the newest `most` entries, and how many were left out; None for what is not well-formed."""
    start = text.lstrip()
    safe, _ = without_doctype(start)
    data = utf8 if utf8 is not None and safe is text else safe.encode("utf-8", "replace")
    parser = etree.XMLPullParser(events=("start",), tag=_HOLDERS, **OPTIONS)
    newest = _Newest(most)
    holders: list[Element] = []
    try:
        for place in range(0, len(data), _PIECE):
            parser.feed(data[place : place + _PIECE])
            holders += [element for _, element in parser.read_events() if isinstance(element, Element)]
            newest.take(holders, complete=False)
        root = parser.close()
    except etree.XMLSyntaxError:
        return None
    newest.take(holders, complete=True)
    return Document(root, safe, begins_well(text, start)), newest.left_out


class _Newest:
    """The newest entries so far; without dates the first, for feeds begin with the newest."""

    __slots__ = ("_kept", "_most", "_seen", "_taken", "left_out")

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: list[tuple[float, int, Element]] = []  # a heap: the one to go next stands first
        self._seen = 0
        self._taken: dict[int, int] = {}  # of each holder: how many of its entries were looked at and stay
        self.left_out = 0

    def take(self, holders: list[Element], *, complete: bool) -> None:
        """Look at the entries that came since; the last one may go on in the next piece, unless all is complete."""
        for place, holder in enumerate(holders):
            entries = list(holder.iterchildren(*_TAGS))[self._taken.get(place, 0) :]
            for entry in entries if complete else entries[:-1]:
                self._compare(holder, entry)
            self._taken[place] = sum(1 for _ in holder.iterchildren(*_TAGS)) - len(entries[-1:])

    def _compare(self, holder: Element, entry: Element) -> None:
        self._seen += 1
        date = date_rank(entry) if len(entry) else 0.0
        if len(self._kept) < self._most:
            heapq.heappush(self._kept, (date, -self._seen, entry))
            return
        self.left_out += 1
        if not date:  # none of those that are kept comes after it
            holder.remove(entry)
            return
        out = heapq.heappushpop(self._kept, (date, -self._seen, entry))[2]
        parent = out.getparent()
        if parent is not None:
            parent.remove(out)


def date_rank(entry: Element) -> float:
    """Seconds since 1970 of the first date that an entry has; 0 without any."""
    for child in entry:
        if name_of(child.tag) in _DATES:
            date = parse_date(text_of(child) or "")
            return max(date.timestamp(), 0.0) if date else 0.0
    return 0.0
