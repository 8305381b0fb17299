"""Edits of feeds.yaml that keep every byte they do not mean: bytes and edits in, bytes out.

An edit becomes a few cuts at the parser's marks. The result is read again and must mean exactly what was wanted and
nothing else; where it does not (aliases, unusual forms), the edit is refused with one line and nothing is changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aggregator.errors import ConfigError, Problem
from aggregator.sources.insertion import Keys, added
from aggregator.sources.layout import Cut, Layout, Unclear, apply
from aggregator.sources.removal import removed
from aggregator.sources.replacement import changed
from aggregator.sources.scalars import as_yaml
from aggregator.sources.yaml import Document, parse

_GONE = object()
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Add:
    """New sources at the end of the list, each a map with `url` first, or with `url` alone."""

    sources: tuple[Keys, ...]

    @property
    def in_words(self) -> str:
        """What to do by hand instead."""
        lines = [as_yaml(source["url"] if len(source) == 1 else source) for source in self.sources]
        return f"add `- {lines[0]}` under `sources:`" + (f" and {len(lines) - 1} more" if len(lines) > 1 else "")


@dataclass(frozen=True, slots=True)
class Remove:
    """The source with this address leaves the file; `url` as in Source."""

    url: str

    @property
    def in_words(self) -> str:
        """What to do by hand instead."""
        return f"take the source {self.url} out"


@dataclass(frozen=True, slots=True)
class Change:
    """Keys of the source with this address get these values (as YAML data); None takes a key out."""

    url: str
    keys: Mapping[str, object] = field(default_factory=dict)

    @property
    def in_words(self) -> str:
        """What to do by hand instead."""
        said = [
            f"`{key}: {as_yaml(value)}`" if value is not None else f"no `{key}`" for key, value in self.keys.items()
        ]
        return f"give the source {self.url} {' and '.join(said)}"


Edit = Add | Remove | Change


def edited(data: bytes, edits: Sequence[Edit], file: str) -> bytes:
    """`data`, the content of the file called `file`, with all edits made.

    Raises ConfigError: when the file is no YAML, an edit names a source that is not in the file, or an edit cannot be
    made without touching more than is meant. Whether the result is a valid configuration is for the caller to see.
    """
    try:
        return _all_at_once(data, edits, file)
    except Unclear:
        pass
    for edit in edits:  # one after the other: so it is known which one cannot be made
        try:
            data = _all_at_once(data, [edit], file)
        except Unclear as unclear:
            message = f"this is written in a way that cannot be edited safely; edit it by hand: {edit.in_words}"
            raise ConfigError(Problem(file, *_line_of(data, edit, file), message)) from unclear
    return data


def _all_at_once(data: bytes, edits: Sequence[Edit], file: str) -> bytes:
    document = parse(data, file)
    if document.problems:
        raise ConfigError(*document.problems)
    places = _places(document)
    layout, wanted = Layout(document), _Wanted(document)
    cuts: list[Cut] = []
    for edit in edits:
        index = -1 if isinstance(edit, Add) else _index(edit.url, places, file)
        cuts += _cuts(layout, index, edit)
        wanted.take(index, edit)
    text = apply(document.text, list(dict.fromkeys(cuts)))
    result = (_BOM if data.startswith(_BOM) else b"") + text.encode()
    if not _means(result, wanted.data(), file):
        raise Unclear
    return result


def _cuts(layout: Layout, index: int, edit: Edit) -> list[Cut]:
    if isinstance(edit, Add):
        return added(layout, edit.sources)
    if isinstance(edit, Remove):
        return removed(layout, index)
    present = layout.data((*layout.sources, index))
    known = present if isinstance(present, dict) else {"url": present}
    different = {key: value for key, value in edit.keys.items() if not _same(known.get(key), value)}
    return [cut for key, value in different.items() for cut in changed(layout, index, key, value)]


def _places(document: Document) -> dict[str, int]:
    """The addresses of the sources, as Source has them, and where they stand in the list."""
    items = document.data.get("sources") if isinstance(document.data, dict) else document.data
    found: dict[str, int] = {}
    for index, item in enumerate(items if isinstance(items, list) else []):
        address = item.get("url") if isinstance(item, dict) else item
        if isinstance(address, str):
            found.setdefault(" ".join(address.split()), index)
    return found


def _index(url: str, places: Mapping[str, int], file: str) -> int:
    if url not in places:
        raise ConfigError(Problem(file, 0, 0, f"no source with the address {url[:200]} stands in this file"))
    return places[url]


def _line_of(data: bytes, edit: Edit, file: str) -> tuple[int, int]:
    document = parse(data, file)
    path = Layout(document).sources
    place = document.value_at(path if isinstance(edit, Add) else (*path, _places(document).get(edit.url, 0)))
    return place.line, place.column


class _Wanted:
    """What the file must mean after the edits, worked out on its plain data."""

    def __init__(self, document: Document) -> None:
        self._before = document.data
        items = document.data.get("sources") if isinstance(document.data, dict) else document.data
        self._items: list[Any] = list(items) if isinstance(items, list) else []

    def take(self, index: int, edit: Edit) -> None:
        if isinstance(edit, Add):
            self._items += [dict(source) for source in edit.sources]
        elif isinstance(edit, Remove):
            self._items[index] = _GONE
        else:
            self._items[index] = _with_keys(self._items[index], edit.keys)

    def data(self) -> object:
        items = [item for item in self._items if item is not _GONE]
        return items if isinstance(self._before, list) else {**(self._before or {}), "sources": items}  # type: ignore[dict-item]


def _with_keys(item: object, keys: Mapping[str, object]) -> object:
    before = item if isinstance(item, dict) else {"url": item}
    return {key: value for key, value in {**before, **keys}.items() if key not in keys or value is not None}


def _means(data: bytes, wanted: object, file: str) -> bool:
    """Is this what the bytes mean? A source's address alone and a map of its `url` mean the same."""
    try:
        document = parse(data, file)
    except ConfigError:
        return False
    return not document.problems and _same(_long(document.data), _long(wanted))


def _long(data: object) -> object:
    items = data.get("sources") if isinstance(data, dict) else data
    rows = [item if isinstance(item, dict) else {"url": item} for item in items] if isinstance(items, list) else items
    return {**data, "sources": rows} if isinstance(data, dict) else rows


def _same(one: object, other: object) -> bool:
    """Equal in value, kind (`true` is not 1) and order of keys."""
    return json.dumps(one) == json.dumps(other)
