"""Whether our own network is away: what the last attempts of a quarter of an hour say, one a host.

A machine without a network reaches nobody; behind a captive portal everybody gives it the same page. Then no source
is to blame: failures of that time are taken back.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aggregator.pipeline import Polled
from aggregator.polling.health import NETWORK_KINDS
from aggregator.records import SourceState
from aggregator.urls import host_of

WINDOW = timedelta(minutes=15)
FEWEST = 3  # hosts; with fewer a failure is the source's
_CUT = "no connection"


@dataclass(frozen=True, slots=True)
class Attempt:
    """The last attempt at a host; `sign` is what it met in place of an answer, `before` the source as it was."""

    at: datetime
    sign: str | None
    before: SourceState


def sign_of(polled: Polled) -> str | None:
    """No connection (DNS, connect, TLS), or which page stood in place of the feed; None for any other end."""
    if polled.error is None:
        return None
    if polled.error.kind in NETWORK_KINDS:
        return _CUT
    if polled.error.kind != "html" or polled.response is None:
        return None
    there = host_of(polled.response.url)
    return f"page at {there}" if there != host_of(polled.source.url) else f"page {polled.body_hash}"


def looks_away(signs: list[str | None]) -> bool:
    """At least 3 hosts, and 9 in 10 of them without a connection or with one and the same page."""
    seen = Counter(sign for sign in signs if sign)
    cut = seen.pop(_CUT, 0)
    page = max((number for number in seen.values() if number > 1), default=0)
    return len(signs) >= FEWEST and (cut + page) * 10 >= len(signs) * 9


class Network:
    """The last attempts of this process."""

    def __init__(self) -> None:
        self._attempts: dict[str, Attempt] = {}
        self._failed: dict[int, Attempt] = {}  # by key of the source: what may have to be taken back

    def note(self, polled: Polled, now: datetime) -> bool:
        """Remember how a poll ended; True if it may have been our own network's fault."""
        attempt = Attempt(now, sign_of(polled), polled.state)
        self._attempts[host_of(polled.source.url)] = attempt
        if attempt.sign is None:
            self._failed.pop(polled.state.key, None)
        else:
            self._failed.setdefault(polled.state.key, attempt)
        return attempt.sign is not None

    def is_away(self, now: datetime) -> bool:
        """Whether our own network seems to be away."""
        self._attempts = {host: one for host, one in self._attempts.items() if abs(now - one.at) <= WINDOW}
        self._failed = {key: one for key, one in self._failed.items() if abs(now - one.at) <= WINDOW}
        return looks_away([one.sign for one in self._attempts.values()])

    def taken_back(self, now: datetime) -> list[SourceState]:
        """The sources that failed in that time, as they were before, due again."""
        return [
            replace(one.before, next_poll_at=min(one.before.next_poll_at or now, now)) for one in self._failed.values()
        ]
