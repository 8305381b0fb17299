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
from aggregator.parse.xml import OPTIONS, Document, Element, is_only_undeclared, mended

_HOLDERS: Final = ("{*}channel", "{*}RDF", "{*}feed")
_TAGS: Final = ("{*}item", "{*}entry")
_DATES: Final = frozenset({"pubdate", "dc:date", "atom:updated", "atom:published"})
_PIECE: Final = 1 << 20


def read(text: str, utf8: bytes | None, most: int) -> tuple[Document, int]:
    """The document with the newest `most` entries, and how many were left out. Characters are mended, tags are not:
    one whose tags do not match has no tree.
    """
    newest = _Newest(most)

    def tree(data: bytes) -> tuple[Element | None, bool]:
        nonlocal newest
        for recover in (False, True):
            newest, parser = _Newest(most), _parser(recover=recover)
            try:
                return _pruned(parser, data, newest), not recover
            except etree.XMLSyntaxError:
                if not is_only_undeclared(parser.feed_error_log):
                    break
        return None, False

    document = mended(text, utf8, tree)
    return document, newest.left_out


def _parser(*, recover: bool) -> etree.XMLPullParser:
    """One that takes a comment of more than 10 MB for what it is: read in pieces, that is over a limit of libxml2."""
    return etree.XMLPullParser(events=("start",), tag=_HOLDERS, recover=recover, **{**OPTIONS, "huge_tree": True})


def _pruned(parser: etree.XMLPullParser, data: bytes, newest: _Newest) -> Element | None:
    """The root of the tree, from which all but the newest entries are taken while it grows."""
    holders: list[Element] = []
    for place in range(0, len(data), _PIECE):
        parser.feed(data[place : place + _PIECE])
        holders += [element for _, element in parser.read_events() if isinstance(element, Element)]
        newest.take(holders, complete=False)
    root: Element | None = parser.close()
    newest.take(holders, complete=True)
    return root


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
            still_growing = [] if complete else entries[-1:]
            for entry in entries[: len(entries) - len(still_growing)]:
                if len(entry) or len(self._kept) < self._most:
                    self._compare(holder, entry)
                else:  # an empty one says nothing, not even when
                    self.left_out += 1
                    holder.remove(entry)
            self._taken[place] = sum(1 for _ in holder.iterchildren(*_TAGS)) - len(entries[-1:])

    def _compare(self, holder: Element, entry: Element) -> None:
        self._seen += 1
        if self._seen <= self._most:  # no date is read before there are too many
            self._kept.append((0.0, -self._seen, entry))
            return
        if self._seen == self._most + 1:
            self._kept = [(_rank(one), place, one) for _, place, one in self._kept]
            heapq.heapify(self._kept)
        self.left_out += 1
        date = _rank(entry)
        if not date:  # none of those that are kept comes after it
            holder.remove(entry)
            return
        out = heapq.heappushpop(self._kept, (date, -self._seen, entry))[2]
        parent = out.getparent()
        if parent is not None:
            parent.remove(out)


def _rank(entry: Element) -> float:
    return date_rank(entry) if len(entry) else 0.0


def date_rank(entry: Element) -> float:
    """Seconds since 1970 of the first date that an entry has; 0 without any."""
    for child in entry:
        if name_of(child.tag) in _DATES:
            date = parse_date(text_of(child) or "")
            return max(date.timestamp(), 0.0) if date else 0.0
    return 0.0
