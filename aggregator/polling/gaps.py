"""Filling gaps: older pages of a feed, read until they meet what is known (RFC 5005 archives, WordPress pages).

After a pass, one page a gap, guarded and spaced like every request. What it holds goes the way of every poll, with its
own dates and judged as if the poll before the gap had found it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.entries import gaps
from aggregator.entries.match import match
from aggregator.entries.recognition import Known, share_known
from aggregator.errors import FetchError, ParseError
from aggregator.fetch.client import Client, Request, Wire, permitted_host
from aggregator.fetch.credentials import own_headers, without_user
from aggregator.fetch.turns import BUSY
from aggregator.parse.document import parse_and_pack
from aggregator.parse.pool import Pool
from aggregator.polling.cadence import retry_after
from aggregator.polling.recorder import record
from aggregator.records import Config, Entry, Gap, Packed, PollResult, Response, Source
from aggregator.store.sqlite import Store
from aggregator.urls import host_of, is_http

ONE = 15.0  # seconds for a page
MOST = 20  # pages in a pass
_ENDED = frozenset((400, 404, 410))  # what is asked for beyond the last page


def fill(
    config: Config, store: Store, wire: Wire, pool: Pool, clock: Callable[[], datetime], stop: threading.Event
) -> int:
    """Read the next page of every gap that has one to be read now; how many entries that brought."""
    due = store.gaps.due(clock())[:MOST]
    if not due:
        return 0
    states, brought = store.sources.states(), 0
    sources = {states[one.url].key: one for one in config.sources if one.url in states and not one.paused}
    with closing(replace(wire, timeout=min(wire.timeout, ONE)).client()) as client:
        for gap in due:
            if stop.is_set():
                break
            if store.sources.hosts().get(host_of(gap.next_url or ""), clock()) > clock():
                continue  # it asked for a rest
            source, after = sources.get(gap.source_key), gaps.closed(gap, clock(), is_filled=False)
            if source is not None:
                after = _Reader(source, store, client, pool).next_page(gap, clock())
            brought += after.recovered - gap.recovered
            with store.transaction():
                store.gaps.put(after)
    pool.rest()
    return brought


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads older pages of a source."""

    source: Source
    store: Store
    client: Client
    pool: Pool

    def next_page(self, gap: Gap, now: datetime) -> Gap:
        """What becomes of a gap by its next page; entries that lie in it are recorded."""
        try:
            response = self.client.ask(_request(gap.next_url or "", self.source))
        except FetchError as error:
            return replace(gap, next_at=now + gaps.SPACING) if error.kind == BUSY else gaps.again(gap, now)
        if response.status in _ENDED:
            return gaps.closed(gap, now, is_filled=False)
        if response.status != 200:
            return gaps.again(gap, now, retry_after(response.headers, now))
        try:
            kind = response.headers.get("content-type")
            feed, entries, packs, _ = self.pool.run(parse_and_pack, response.body, response.url, kind, now)
        except ParseError:
            return gaps.closed(gap, now, is_filled=False)
        known = list(self.store.entries.known(gap.source_key))
        number = self._record(gap, entries, packs, known, now)
        after = gaps.after_page(gap, entries, feed, _address(gap, response), number, now)
        meets = share_known(entries, [one for one in known if one.published <= gap.newest_known]) > 0
        return gaps.closed(after, now, is_filled=True) if meets else after

    def _record(
        self, gap: Gap, entries: Sequence[Entry], packs: dict[str, Packed], known: Sequence[Known], now: datetime
    ) -> int:
        """Record what lies in the gap, as the poll before it would have; how many are new."""
        changes = match(gaps.missing(gap, entries), known, gap.polled_at, now, partial=True)
        state = self.store.sources.state(gap.source_key)
        record(PollResult(self.source, state, "new", changes, packs=packs), self.store, now)
        return len(changes.new)


def _address(gap: Gap, response: Response) -> str:
    """By which the next page is counted: where the page was asked for, unless that leads elsewhere for good."""
    return response.url if "paged=" in response.url else gap.next_url or response.url


def _request(url: str, source: Source) -> Request:
    plain = without_user(url)
    same = is_http(plain) and _origin(plain) == _origin(source.url)
    return Request(
        plain,
        headers=own_headers(source) if same else {},
        permitted=permitted_host(source),
        proxy=source.proxy,
    )


def _origin(url: str) -> tuple[str, str]:
    return url.partition(":")[0].lower(), host_of(url)
