"""Signs of raw entries: what a document says as it did before need not be read again.

A sign is a hash of an entry as its publisher wrote it and of all else that normalizing reads: the program's version,
the feed's address, title and language. Beside it stands the hash of what the entry then said (identity.py), by which
matching sees whether the store still has just that; what differs, and what is not known, is read whole. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256

from aggregator import __version__
from aggregator.records import ParsedEntry, ParsedFeed

SIGN, SAID = 8, 16  # bytes; only a publisher could make two of his entries share a sign, and would hide his own edit

_UNREAD = bytes(SAID)

Signs = Mapping[bytes, str]
"""By the sign of an entry the hash of what it says; empty where only its outline was read."""


class Signer:
    """Signs the entries of one document, whose relative links stand on `base`, for a `version` of the program."""

    def __init__(self, feed: ParsedFeed, base: str, version: str = __version__) -> None:
        around = repr((version, base, feed.title, feed.language))
        self._start = sha256(around.encode("utf-8", "replace"))

    def sign(self, parsed: ParsedEntry) -> bytes:
        """The sign of an entry, eight bytes."""
        made, summary, content = self._start.copy(), parsed.summary or "", parsed.content or ""
        short = repr((len(summary), len(content), parsed._replace(summary=None, content=None)))
        made.update(f"{short}{summary}{content}".encode("utf-8", "replace"))  # repr is slow with long texts
        return made.digest()[:SIGN]


def pack_signs(signs: Iterable[tuple[bytes, str]]) -> bytes:
    """Signs, each with the hash of what its entry says, as the store keeps them: 24 bytes an entry."""
    return b"".join(sign + (bytes.fromhex(said) or _UNREAD) for sign, said in signs)


def unpack_signs(data: bytes) -> dict[bytes, str]:
    """The inverse of pack_signs."""
    starts = range(0, len(data), SIGN + SAID)
    pairs = ((data[at : at + SIGN], data[at + SIGN : at + SIGN + SAID]) for at in starts)
    return {sign: "" if said == _UNREAD else said.hex() for sign, said in pairs}
