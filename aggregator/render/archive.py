"""An archive document that grows: entries are put in and exchanged where they stand, the others keep their bytes.

It reads only what `feed.atom` has written: an entry begins on a line of its own, and no text can hold a `<`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime

from aggregator.records import MergedEntry
from aggregator.render.merged import stamp

_ENTRY, _ID, _PUBLISHED = b"\n  <entry", b"\n    <id>", b"\n    <published>"
_UPDATED = re.compile(rb"^  <updated>([^<]*)</updated>", re.MULTILINE)
_PREVIOUS = re.compile(rb'^  <link rel="prev-archive" href="([^"]*/)(archive/[^"]*)"[^>]*/>\n', re.MULTILINE)
_SELF = re.compile(rb'<link rel="self" href="([^"]*)archive/')
_END = b"</feed>"


class Document:
    """The entries of a document by their ids and dates, newest first."""

    def __init__(self, head: bytes, updated: str, entries: list[tuple[str, str, memoryview]], tail: bytes) -> None:
        self._head, self._updated, self._tail = head, updated, tail
        self._entries: dict[str, bytes | memoryview] = {one: fragment for one, _, fragment in entries}
        self._dates = {one: published for one, published, _ in entries}
        self._added: list[tuple[str, int, bytes]] = []

    @classmethod
    def read(cls, document: bytes) -> Document | None:
        """A document that was written here; None for any other."""
        end, updated = document.rfind(_END), _UPDATED.search(document)
        starts = list(_places(document, _ENTRY))
        if end < 0 or updated is None or not starts or updated.start() > starts[0]:
            return None
        entries, whole = [], memoryview(document)  # a month of many sources is many megabytes: none is copied
        for start, after in zip(starts, [*starts[1:], end], strict=True):
            name = _value(document, document.find(_ID, start, after), len(_ID))
            published = _value(document, document.rfind(_PUBLISHED, start, after), len(_PUBLISHED))
            if name is None or published is None:
                return None
            entries.append((name, published, whole[start:after]))
        return cls(document[: starts[0]], updated[1].decode(), entries, document[end:])

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def add(self, entry: MergedEntry, accepted: int, changed_at: datetime, fragment: bytes) -> bool:
        """Put in an entry that was accepted after all that stand here; False when its id is here already."""
        if entry.id in self:
            return False
        self._added.append((stamp(entry.published), accepted, fragment))
        self._updated = max(self._updated, stamp(changed_at))
        return True

    def exchange(self, entry: MergedEntry, changed_at: datetime, fragment: bytes, *, alone: bool) -> bool:
        """Write an entry anew in its place; False when that place may be another one now.

        One that is `alone` in its group keeps its place among those of its second; another may be a different copy.
        """
        published = self._dates.get(entry.id)
        if published != stamp(entry.published):
            return False
        if not alone and list(self._dates.values()).count(published) > 1:
            return False
        self._entries[entry.id] = fragment
        self._updated = max(self._updated, stamp(changed_at))
        return True

    def written(self) -> tuple[bytes | memoryview, ...]:
        """The document as `feed.atom_parts` would write it, in parts: most are those of the document that was read."""
        dates = list(self._dates.values())
        fragments = list(self._entries.values())
        for published, _, fragment in sorted(self._added, key=lambda one: one[:2]):
            place = bisect_left(dates, _backwards(published), key=_backwards)
            dates.insert(place, published)
            fragments.insert(place, fragment)
        head = _UPDATED.sub(b"  <updated>" + self._updated.encode() + b"</updated>", self._head, count=1)
        return (head, *fragments, self._tail)


def _places(document: bytes, what: bytes) -> Iterator[int]:
    """Where lines begin so: behind the newline that `what` begins with. No pattern is as quick as looking for bytes."""
    found = document.find(what)
    while found >= 0:
        yield found + 1
        found = document.find(what, found + 1)


def _value(document: bytes, at: int, skip: int) -> str | None:
    """The text of the element whose tag of `skip` bytes was found at `at`; None where it was not (-1)."""
    return document[at + skip : document.find(b"<", at + skip)].decode() if at >= 0 else None


def moved_to(document: bytes, link: str) -> bytes | None:
    """An archive of another site's address, or its beginning, with its own links under `link`; None if it has these."""
    head, entry, rest = document.partition(_ENTRY)
    own, new = _SELF.search(head), link.replace("&", "&amp;").encode()
    if own is None or own[1] == new:
        return None
    return head.replace(b'href="' + own[1], b'href="' + new) + entry + rest


def previous(document: bytes) -> str | None:
    """The name of the archive that a document, or its beginning, leads back to: its path under the site's address."""
    found = _PREVIOUS.search(document[: _begin(document)])
    return found[2].decode("utf-8", "replace") if found else None


def led_back(document: bytes, name: str | None) -> bytes:
    """A document that leads back to an archive, or its beginning, leading to the one of this name, or to none."""
    head, new = document[: _begin(document)], name.encode() if name else b""
    head = _PREVIOUS.sub(lambda found: found[0].replace(found[2], new) if name else b"", head, count=1)
    return head + document[_begin(document) :]


def _begin(document: bytes) -> int:
    """Where the first entry begins."""
    return next(_places(document, _ENTRY), len(document))


def _backwards(published: str) -> str:
    """A key that sorts times of equal length the newest first."""
    return published.translate(_NINES)


_NINES = str.maketrans("0123456789", "9876543210")
