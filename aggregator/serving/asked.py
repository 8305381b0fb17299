"""What a request asks for by its headers: which coding, which version, only what is new (RFC 9110, RFC 3229). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime

_HEEDED = frozenset({b"accept-encoding", b"if-none-match", b"if-modified-since", b"a-im", b"sec-fetch-dest"})


def heeded(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, str]:
    """The headers that have a say, those sent several times as one list."""
    asked: dict[bytes, str] = {}
    for name, value in headers:
        if name in _HEEDED:
            text = value.decode("latin-1")
            asked[name] = f"{asked[name]},{text}" if name in asked else text
    return asked


def takes(wanted: str, accepted: str, else_by: str | None = None) -> bool:
    """Whether a list with weights allows something by name, or else by a wildcard (RFC 9110, section 12.4.2)."""
    weights = {}
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        weights[name.strip()] = weight.replace(" ", "")
    return weights.get(wanted, weights.get(else_by or wanted, "q=0")) not in ("q=0", "q=0.0", "q=0.00", "q=0.000")


def moment(text: str | None) -> datetime | None:
    """The time of If-Modified-Since; None for none, and for what is no time."""
    try:
        found = parsedate_to_datetime(text) if text else None
    except (ValueError, TypeError):
        return None
    return found if found is not None and found.tzinfo is not None else None


def tags_of(asked: Mapping[bytes, str]) -> Sequence[str]:
    """The tags of If-None-Match, in their order, weak ones as if strong."""
    wanted = asked.get(b"if-none-match")
    return [tag.strip().removeprefix("W/") for tag in wanted.split(",")] if wanted is not None else ()
