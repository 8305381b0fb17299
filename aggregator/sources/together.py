"""What is wrong between the lines of feeds.yaml: no source at all, one source twice, polling too often.

Judged on the data as it was written, so that these mistakes are told beside all others.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from aggregator.entries.durations import parse_duration
from aggregator.errors import Problem
from aggregator.sources.yaml import Document, Path
from aggregator.urls import canonical, without_secrets

SHORTEST_EVERY = timedelta(minutes=10)

_NO_SOURCES = "no sources yet: add a line `- https://example.org/feed` under `sources:`"
_TOO_OFTEN = "must be 10m or more, unless `allow_private: true` says that it is your own machine"


def problems_together(document: Document, file: str) -> Iterator[Problem]:
    """Every mistake that shows only where several values are seen together."""
    data = document.data
    if data is None or isinstance(data, list | dict):
        yield from _missing_sources(document, file)
        yield from _duplicates(document, file)
        yield from _too_often(document, file)


def _sources(document: Document) -> Iterator[tuple[Path, Any]]:
    data = document.data
    items, prefix = (data.get("sources"), ("sources",)) if isinstance(data, dict) else (data, ())
    for index, item in enumerate(items if isinstance(items, list) else []):
        yield (*prefix, index), item


def _missing_sources(document: Document, file: str) -> Iterator[Problem]:
    given = document.data if isinstance(document.data, dict) else {"sources": document.data}
    if any(key.lower() == "sources" != key for key in given):
        return  # an unknown key, told as such
    if not given.get("sources") and not given.get("reading_lists"):
        place = document.key_at(("sources",))
        yield Problem(file, place.line, place.column, _NO_SOURCES)


def _duplicates(document: Document, file: str) -> Iterator[Problem]:
    """Sources that are the same feed: http or https, with or without www., slash at the end or fragment."""
    seen: dict[str, int] = {}
    for path, item in _sources(document):
        address = item.get("url") if isinstance(item, dict) else item
        key = canonical(address) if isinstance(address, str) else None
        if key is None:
            continue
        place = document.value_at((*path, "url"))
        if key in seen:
            shown = without_secrets(str(address))
            yield Problem(file, place.line, place.column, f"this source stands on line {seen[key]} already: {shown}")
        seen.setdefault(key, place.line)


def _too_often(document: Document, file: str) -> Iterator[Problem]:
    """A short `every` where `allow_private` does not hold: told where it is written, in a source or in `defaults:`."""
    found = document.data.get("defaults") if isinstance(document.data, dict) else None
    defaults = _written(found)
    for path, item in ((("defaults",), found), *_sources(document)):
        own = _written(item)
        every = _duration({**defaults, **own}.get("every"))
        if every is None or every >= SHORTEST_EVERY or {**defaults, **own}.get("allow_private") is True:
            continue
        if "every" in own:
            place = document.value_at((*path, "every"))
            yield Problem(file, place.line, place.column, f"`every`: {_TOO_OFTEN}")
        elif "allow_private" in own and defaults.get("allow_private") is True:
            place = document.value_at((*path, "allow_private"))
            yield Problem(
                file,
                place.line,
                place.column,
                "`allow_private`: with the short `every` of `defaults:` this must be true",
            )


def _written(item: Any) -> dict[str, Any]:
    return {key: value for key, value in item.items() if value is not None} if isinstance(item, dict) else {}


def _duration(value: object) -> timedelta | None:
    try:
        return parse_duration(value) if isinstance(value, str) else None
    except ValueError:
        return None
