"""THE order: fetch -> parse -> normalize -> match -> record. One source cannot stop another.

Lanes of threads fetch (lanes.py), a lane a host; what they bring is parsed and normalized in the killable workers of
a pool; the calling thread matches and records, those that came together in one transaction (recorder.py). A failure of
a feed is data, recorded and backed off; a bug is an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from itertools import chain

from aggregator.discovery.discover import Offers, offers
from aggregator.entries.gaps import HURRIED_FOR, gap_in, is_alone, pace
from aggregator.entries.match import match, safer_links
from aggregator.entries.recognition import is_mostly_known
from aggregator.entries.rewritten import near_copies
from aggregator.entries.takeover import takeover
from aggregator.errors import FetchError, ParseError, SourceError
from aggregator.fetch.client import Client
from aggregator.fetch.firsts import NOTHING, Firsts
from aggregator.hubs.websub import heard, hub_that_delivers, was_missed
from aggregator.parse.document import parse_and_pack
from aggregator.parse.pool import Pool
from aggregator.polling.cadence import NO_TIME, TOO_MANY, slower_pace
from aggregator.polling.due import hosts_of
from aggregator.polling.health import status_words
from aggregator.polling.memory import after_answer, after_failure, believed, paced, where_to_ask
from aggregator.records import (
    Changes,
    Entry,
    HostRest,
    Outcome,
    Outline,
    Packed,
    ParsedFeed,
    PollResult,
    Response,
    Source,
    SourceState,
)
from aggregator.report import Move, Progress
from aggregator.store.ahead import Ahead, Elders
from aggregator.store.sqlite import Store
from aggregator.urls import host_of


@dataclass(frozen=True, slots=True)
class Polled:
    """What a lane brings home of one source: an answer understood, or the failure as data.

    `pushed`: nobody asked for it, a hub brought it. Some `entries` may be outlines: `whole` reads the document again,
    all of it. `signs` are those of a whole feed.
    """

    source: Source
    state: SourceState
    response: Response | None = None
    feed: ParsedFeed | None = None
    entries: tuple[Entry, ...] = ()
    packs: Mapping[str, Packed] = field(default_factory=dict)
    error: SourceError | None = None
    body_hash: str | None = None
    seconds: float = 0.0
    pushed: bool = False
    signs: bytes = b""
    whole: Callable[[], Polled] | None = None

    @property
    def name(self) -> str:
        """The source for people who watch: its title, else its host; an address may hold a token."""
        return self.source.title or self.state.feed_title or host_of(self.source.url)

    def progress(self, done: int, total: int) -> Progress:
        """What a log says of it, as the source number `done` of `total`."""
        answer = "read" if self.feed else "unchanged"
        answer = "not_modified" if self.response and self.response.status == 304 else answer
        answer = "pushed" if self.pushed else answer
        error = str(self.error) if self.error else None
        size = len(self.response.body) if self.response else 0
        outcome = "failed" if error else answer
        return Progress(done, total, self.name, outcome, self.seconds, size, len(self.entries), error)


# --- in the lanes --------------------------------------------------------------------------------------------


def poll_source(
    client: Client,
    pool: Pool,
    source: Source,
    state: SourceState,
    now: datetime,
    firsts: Firsts = NOTHING,
    *,
    signs: bytes = b"",
    outlines: bool = False,
) -> Polled:
    """fetch -> parse -> normalize for one source; every SourceError ends here, as data.

    A first poll takes what `check` or `add`, which know no state (key 0), have just fetched and left in `firsts`.
    Entries that are as the `signs` of the document before have them are not normalized; with `outlines` neither is the
    backlog of a first poll (polling/backlog.py).
    """
    polled = Polled(source, state)
    try:
        kept = firsts.get(source.url, now, take=state.key != 0) if state.polled_at is None else None
        response = kept or client.poll(source, state, where_to_ask(source, state))
        polled = Polled(source, state, response, body_hash=sha256(response.body).hexdigest())
        _refuse(response, state)
        if response.status == 304 or polled.body_hash == state.body_hash:
            return polled
        read = read_document(polled, response, pool, now, signs, first=outlines and state.is_new)
        if state.key == 0 and kept is None and read.error is None:
            firsts.put(source.url, response, now)
        return read  # noqa: TRY300 (the end of the usual way)
    except SourceError as error:
        return replace(polled, error=error)


def read_document(
    polled: Polled, response: Response, pool: Pool, now: datetime, signs: bytes = b"", *, first: bool = False
) -> Polled:
    """parse -> normalize, without what `signs` know or is backlog of a `first` poll; a failure to read is data.

    What a part of a feed holds says nothing of the rest: it has no signs.
    """
    kind, whole = response.headers.get("content-type"), partial(read_document, polled, response, pool, now)
    try:
        feed, entries, packs, own = pool.run(parse_and_pack, response.body, response.url, kind, now, signs, first=first)
    except ParseError as error:
        return replace(polled, error=_with_advice(error, response, pool))
    own, feed = b"" if response.is_partial else own, heard(feed, response)
    return replace(polled, feed=feed, entries=entries, packs=packs, signs=own, whole=whole)


def _refuse(response: Response, state: SourceState) -> None:
    """Only 200, and a 304 or a partial feed to a conditional request, are answers to work with."""
    if response.status == 304 or response.is_partial:
        if state.validators_url != response.url:
            what = "'not modified' (304)" if response.status == 304 else "'only what is new' (226)"
            raise FetchError("http", f"says {what} to a request without a condition")
    elif response.status != 200:
        raise FetchError("http", status_words(response.status, response.headers))


def _with_advice(error: ParseError, response: Response, pool: Pool) -> ParseError:
    """A page in place of a feed: say where its feed seems to be."""
    if error.kind != "html":
        return error
    links = page_offers(response, pool).links
    return ParseError(error.kind, f"{error}; its feed seems to be {links[0]}") if links else error


def page_offers(response: Response, pool: Pool) -> Offers:
    """What a page says about feeds; nothing, where the page is a trap."""
    try:
        return pool.run(offers, response.body, response.url)
    except ParseError:
        return Offers()


def overtaxed(polled: Polled) -> frozenset[str]:
    """The public host that said 429, if one did: that speaks for all of it. Anything else speaks for one address."""
    slow_down = polled.response is not None and polled.response.status == TOO_MANY and not polled.source.is_ours
    return frozenset((host_of(polled.response.url),) if slow_down and polled.response else ())


# --- in the writing thread -----------------------------------------------------------------------------------


def settle(
    polled: Polled,
    store: Store,
    now: datetime,
    removed: Elders | None = None,
    *,
    scatter: bool = False,
    hears: bool = False,
    ahead: Ahead | None = None,
) -> PollResult:
    """match: what the answer means for the store. `removed` are sources that the same save took out.

    `ahead` is what was read of the store for a batch of polls. `scatter` spreads the next polls of sources that were
    all asked at once. `hears`: hubs can reach this program.
    """
    ahead = ahead or Ahead(store)
    if polled.pushed:
        return _settled_push(polled, store, now)
    if polled.error is not None or polled.response is None:
        return _settled_failure(polled, polled.error or SourceError("http", "no answer"), ahead, now)
    before, changes = polled.state, Changes()
    outcome: Outcome = "new" if polled.feed else "not_modified" if polled.response.status == 304 else "unchanged"
    if polled.feed is not None:
        before = removed.returned(before, polled.entries) if removed and before.is_new else before
        changes = _matched(polled, before, store, ahead, now)
        if polled.whole and _lacks(changes, is_kept=_kept(polled, changes) is not None):
            return settle(polled.whole(), store, now, removed, scatter=scatter, hears=hears, ahead=ahead)
    hub = store.subscriptions.of(before.key) if hears else None
    missed = was_missed(hub, (entry for entry, standing in changes.new if standing == "news"), now)
    published = ahead.published(before.key)
    gap = gap_in(polled.feed, polled.response, changes, before, published[:1], now)
    state = after_answer(
        polled.source,
        before,
        polled.response,
        believed(polled.feed, before, foreign=changes.foreign, alone=is_alone(changes, polled.response)),
        body_hash=polled.body_hash,
        brought_news=bool(changes.new),
        published=published,
        now=now,
        scatter=scatter,
        same_feed=not changes.foreign and _is_same(polled, before, ahead),
    )
    state = replace(state, held_why=changes.doubt) if changes.doubt else state
    turnover = pace(gap or ahead.gap(before.key, now - HURRIED_FOR), state.hints, published)
    state = paced(polled.source, state, now, hub=None if missed else hub_that_delivers(hub, now), turnover=turnover)
    rests = tuple(_rests(polled, state, ahead, now))
    return PollResult(
        polled.source, state, outcome, changes, _kept(polled, changes), rests, polled.packs, missed, gap, polled.signs
    )


def _settled_failure(polled: Polled, error: SourceError, ahead: Ahead, now: datetime) -> PollResult:
    state = after_failure(polled.source, polled.state, polled.response, error, now)
    return PollResult(polled.source, state, "failed", rests=tuple(_rests(polled, state, ahead, now)))


def _matched(polled: Polled, before: SourceState, store: Store, ahead: Ahead, now: datetime) -> Changes:
    """What a document changes, links included that have become safer."""
    if ahead.were_recovered:
        with store.transaction():
            store.recovered.recognise(before, polled.entries)
    partial = polled.response is not None and polled.response.is_partial
    known = ahead.known(before.key)
    doubt = takeover(before, polled.feed, polled.entries, known) if polled.feed else None
    changes = match(polled.entries, known, before.success_at, now, partial, doubt=doubt)
    if any(standing == "held" for _, standing in changes.new) and not _lacks(changes):
        new = [entry for entry, _ in changes.new]
        near = near_copies(new, before.key, store.entries)
        doubt = doubt if 2 * len(near) < len(new) else None
        changes = match(polled.entries, known, before.success_at, now, partial, doubt=doubt, near=near)
    safer = safer_links(changes.same, lambda key: store.entries.get([key])[0].entry.link)
    return replace(changes, updated=changes.updated + safer)


def _lacks(changes: Changes, *, is_kept: bool = False) -> bool:
    """Whether what is to be stored was not read, and it is needed whole; backlog waits, if its body `is_kept`."""
    now = (entry for entry, standing in changes.new if not (is_kept and standing == "backlog"))
    return any(isinstance(entry, Outline) for entry in chain(now, (entry for _, entry in changes.updated)))


def _settled_push(polled: Polled, store: Store, now: datetime) -> PollResult:
    """What a hub brought: entries like any others, of a document that holds only what is new. No poll is planned by it.

    So `success_at` stays that of the last poll: what a hub leaves out may be older than what it brings.
    """
    state = store.sources.state(polled.state.key)
    changes = _matched(polled, state, store, Ahead(store), now)
    state = replace(state, held_why=changes.doubt or state.held_why)
    return PollResult(polled.source, state, "new", changes, packs=polled.packs)


def _kept(polled: Polled, changes: Changes) -> Response | None:
    """The answer whose body is kept to be read again: a whole feed, in which nothing is to be forgotten."""
    is_whole = polled.feed is not None and polled.response is not None and not polled.response.is_partial
    return polled.response if is_whole and not changes.forgotten and not changes.foreign else None


def _rests(polled: Polled, after: SourceState, ahead: Ahead, now: datetime) -> Iterator[HostRest]:
    """The hosts that are left alone after a poll: one that said 429, as long as it asks; one with a pace, so long."""
    paces, slow = ahead.paces, overtaxed(polled)
    for host in slow:
        pace = slower_pace(paces.get(host, NO_TIME))
        yield HostRest(host, max(after.not_before or after.next_poll_at or now, now + pace), pace)
    met = hosts_of(polled.source, polled.state) | hosts_of(polled.source, after) if paces else set[str]()
    for host in met & paces.keys() - slow:
        yield HostRest(host, now + paces[host])


def _is_same(polled: Polled, before: SourceState, ahead: Ahead) -> bool:
    """Whether a document is this source's feed: by its id or half of its entries; True if nothing can be compared."""
    if polled.feed is None or before.is_new or not polled.entries or (polled.response and polled.response.is_partial):
        return True
    known = ahead.known(before.key)
    return polled.feed.id == before.feed_id is not None or is_mostly_known(polled.entries, known)


def moves(polled: Polled, after: SourceState) -> list[Move]:
    """The move of a source that is certain now and was not before; feeds.yaml is the user's to edit."""
    source, to = polled.source, where_to_ask(polled.source, after)
    certain = to != source.url and where_to_ask(source, polled.state) == source.url and polled.error is None
    if not certain or after.moved_since is None:
        return []
    return [Move(source, polled.name, to, after.moved_seen, after.moved_since)]
