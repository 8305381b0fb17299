"""How records look in the store: times as text, an Entry as a line of JSON and its texts, compressed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from struct import pack, unpack
from typing import Any, overload

from aggregator.entries.identity import content_hash
from aggregator.records import Enclosure, Entry, Hints, Outline, Packed, Standing, StoredEntry
from aggregator.store.packing import compress, decompress

UNREAD = "hash = '' AND standing = 'backlog'"
"""What is true of the outline of an entry (polling/backlog.py); recovered news have no hash either."""

_NAMES = tuple(field.name for field in fields(Entry))
_LONG = ("summary", "content", "text")
_HINTS = tuple(field.name for field in fields(Hints))
_AS_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_FROM_JSON = json.JSONDecoder().raw_decode  # gives where it ends, too
_NOTHING = {"canonical_url": None, "link": None, "title": "", "summary": "", "content": "", "text": ""}


@overload
def storable(text: str) -> str: ...
@overload
def storable(text: None) -> None: ...
def storable(text: str | None) -> str | None:
    """Text as every database holds it: PostgreSQL has no NUL, and neither has lone surrogates."""
    if text is None or (text.isascii() and "\0" not in text):
        return text
    return text.replace("\0", "").encode("utf-8", "replace").decode()


@overload
def to_text(moment: datetime) -> str: ...
@overload
def to_text(moment: datetime | None) -> str | None: ...
def to_text(moment: datetime | None) -> str | None:
    """UTC, whole seconds: 2026-03-14T07:00:00Z."""
    if moment is None:
        return None
    return f"{(moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat()[:19]}Z"


def to_time(text: str | None) -> datetime | None:
    """The inverse of to_text."""
    return None if text is None else datetime.fromisoformat(text)


def packed(entry: Entry) -> Packed:
    """An entry with all that the store wants to know of it, worked out where it is read."""
    return Packed(pack_entry(entry), content_hash(entry), () if isinstance(entry, Outline) else marks_of(entry))


def pack_marks(those: Iterable[int]) -> bytes:
    """Marks as bytes, eight each."""
    numbers = tuple(those)
    return pack(f"<{len(numbers)}q", *numbers)


def unpack_marks(data: bytes) -> tuple[int, ...]:
    """The inverse of pack_marks."""
    return unpack(f"<{len(data) // 8}q", data)


def pack_entry(entry: Entry) -> bytes:
    """An Entry as a line of JSON without what is empty, then its long texts one after the other; compressed.

    The line has the lengths of these texts (in characters) in their places: as JSON they would take longer to write
    and to read than everything else together.
    """
    data: dict[str, Any] = {name: value for name in _NAMES if (value := getattr(entry, name))}
    for name in ("published", "updated"):
        if name in data:
            data[name] = to_text(data[name])
    if entry.duration is not None:
        data["duration"] = entry.duration
    if entry.enclosures:
        data["enclosures"] = [{"url": one.url, "type": one.type, "length": one.length} for one in entry.enclosures]
    for name in _LONG:
        if name in data:
            data[name] = len(data[name])
    return compress(f"{_AS_JSON(data)}\n{entry.summary}{entry.content}{entry.text}".encode("utf-8", "replace"))


def names_of(entry: Entry) -> tuple[str, str | None, str]:
    """What an entry is looked for by: guid, canonical URL, title."""
    return storable(entry.guid), storable(entry.canonical_url), storable(entry.title)


def row_of(entry: Entry, pack: Packed, standing: Standing, ordinal: int, now: datetime) -> tuple[Any, ...]:
    """What a new entry's row has from the guid on, in the order of the INSERT (store/entries.py)."""
    published = min(entry.published or now, now)
    changed = min(max(entry.updated or published, published), now)
    times = (to_text(published), to_text(now), to_text(changed))
    return (*names_of(entry), pack.hash, standing, ordinal, *times, pack.data, pack_marks(pack.marks))


def unpack_entry(blob: bytes, of_content: Callable[[str], str] | None = None) -> Entry:
    """The inverse of pack_entry, also of what older versions wrote: JSON that holds the texts itself.

    With `of_content` an entry has no summary, and of its content what that gives: for many entries at once.
    """
    given = _fields(blob)
    if of_content is not None:
        given |= {"summary": "", "content": of_content(given.get("content", ""))}
    for name in ("published", "updated"):
        if name in given:
            given[name] = datetime.fromisoformat(given[name])
    if "categories" in given:
        given["categories"] = tuple(given["categories"])
    if "enclosures" in given:
        given["enclosures"] = tuple(Enclosure(**enclosure) for enclosure in given["enclosures"])
    return Entry(**_NOTHING | given)


def unpack_head(blob: bytes) -> dict[str, Any]:
    """What a packed entry has besides its long texts, as JSON has it; of one that an older version wrote with them."""
    head: dict[str, Any] = json.loads(decompress(blob).split(b"\n", 1)[0])
    return head


def unpack_text(blob: bytes) -> str:
    """The plain text of a packed entry alone."""
    text: str = _fields(blob).get("text", "")
    return text


def _fields(blob: bytes) -> dict[str, Any]:
    """What a packed entry has, as JSON has it, with its long texts."""
    text = decompress(blob).decode()
    given: dict[str, Any]
    given, end = _FROM_JSON(text)
    start = end + 1
    for name in _LONG:
        if isinstance(length := given.get(name), int):
            given[name] = text[start : start + length]
            start += length
    return given


def pack_hints(hints: Hints) -> str:
    """Hints as JSON; keys with empty values are left out."""
    data = {name: value for name in _HINTS if (value := getattr(hints, name)) not in (None, (), False)}
    if hints.ttl is not None:
        data["ttl"] = int(hints.ttl.total_seconds())
    return json.dumps(data)


@lru_cache(maxsize=1024)  # most sources give the same few
@lru_cache(maxsize=256)
def unpack_hints(text: str) -> Hints:
    """The inverse of pack_hints; many sources give the same."""
    data: dict[str, Any] = json.loads(text)
    lists = {name: tuple(value) for name, value in data.items() if isinstance(value, list)}
    ttl = {"ttl": timedelta(seconds=data["ttl"])} if "ttl" in data else {}
    return Hints(**data | lists | ttl)


def marks_of(entry: Entry) -> tuple[int, ...]:
    """What copies of an entry share (entries/duplicates.py)."""
    from aggregator.entries.duplicates import marks  # noqa: PLC0415 (who only looks into the store waits for no patterns)

    return marks(entry)


def as_stored(row: tuple[Any, ...], of_content: Callable[[str], str] | None = None) -> StoredEntry:
    """A row of SELECT (store/entries.py) as a record; `of_content` as in `unpack_entry`."""
    key, public_id, source, data, standing, published, first_seen, changed_at, accepted, accepted_at, group, hid = row
    return StoredEntry(
        key=key,
        id=public_id,
        source_key=source,
        entry=unpack_entry(data, of_content),
        standing=standing,
        published=datetime.fromisoformat(published),
        first_seen=datetime.fromisoformat(first_seen),
        changed_at=datetime.fromisoformat(changed_at),
        accepted=accepted,
        accepted_at=to_time(accepted_at),
        group=group,
        hidden=bool(hid),
    )
