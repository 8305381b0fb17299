"""What is remembered of a source after a poll: validators, moves, failures, the next poll.

Pure: states in, states out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import TypedDict

from aggregator.errors import SourceError
from aggregator.polling import cadence
from aggregator.polling.cadence import Decision
from aggregator.polling.rhythm import typical
from aggregator.records import Hints, ParsedFeed, Response, Source, SourceState

PATIENCE = 20  # so many conditional requests in a row that bring the same bytes: the validators do not work
_POISONED = 3  # so often in a row a document may stop its reader before its source is left alone for a day
STEADY = timedelta(days=2)  # a permanent redirect must stand so long before the old address is left alone


class Facts(TypedDict, total=False):
    """What becomes of a `SourceState`, by its fields: gathered first, so that the record is made anew once a poll."""

    etag: str | None
    last_modified: str | None
    validators_url: str | None
    body_hash: str | None
    success_at: datetime | None
    next_poll_at: datetime | None
    not_before: datetime | None
    reason: str
    failures: int
    error_kind: str | None
    error: str | None
    gone_at: datetime | None
    gone: bool
    moved_to: str | None
    moved_since: datetime | None
    moved_seen: int
    feed_title: str | None
    feed_link: str | None
    feed_id: str | None
    language: str | None
    hints: Hints


def after_answer(
    source: Source,
    state: SourceState,
    response: Response,
    feed: ParsedFeed | None,
    *,
    body_hash: str | None,
    brought_news: bool,
    published: Sequence[datetime],
    now: datetime,
    scatter: bool = False,
    same_feed: bool = True,
) -> SourceState:
    """After a 200 or a 304; `feed` is None when nothing had to be parsed, `published` when the
    newest entries of the source were, newest first.

    `quiet_polls` counts the polls in a row that cost a whole body for nothing; other bytes are worth theirs. With
    `scatter` a source that was polled for the first time, or long after it was due, gets a moment of its own.
    `same_feed` False: a redirect led to a feed that has nothing in common with this one, which is no move.
    """
    conditional = state.validators_url == response.url
    changed = brought_news or (conditional and feed is not None)
    in_vain = response.status == 200 and not changed and not state.is_new
    quiet = state.quiet_polls + 1 if in_vain else 0
    regular = state.polled_at is not None and now - state.polled_at >= source.every / 2  # not one by hand
    decision = cadence.after_success(
        now,
        source.every,
        response.headers,
        feed.hints if feed else state.hints,
        newest=published[0] if published and regular and not brought_news else None,
        wasted=max(quiet - PATIENCE + 1, 0) if conditional else quiet,
        usual=typical(published) if regular else None,
        seed=_seed(state, now),
        scattered=scatter and (state.next_poll_at is None or now - state.next_poll_at > source.every / 2),
    )
    facts = _validators(state, response, feed) | _move(source, state, response, now, same_feed)
    facts |= {} if feed is None else _description(state, feed)
    if response.status == 200:  # one that was cut is no match for the next answer, so that it is read again
        facts["body_hash"] = None if feed and feed.cut else body_hash
    facts |= _plan(decision) | _well(now)
    return replace(state, answered_by=response.url, polled_at=now, quiet_polls=quiet, **facts)


def paced(
    source: Source, state: SourceState, now: datetime, *, hub: str | None, turnover: timedelta | None
) -> SourceState:
    """After an answer: slower beside a hub (its host) that brings the news, sooner where `turnover` asks for it.

    `turnover` is how soon a feed is to be asked that has lately turned over between two polls; None where none has.
    """
    planned = state.next_poll_at or now
    if hub is not None:
        slow = cadence.beside_hub(now, hub, state.not_before, state.hints, seed=_seed(state, now))
        state = replace(state, **_plan(slow)) if slow.at > planned else state
    if turnover is not None:
        gap = max(turnover, source.every)
        soon = cadence.after_gap(now, gap, state.not_before, state.hints, seed=_seed(state, now))
        state = replace(state, **_plan(soon)) if soon.at < (state.next_poll_at or now) else state
    return state


def _well(now: datetime) -> Facts:
    """A success ends all trouble."""
    return {"success_at": now, "failures": 0, "error": None, "error_kind": None, "gone_at": None, "gone": False}


def believed(feed: ParsedFeed | None, state: SourceState, *, foreign: bool, alone: bool) -> ParsedFeed | None:
    """A feed as far as it may speak for its source: one that seems to be another's changes no name, hint or hub.

    `alone`: its document held a single entry.
    """
    if feed is not None and alone:
        feed = feed._replace(hints=replace(feed.hints, alone=True))
    if feed is None or not foreign:
        return feed
    return feed._replace(title=None, link=None, id=None, language=None, hints=state.hints)


def described(state: SourceState, feed: ParsedFeed) -> SourceState:
    """What a feed says of itself; what it leaves out stays as it was."""
    return replace(state, **_description(state, feed))


def _description(state: SourceState, feed: ParsedFeed) -> Facts:
    return {
        "feed_title": feed.title or state.feed_title,
        "feed_link": feed.link or state.feed_link,
        "feed_id": feed.id or state.feed_id,
        "language": feed.language or state.language,
        "hints": feed.hints,
    }


def after_failure(
    source: Source, state: SourceState, response: Response | None, error: SourceError, now: datetime
) -> SourceState:
    """After a failure: its words, the back-off; 410 twice at least a day apart retires the source."""
    status = response.status if response else None
    failures = state.failures + 1
    planned = state.next_poll_at - state.polled_at if state.next_poll_at and state.polled_at else cadence.NO_TIME
    decision = cadence.after_failure(
        now,
        source.every,
        failures,
        status,
        response.headers if response else {},
        seed=_seed(state, now),
        last_gap=planned,
        hints=state.hints,
    )
    if state.not_before is not None and state.not_before > (decision.not_before or now):
        decision = replace(decision, not_before=state.not_before)  # a poll by hand does not shorten a wish
    if error.kind == state.error_kind == "limit" and failures >= _POISONED:
        reason = f"its document stopped its reader {failures} times, left alone for a day"
        decision = replace(decision, at=max(decision.at, now + cadence.DAY), reason=reason)
    told: Facts = {"failures": failures, "error_kind": error.kind, "error": str(error)}
    facts = told | _plan(decision) | _retirement(state, status, now)
    return replace(state, answered_by=response.url if response else state.answered_by, polled_at=now, **facts)


def where_to_ask(source: Source, state: SourceState) -> str:
    """The address to poll: where permanent redirects have led long enough, else what feeds.yaml says.

    Long enough is three times in a row over two days; from http to https of the same address at once. While the
    new address fails, the old one is asked again.
    """
    if state.moved_to is None or state.moved_since is None or state.failures:
        return source.url
    if not state.moved_seen:
        return source.url
    steady = state.moved_seen >= 3 and state.success_at is not None and state.success_at - state.moved_since >= STEADY
    return state.moved_to if steady or _only_safer(source.url, state.moved_to) else source.url


def _only_safer(old: str, new: str) -> bool:
    return old.startswith("http://") and new == "https://" + old.partition("#")[0].removeprefix("http://")


def _retirement(state: SourceState, status: int | None, now: datetime) -> Facts:
    """410 for a day or longer retires a source; another status speaks for it again, no answer at all says nothing."""
    if status is None:
        return {}
    since = (state.gone_at or now) if status == 410 else None
    return {"gone_at": since, "gone": since is not None and now - since >= cadence.DAY}


def _validators(state: SourceState, response: Response, feed: ParsedFeed | None) -> Facts:
    """A 200 replaces the validators, a 304 or 226 only adds to them (RFC 9111, 4.3.4); a cut one changes none."""
    if feed is not None and feed.cut:
        return {}  # a 304 would hide for ever what is missing in it
    etag, modified = response.headers.get("etag") or None, response.headers.get("last-modified") or None
    if response.status != 200:
        etag, modified = etag or state.etag, modified or state.last_modified
    there = etag is not None or modified is not None
    return {"etag": etag, "last_modified": modified, "validators_url": response.url if there else None}


def _move(source: Source, state: SourceState, response: Response, now: datetime, same_feed: bool) -> Facts:
    """Remember where the permanent redirects that a chain begins with lead, since when and how often in a row.

    An address where another feed stands is remembered with no sighting at all: its own entries do not vouch for it
    the next time.
    """
    permanent = tuple(takewhile(lambda hop: hop.status in (301, 308), response.redirects))
    if not permanent:
        asked_there = where_to_ask(source, state) != source.url
        return {} if asked_there else {"moved_to": None, "moved_since": None, "moved_seen": 0}
    if state.moved_to == permanent[-1].url:
        return {"moved_seen": state.moved_seen + 1 if state.moved_seen else 0}
    return {"moved_to": permanent[-1].url, "moved_since": now, "moved_seen": int(same_feed)}


def _plan(decision: Decision) -> Facts:
    at = decision.at.astimezone(UTC)
    return {"next_poll_at": at, "not_before": decision.not_before, "reason": decision.reason}


def _seed(state: SourceState, now: datetime) -> str:
    return f"{state.first_url} {now.isoformat()[:13]}"  # to the hour, as `strftime` has it in ten times as long
