"""feeds.yaml without a mistake, which is nearly every time it is read: its keys as values, in a tenth of the time.

`model` judges a file and says all that is wrong with it; here the first mistake ends the reading. Both use the same
kinds of values, and a test holds them against each other: what is read here is what `model` would give.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from aggregator.sources import storage, values, zone

Reading = Callable[[Any], Any]
Keys = dict[str, Any]
"""The keys that were written, by name, with their values as the program uses them; parts are such maps as well."""


def keys_of(data: Any) -> Keys | None:
    """The keys of feeds.yaml in its long form; None where anything is wrong, or may be."""
    try:
        keys: Keys = _FILE(data)
    except (ValueError, OverflowError):
        return None
    return keys


def _part(kinds: Mapping[str, Reading]) -> Reading:
    """A map with these keys and no others; one without a value is as good as absent."""

    def read(data: Any) -> Keys:
        if not isinstance(data, dict):
            raise ValueError("no map")  # noqa: TRY004
        written = {key: value for key, value in data.items() if value is not None}
        if not written.keys() <= kinds.keys():
            raise ValueError("an unknown key")
        return {key: kinds[key](value) for key, value in written.items()}

    return read


def _many(kind: Reading) -> Reading:
    def read(data: Any) -> list[Any]:
        if not isinstance(data, list):
            raise ValueError("no list")  # noqa: TRY004
        return list(map(kind, data))

    return read


def _mapping(name: Reading, kind: Reading) -> Reading:
    def read(data: Any) -> Keys:
        if not isinstance(data, dict):
            raise ValueError("no map")  # noqa: TRY004
        return {name(key): kind(value) for key, value in data.items()}

    return read


def _flag(data: Any) -> bool:
    if not isinstance(data, bool):
        raise ValueError("neither true nor false")  # noqa: TRY004
    return data


def _cap(data: Any) -> int:
    if type(data) is not int or not 1 <= data <= 1000:
        raise ValueError("no number from 1 to 1000")
    return data


def _number(data: Any) -> float:
    if type(data) not in (int, float) or not math.isfinite(data):
        raise ValueError("no number")
    return float(data)


def _republish(data: Any) -> str:
    if data not in ("full", "excerpt", "link"):
        raise ValueError("none of these")
    return str(data)


def _rule(data: Any) -> Keys:
    rule: Keys = _RULE(data)
    actions = rule.keys() - {"when"}
    if len(actions) != 1 or ("when" in rule) != (actions <= {"tag", "score"}):
        raise ValueError("not one action")
    return rule


def _source(data: Any) -> Keys:
    line: Keys = {"url": values.url(data)} if isinstance(data, str) else _SOURCE(data)
    if "url" not in line:
        raise ValueError("no address")
    return line


_RULE = _part(
    {
        "drop": values.condition,
        "keep": values.condition,
        "tag": values.tag,
        "score": _number,
        "when": values.condition,
    }
)
_DEFAULTS: dict[str, Reading] = {
    "title": values.text,
    "tags": values.tags,
    "every": values.duration,
    "at_most": _cap,
    "full_text": _flag,
    "republish": _republish,
    "private": _flag,
    "allow_private": _flag,
    "paused": _flag,
    "headers": _mapping(values.header_name, values.header_value),
    "auth": values.auth,
    "proxy": values.proxy,
    "filters": _many(_rule),
}
_SOURCE = _part({**_DEFAULTS, "url": values.url})
_DIGEST: dict[str, Reading] = {
    "at": values.clock,
    "read_in": values.reading_time,
    "mail_to": _many(values.address),
    "epub": _flag,
    "introduction": values.command,
}
_FILE = _part(
    {
        "title": values.text,
        "link": values.home,
        "timezone": lambda data: zone.zone_named(values.text(data)),
        "output": values.text,
        "store": storage.store,
        "contact": values.text,
        "defaults": _part(_DEFAULTS),
        "digest": _part(_DIGEST),
        "digests": _mapping(values.series_name, _part({**_DIGEST, "days": values.days, "tags": values.tags})),
        "topics": _mapping(values.text, values.patterns),
        "lenses": _mapping(values.text, values.patterns),
        "interests": _mapping(values.pattern, _number),
        "filters": _many(_rule),
        "sources": _many(_source),
        "reading_lists": _many(values.url),
        "hub": values.url_or_none,
        "callback": values.home_or_none,
        "notify": values.notify,
    }
)
