"""Other people's lists of sources (`reading_lists:`), followed live: their feeds are sources while they are in.

A list is asked like a source: conditionally, at its pace, by the same guard. What it held last stays while it cannot
be reached. The file's own lines win over a list's, earlier lists over later ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from aggregator import cadence
from aggregator.errors import FetchError
from aggregator.fetch.client import Wire
from aggregator.memory import after_failure
from aggregator.parse.opml import Subscription
from aggregator.parse.pool import Pool
from aggregator.pipeline import Polled, feeds_listed, poll_source
from aggregator.records import Config, Hints, Source, SourceState
from aggregator.store.sqlite import Store
from aggregator.urls import canonical, is_http

MOST = 2_000  # sources that one list may bring


@dataclass(frozen=True, slots=True)
class ReadingList:
    """What is remembered of one list: its feeds, its validators, when to ask again (ISO text), what went wrong."""

    feeds: tuple[Subscription, ...] = ()
    etag: str | None = None
    last_modified: str | None = None
    validators_url: str | None = None
    next_at: str = ""
    failures: int = 0
    error: str = ""


def remembered(store: Store, url: str) -> ReadingList:
    """The list as it was read last."""
    text = store.meta(_name(url))
    if text is None:
        return ReadingList()
    data = json.loads(text)
    feeds = tuple(Subscription(one["url"], one["title"], tuple(one["tags"])) for one in data.pop("feeds"))
    return ReadingList(feeds, **data)


def with_lists(config: Config, store: Store) -> Config:
    """The configuration with the sources of its lists after its own; those have no line in the file (0)."""
    if not config.reading_lists:
        return config
    own = tuple(source for source in config.sources if source.line)
    known = {canonical(source.url) for source in own}
    found: list[Source] = []
    for url in config.reading_lists:
        for feed in remembered(store, url).feeds:
            key = canonical(feed.url)
            if key and key not in known and is_http(feed.url) and "@" not in urlsplit(feed.url).netloc:
                known.add(key)
                found.append(_source(config.usual, feed, url))
    return replace(config, sources=(*own, *found))


def _source(usual: Source, feed: Subscription, list_url: str) -> Source:
    """A stranger's line: our defaults but no secrets, and our own network only where the list itself is there."""
    same_host = urlsplit(feed.url).hostname == urlsplit(list_url).hostname
    tags = tuple(tag for tag in dict.fromkeys((*usual.tags, *feed.tags)) if any(sign.isalnum() for sign in tag))
    return replace(
        usual,
        url=feed.url,
        title=feed.title or usual.title,
        tags=tags,
        headers=(),
        auth=None,
        allow_private=usual.allow_private and same_host,
        line=0,
    )


def read_due(config: Config, store: Store, wire: Wire, pool: Pool, now: datetime) -> Iterator[str]:
    """Ask the lists that are due, one after the other; a line for each whose feeds changed or that began to fail."""
    for url in config.reading_lists:
        before = remembered(store, url)
        if before.next_at and datetime.fromisoformat(before.next_at) > now:
            continue
        source = replace(config.usual, url=url, headers=(), auth=None)
        state = replace(
            SourceState(0, url, url, etag=before.etag, last_modified=before.last_modified),
            validators_url=before.validators_url,
            failures=before.failures,
        )
        with closing(wire.client()) as client:
            after = _after(poll_source(client, pool, source, state, now), before, pool, now)
        with store.transaction():
            store.set_meta(_name(url), json.dumps(asdict(after), ensure_ascii=False))
        yield from _in_words(url, before, after)


def _after(polled: Polled, before: ReadingList, pool: Pool, now: datetime) -> ReadingList:
    response = polled.response
    if response is None or response.status not in (200, 304):
        return _failed(polled, before, str(polled.error), now)
    decision = cadence.after_success(
        now, max(polled.source.every, cadence.HOUR), response.headers, Hints(), newest=None, wasted=0, seed=response.url
    )
    following = decision.at.isoformat()
    if response.status == 304:
        return replace(before, next_at=following, failures=0, error="")
    listed = feeds_listed(response, pool)
    if listed is None:
        return _failed(polled, before, "is not OPML", now)
    etag, modified = response.headers.get("etag"), response.headers.get("last-modified")
    return ReadingList(listed.feeds[:MOST], etag, modified, response.url, following)


def _failed(polled: Polled, before: ReadingList, error: str, now: datetime) -> ReadingList:
    """Backed off as a source is; its feeds stay."""
    state = after_failure(polled.source, polled.state, polled.response, polled.error or FetchError("http", error), now)
    following = state.next_poll_at or now + cadence.HOUR
    return replace(before, next_at=following.isoformat(), failures=state.failures, error=error)


def _in_words(url: str, before: ReadingList, after: ReadingList) -> Iterator[str]:
    if after.error and not before.error:
        stays = f"; what it held stays ({len(after.feeds)})" if after.feeds else ""
        yield f"reading list {url}: {after.error}{stays}"
    old, new = ({feed.url for feed in one.feeds} for one in (before, after))
    if old != new:
        yield f"reading list {url}: {len(new - old)} sources added, {len(old - new)} removed"


def status_lines(config: Config, store: Store) -> Iterator[str]:
    """Each list with its number of sources, and what is wrong with it."""
    for url in config.reading_lists:
        one = remembered(store, url)
        said = f"{len(one.feeds)} sources" if one.next_at else "not read yet"
        yield f"reading list {url}: {said}" + (f"; {one.error}" if one.error else "")


def _name(url: str) -> str:
    return f"reading_list {url}"
