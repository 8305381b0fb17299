"""The subscriber's side of WebSub (W3C Recommendation, 2018), the thinking part: what to ask a hub for, and when.

Pure: what is known and what was said, in; what is known after, out. Who asks and who answers stands in subscriber.py
and callback.py.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from aggregator.records import Entry, Hints, ParsedFeed, Response, Source, SourceState, Subscription
from aggregator.urls import absolute, host_of, is_http

ASKED_LEASE = timedelta(days=10)
LONGEST_LEASE = timedelta(days=14)
VERIFIED_IN = timedelta(hours=1)  # a hub that has not verified by then is asked again
DENIED_FOR = timedelta(days=7)
LOOKED_FOR = timedelta(days=30)  # a site's page that names no hub is not looked at again so long
REMEMBERED = timedelta(days=30)  # what was left: so long its hub is told that it is gone (410)
GRACE = timedelta(minutes=15)  # so long after its date an entry may still be on its way from the hub
LEAVING_TRIES = 3
_SHORTEST_WAIT = timedelta(minutes=10)  # whatever lease a hub gives, it is not asked more often
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_MOST_LINKS = 8192  # characters of a Link header that are read
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.IGNORECASE)
_METHODS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}


# --- discovery (section 4) -----------------------------------------------------------------------------------


def links(header: str, base: str) -> Iterator[tuple[str, str]]:
    """The web links of a Link header (RFC 8288) as (relation in lower case, absolute http address)."""
    for part in header[:_MOST_LINKS].split("<")[1:]:
        target, _, parameters = part.partition(">")
        address, found = absolute(base, target.strip()), _REL.search(parameters)
        if found and address and is_http(address):
            yield from ((rel, address) for rel in (found[1] or found[2] or "").lower().split())


def heard(feed: ParsedFeed, response: Response) -> ParsedFeed:
    """The feed, its hints with the hubs and the topic to subscribe to: the header's word goes before the document's."""
    told = list(links(response.headers.get("link", ""), response.url))
    hubs = tuple(dict.fromkeys(url for rel, url in told if rel == "hub"))
    itself = next((url for rel, url in told if rel == "self"), None)
    topic = (itself if hubs else None) or feed.self_link or itself or response.url
    return feed._replace(hints=replace(feed.hints, hubs=hubs or feed.hints.hubs, topic=topic))


def usable(hubs: Iterable[str]) -> list[str]:
    """The hubs that can be asked, each once: those first that can be told a secret (https), else as they are named."""
    return sorted(dict.fromkeys(filter(is_http, hubs)), key=lambda hub: not hub.lower().startswith("https:"))


def best_hub(hubs: Iterable[str]) -> str | None:
    """The hub to ask first."""
    return next(iter(usable(hubs)), None)


def is_wanted(source: Source, state: SourceState) -> bool:
    """Whether a hub may be told that we read this source: it is read, and nothing about it is a secret."""
    is_secret = source.private or source.auth is not None or source.headers
    return not (is_secret or source.paused or state.gone or state.is_new)


def agreed(hints: Hints, subscription: Subscription) -> bool:
    """Whether a subscription is to a hub and the topic that the feed names today; naming none says nothing."""
    hubs = usable(hints.hubs)
    return not hubs or (subscription.hub in hubs and hints.topic in (None, "", subscription.topic))


# --- what a subscription goes through (section 5) ------------------------------------------------------------


def agreement(source_key: int, hub: str | None, topic: str, callback: str, secret: str, now: datetime) -> Subscription:
    """What is to be asked for; without a hub there is the site's page to look at. The secret is for https alone."""
    kept = secret if hub and hub.lower().startswith("https:") else None
    return Subscription(callback, source_key, hub or "", topic, kept, next_at=now)


def asked(one: Subscription, now: datetime) -> Subscription:
    """A request is about to be sent: from now on its verification is expected, and after a while missed."""
    tries = one.tries + 1
    mode: Literal["subscribe", "unsubscribe"] = "unsubscribe" if one.state == "leaving" else "subscribe"
    error = "its hub never verified what it was asked for" if one.pending else one.error
    next_at = now + max(VERIFIED_IN, _backed_off(tries))
    return replace(one, pending=mode, tries=tries, asked_at=now, next_at=next_at, error=error)


def has_failed(one: Subscription, now: datetime) -> bool:
    """Whether its hub denied it, did not take the request, or never verified what it was asked for."""
    is_waiting = one.pending is not None and one.next_at is not None and one.next_at > now
    return one.state == "denied" or (one.state == "off" and one.asked_at is not None and not is_waiting)


def elsewhere(one: Subscription, hints: Hints, callback: str, secret: str, now: datetime) -> Subscription | None:
    """What is to be agreed with the next hub of the feed after one that failed; None where it names no other.

    After the last it is the first one's turn again, when a single hub would be asked again.
    """
    hubs = usable(hints.hubs)
    if len(hubs) < 2 or one.hub not in hubs:
        return None
    place = (hubs.index(one.hub) + 1) % len(hubs)
    when = now if place else max(now, one.next_at or now)
    other = agreement(one.source_key, hubs[place], one.topic, callback, secret, now)
    return replace(other, tries=one.tries, next_at=when, error=one.error)


def request(one: Subscription) -> dict[str, str]:
    """The form that asks for what is pending (section 5.1); a secret goes to hubs on https only."""
    form = {"hub.mode": one.pending or "subscribe", "hub.topic": one.topic, "hub.callback": one.callback}
    if one.pending == "subscribe":
        form["hub.lease_seconds"] = str(int(ASKED_LEASE.total_seconds()))
        if one.secret:
            form["hub.secret"] = one.secret
    return form


def refused(one: Subscription, why: str, now: datetime, wait: timedelta | None = None) -> Subscription:
    """The hub did not take the request: asked again later, less and less often, after the `wait` that it asks for."""
    return replace(one, pending=None, error=why, next_at=now + max(_backed_off(one.tries), wait or timedelta(0)))


def verified(one: Subscription, mode: str, lease: str, now: datetime) -> Subscription:
    """The hub has verified what was asked for (5.3): for how long, and when that is asked for again."""
    if mode == "unsubscribe":
        return left(one, now)
    span = lease_of(lease)
    soon = now + max(span * 2 / 3, _SHORTEST_WAIT)
    return replace(one, state="active", pending=None, tries=0, error=None, ends_at=now + span, next_at=soon)


def denied(one: Subscription, reason: str, now: datetime) -> Subscription:
    """The hub will not deliver, or no longer (5.2): asked again in a week."""
    words = " ".join(reason.split())[:200]
    told = f"its hub denied it: {words}" if words else "its hub denied it"
    return replace(one, state="denied", pending=None, tries=0, error=told, next_at=now + DENIED_FOR)


def lapsed(one: Subscription, now: datetime) -> bool:
    """Whether its lease has ended without a new one."""
    return one.state == "active" and one.ends_at is not None and one.ends_at <= now


def leaving(one: Subscription, now: datetime) -> Subscription:
    """Not wanted any more: to be told to its hub, and until then nothing is taken from it."""
    return replace(one, state="leaving", pending=None, tries=0, next_at=now)


def left(one: Subscription, now: datetime) -> Subscription:
    """Over, on our side: its hub hears 410 from now on."""
    return replace(one, state="left", pending=None, secret=None, next_at=now + REMEMBERED)


def lease_of(text: str) -> timedelta:
    """The lease a hub grants, at most 14 days; what is no number of seconds is taken as what was asked for."""
    if not (text.isascii() and text.isdigit()) or not text.strip("0"):
        return ASKED_LEASE
    return min(timedelta(seconds=min(int(text[:10]), 10**9)), LONGEST_LEASE)


def _backed_off(tries: int) -> timedelta:
    return min(_HOUR * (1 << min(max(tries - 1, 0), 10)), _DAY)


# --- what it delivers (section 7) ----------------------------------------------------------------------------


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Whether `X-Hub-Signature: METHOD=HEX` is that of the body (section 7.1); compared in constant time."""
    method, _, written = signature.strip().partition("=")
    make = _METHODS.get(method.strip().lower())
    if make is None:
        return False
    right = hmac.new(secret.encode(), body, make).hexdigest().encode()
    return hmac.compare_digest(right, written.strip().lower().encode("utf-8", "replace"))


def is_about(one: Subscription, headers: Mapping[str, str], feed: ParsedFeed, ours: Sequence[str | None]) -> bool:
    """Whether a delivery is of this topic; `ours` are further addresses of the source. One that says nothing is."""
    told = next((url for rel, url in links(headers.get("link", ""), one.topic) if rel == "self"), feed.self_link)
    return told is None or _plain(told) in {_plain(url) for url in (one.topic, *ours) if url}


def _plain(url: str) -> str:
    return url.partition("://")[2].partition("#")[0].rstrip("/")


def hub_that_delivers(one: Subscription | None, now: datetime) -> str | None:
    """The host of a hub that may be relied on: it has signed, it has delivered, and nothing was missed since."""
    if one is None or one.state != "active" or lapsed(one, now) or one.secret is None or one.delivered_at is None:
        return None
    return host_of(one.hub) if one.missed_at is None or one.delivered_at > one.missed_at else None


def in_words(one: Subscription | None, now: datetime) -> str | None:
    """What `status` and `explain` say of a source's hub; None where it has none."""
    if one is None or not one.hub:
        return None
    if one.state == "active" and one.ends_at is not None and not lapsed(one, now):
        return f"push by {host_of(one.hub)} until {one.ends_at:%Y-%m-%d}"
    return f"no push by {host_of(one.hub)}: {one.error or 'not verified yet'}"


def was_missed(one: Subscription | None, news: Iterable[Entry], now: datetime) -> bool:
    """Whether a poll found what the hub should have brought by now: entries that are not just being published."""
    if one is None or one.state != "active":
        return False
    return any(entry.published is None or now - entry.published > GRACE for entry in news)
