"""Where hubs call: verification of intent and deliveries, answered at once by what is known (WebSub, sections 5.3, 7).

The server's thread asks, the thread of the tick tells what is known and takes what came: between the two stands this
desk, and neither waits for the other. Nothing here reads the store.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit

from aggregator.errors import FetchError
from aggregator.fetch.body import decoded
from aggregator.hubs.websub import is_signed
from aggregator.records import Subscription

PROBE = "are-you-there"  # the last step of an address that anybody may ask: `doctor` does
REACHED = "a WebSub callback\n"
MOST_WAITING = 64 * 2**20  # bytes of deliveries that wait to be read; a hub comes again
LIMIT = 8 * 2**20  # bytes of one delivery, decoded; what is larger is found by the next poll
_LONGEST_CHALLENGE = 4096

Answer = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a hub brought for a subscription, signed as it must be."""

    callback: str
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Word:
    """What a hub said of a subscription: it verified a mode, with its lease, or denied, with its reason."""

    callback: str
    mode: Literal["subscribe", "unsubscribe", "denied"]
    text: str


class Callback:
    """The desk. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: Mapping[str, Subscription] = {}
        self._probes: frozenset[str] = frozenset()
        self._deliveries: list[Delivery] = []
        self._words: list[Word] = []
        self._waiting = 0

    # --- for the thread of the tick --------------------------------------------------------------------------

    def expect(self, known: Iterable[Subscription], base: str | None) -> None:
        """What is known from now on; `base` is the public address under which new callbacks stand."""
        table = {_path(one.callback): one for one in known}
        with self._lock:
            self._known, self._probes = table, frozenset({_path(base + PROBE)} if base else ())

    def take(self) -> tuple[list[Word], list[Delivery]]:
        """What came since the last time, oldest first."""
        with self._lock:
            words, deliveries = self._words, self._deliveries
            self._words, self._deliveries, self._waiting = [], [], 0
        return words, deliveries

    # --- for the server --------------------------------------------------------------------------------------

    def is_here(self, path: str) -> bool:
        """Whether an address of this server, decoded, is one of ours."""
        return path in self._known or path in self._probes

    def wants(self, path: str) -> int:
        """The status with which a delivery is refused before its body is read; 0 where it is welcome."""
        one = self._known.get(path)
        if one is None:
            return 405 if path in self._probes else 404
        if one.state in ("leaving", "left"):
            return 410
        return 0 if one.state == "active" or one.pending == "subscribe" else 404

    def verify(self, path: str, query: Mapping[str, str]) -> Answer:
        """A GET: the challenge back for what was asked for, a denial noted; anything else is not known here."""
        if path in self._probes:
            return 200, REACHED
        one, mode = self._known.get(path), query.get("hub.mode", "")
        if one is None or query.get("hub.topic") != one.topic:
            return 404, "not asked for\n"
        if mode == "denied" and one.state not in ("leaving", "left"):
            self._note(Word(one.callback, "denied", query.get("hub.reason", "")))
            return 200, ""
        challenge = query.get("hub.challenge", "")
        if mode != one.pending or not 0 < len(challenge) <= _LONGEST_CHALLENGE:
            return 404, "not asked for\n"
        self._note(Word(one.callback, "unsubscribe" if mode == "unsubscribe" else "subscribe", _lease(query)))
        return 200, challenge

    def deliver(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        """A POST: 2xx at once, read later; what is not signed as agreed hears the same and is forgotten (7.1)."""
        one = self._known.get(path)
        if (refusal := self.wants(path)) or one is None:
            return refusal
        if one.secret is not None and not is_signed(body, headers.get("x-hub-signature", ""), one.secret):
            return 202
        try:
            plain = decoded((body,), headers.get("content-encoding", ""), LIMIT)
        except FetchError as error:
            return 413 if error.kind == "limit" else 415
        delivery = Delivery(one.callback, plain, dict(headers))
        with self._lock:
            if self._waiting + len(plain) > MOST_WAITING:
                return 503
            self._waiting += len(plain) + 1024
            self._deliveries.append(delivery)
        return 202

    def _note(self, word: Word) -> None:
        with self._lock:
            if len(self._words) < 10_000:
                self._words.append(word)


def _lease(query: Mapping[str, str]) -> str:
    return query.get("hub.lease_seconds", "")


def _path(url: str) -> str:
    return unquote(urlsplit(url).path)
