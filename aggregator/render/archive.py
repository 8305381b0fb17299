"""An archive document that grows: entries are put in and exchanged where they stand, the others keep their bytes.

It reads only what `feed.atom` has written: an entry begins on a line of its own, and no text can hold a `<`. It is
read once, from its beginning to its end, and no more than an entry of it is held.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Generic, TypeVar

from aggregator.records import MergedEntry
from aggregator.render.merged import stamp

_ENTRY, _ID, _PUBLISHED = b"\n  <entry", b"\n    <id>", b"\n    <published>"
_UPDATED = re.compile(rb"^  <updated>([^<]*)</updated>", re.MULTILINE)
_PREVIOUS = re.compile(rb'^  <link rel="prev-archive" href="([^"]*/)(archive/[^"]*)"[^>]*/>\n', re.MULTILINE)
_SELF = re.compile(rb'<link rel="self" href="([^"]*)archive/')
_END = b"</feed>"

T = TypeVar("T")


class Growth(Generic[T]):
    """What changed since an archive was written. `T` is whatever stands for an entry's bytes (`feed.atom_entry`)."""

    def __init__(self) -> None:
        self._updated = ""
        self._absent: set[str] = set()
        self._added: list[tuple[str, int, T]] = []
        self._exchanged: dict[str, tuple[str, T, bool]] = {}

    def leave_out(self, name: str) -> None:
        """An entry that is not to stand there."""
        self._absent.add(name)

    def add(self, entry: MergedEntry, accepted: int, changed_at: datetime, fragment: T) -> None:
        """An entry that was accepted after all that stand there."""
        self._absent.add(entry.id)
        self._added.append((stamp(entry.published), accepted, fragment))
        self._updated = max(self._updated, stamp(changed_at))

    def exchange(self, entry: MergedEntry, changed_at: datetime, fragment: T, *, alone: bool) -> None:
        """An entry that is written anew where it stands.

        One that is `alone` in its group keeps its place among those of its second; another may be a different copy.
        """
        self._exchanged[entry.id] = stamp(entry.published), fragment, alone
        self._updated = max(self._updated, stamp(changed_at))

    def of(self, document: Iterable[bytes]) -> list[bytes | slice | T] | None:
        """What `feed.atom_parts` would write of all entries: a slice stands for what is kept of the document.

        `document` is given in blocks. None where the order may be another one now, or an entry has left, or something
        else wrote it: then it is to be made anew.
        """
        try:
            return _joined(self._parts(_pieces(document)))
        except _Unlike:
            return None

    def _parts(self, pieces: Iterator[tuple[int, bytes]]) -> Iterator[bytes | slice | T]:
        added, left = sorted(self._added, key=lambda one: one[:2]), dict(self._exchanged)
        before = crowded = None  # dates: of the entry before, of one whose place among those of its second may differ
        yield self._head(next(pieces)[1])
        for start, piece in pieces:
            name, date = ("", "") if piece.startswith(_END) else _named(piece)
            if name in self._absent or date == crowded:
                raise _Unlike
            while added and added[-1][0] >= date:
                yield added.pop()[2]
            if name in left:
                published, fragment, alone = left.pop(name)
                crowded = None if alone else date
                if published != date or (not alone and before == date):
                    raise _Unlike
                yield fragment
            else:
                yield slice(start, start + len(piece))
            before = date
        if left:
            raise _Unlike

    def _head(self, head: bytes) -> bytes:
        found = _UPDATED.search(head)
        if found is None:
            raise _Unlike
        updated = max(found[1], self._updated.encode())
        return head[: found.start(1)] + updated + head[found.end(1) :]


class _Unlike(Exception):  # noqa: N818 (no error: the document is made anew)
    """A document is not one to change."""


def _pieces(document: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """The head of a document, each of its entries and its end, each with where it begins.

    No pattern is as quick as looking for bytes.
    """
    at, rest = 0, b""
    for block in document:
        rest, begin = rest + block, 0
        while (line := rest.find(_ENTRY, begin)) >= 0:
            yield at + begin, rest[begin : line + 1]
            begin = line + 1
        at, rest = at + begin, rest[begin:]
    last, end, tail = rest.rpartition(_END)
    if not end:
        raise _Unlike
    yield at, last
    yield at + len(last), end + tail


def _joined(parts: Iterable[bytes | slice | T]) -> list[bytes | slice | T]:
    """The same, with slices that follow each other as one."""
    joined: list[bytes | slice | T] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, slice) and isinstance(last, slice) and last.stop == part.start:
            joined[-1] = slice(last.start, part.stop)
        else:
            joined.append(part)
    return joined


def _named(piece: bytes) -> tuple[str, str]:
    """The id of an entry and its date, as they are written."""
    name, published = _value(piece, piece.find(_ID), len(_ID)), _value(piece, piece.rfind(_PUBLISHED), len(_PUBLISHED))
    if name is None or published is None:
        raise _Unlike
    return name, published


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
    found = document.find(_ENTRY)
    return found + 1 if found >= 0 else len(document)
