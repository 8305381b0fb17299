"""What is remembered of a source after a poll: validators, moves, failures, the next poll. Pure: states in, states out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from aggregator import cadence
from aggregator.cadence import Decision
from aggregator.errors import SourceError
from aggregator.records import ParsedFeed, Response, Source, SourceState


def after_answer(
    source: Source, state: SourceState, response: Response, feed: ParsedFeed | None, *,
    body_hash: str | None, brought_news: bool, newest: datetime | None, now: datetime,
) -> SourceState:
    """After a 200 or a 304; `feed` is None when nothing had to be parsed, `newest` the source's newest entry."""
    quiet = 0 if brought_news or state.is_new else state.quiet_polls + 1
    hints = feed.hints if feed else state.hints
    decision = cadence.after_success(
        now, source.every, response.headers, hints, newest=newest, quiet_polls=quiet,
        working_validators=response.status == 304 or quiet < 2, seed=_seed(state, now))
    state = _moved(_validated(state, response, feed), response, now)
    if feed is not None:
        state = replace(state, feed_title=feed.title or state.feed_title, feed_link=feed.link or state.feed_link,
                        feed_id=feed.id or state.feed_id, language=feed.language or state.language, hints=hints)
    if response.status == 200:
        state = replace(state, body_hash=body_hash)
    return replace(_planned(state, decision), polled_at=now, success_at=now, failures=0, error=None, error_kind=None,
                   gone_at=None, gone=False, quiet_polls=quiet)


def after_failure(
    source: Source, state: SourceState, response: Response | None, error: SourceError, now: datetime
) -> SourceState:
    """After a failure: its words, the back-off; 410 twice at least a day apart retires the source."""
    status = response.status if response else None
    failures = state.failures + 1
    decision = cadence.after_failure(
        now, source.every, failures, status, response.headers if response else {}, seed=_seed(state, now))
    gone = status == 410 and state.gone_at is not None and now - state.gone_at >= cadence.DAY
    return replace(_planned(state, decision), polled_at=now, failures=failures, error_kind=error.kind, error=str(error),
                   gone=gone, gone_at=(state.gone_at or now) if status == 410 else None)


def _validated(state: SourceState, response: Response, feed: ParsedFeed | None) -> SourceState:
    """A 200 replaces the validators, a 304 only adds to them (RFC 9111, section 4.3.4); a broken feed changes none."""
    etag, modified = response.headers.get("etag"), response.headers.get("last-modified")
    if response.status == 304:
        etag, modified = etag or state.etag, modified or state.last_modified
    elif feed is not None and not feed.wellformed:
        return state  # a 304 would hide for ever what is missing in it
    there = etag is not None or modified is not None
    return replace(state, etag=etag, last_modified=modified, validators_url=response.url if there else None)


def _moved(state: SourceState, response: Response, now: datetime) -> SourceState:
    """Remember where a chain of only permanent redirects leads, since when and how often; act on nothing."""
    permanent = response.redirects and all(hop.status in (301, 308) for hop in response.redirects)
    if not permanent:
        return replace(state, moved_to=None, moved_since=None, moved_seen=0)
    if state.moved_to == response.url:
        return replace(state, moved_seen=state.moved_seen + 1)
    return replace(state, moved_to=response.url, moved_since=now, moved_seen=1)


def _planned(state: SourceState, decision: Decision) -> SourceState:
    return replace(state, next_poll_at=decision.at.astimezone(UTC), not_before=decision.not_before, reason=decision.reason)


def _seed(state: SourceState, now: datetime) -> str:
    return f"{state.first_url} {now:%Y-%m-%dT%H}"
