"""Other people's lists of sources (`reading_lists:`), followed live: their feeds are sources while they are in.

A list is asked like a source: conditionally, at its pace, by the same guard. What it held last stays while it cannot
be reached. A list may also be kept in the store alone (`import --store`): then nothing is asked for it. The file's own
lines win over a list's, earlier lists over later ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from aggregator.errors import FetchError, ParseError
from aggregator.fetch.client import Wire
from aggregator.fetch.turns import BUSY
from aggregator.parse.pool import Pool
from aggregator.pipeline import Polled, poll_source
from aggregator.polling import cadence
from aggregator.polling.memory import after_failure
from aggregator.records import Config, Hints, Response, Source, SourceState
from aggregator.store.sqlite import Store
from aggregator.urls import canonical, is_http

if TYPE_CHECKING:
    from aggregator.parse.opml import Subscription, Subscriptions

MOST = 100_000  # sources that one list may bring
SHORT = 2**20  # bytes of a list that needs no more time than a feed
PATIENCE = 60.0  # seconds for a longer one
IMPORTED = "imported_lists"
"""Name in the store: the names of the lists that `import --store` keeps there, as JSON."""


class Feed(NamedTuple):
    """A feed of a list as the store keeps it; `key` is its canonical address."""

    url: str
    title: str
    tags: tuple[str, ...]
    key: str


@dataclass(frozen=True, slots=True)
class ReadingList:
    """What is remembered of one list beside its feeds: how many they are and a sign of them, validators, when to ask
    again (ISO text), what went wrong."""

    number: int = 0
    sign: str = ""
    etag: str | None = None
    last_modified: str | None = None
    validators_url: str | None = None
    next_at: str = ""
    failures: int = 0
    error: str = ""


def remembered(store: Store, url: str) -> ReadingList:
    """The list as it was read last."""
    data = json.loads(store.meta(_name(url)) or "{}")
    if (feeds := data.pop("feeds", None)) is not None:  # as an older version kept it
        data["number"] = len(feeds)
    return ReadingList(**data)


def feeds_of(store: Store, url: str) -> list[Feed]:
    """The feeds that a list held when it was read last."""
    if (text := store.meta(_feeds_name(url))) is not None:
        return [Feed(address, title, tuple(tags), key) for address, title, tags, key in json.loads(text)]
    from aggregator.parse.opml import Subscription  # noqa: PLC0415 (15 ms, for who follows a list)

    old = json.loads(store.meta(_name(url)) or "{}").get("feeds", ())
    return fit(Subscription(one["url"], one["title"], tuple(one["tags"])) for one in old)


def fit(listed: Iterable[Subscription]) -> list[Feed]:
    """The feeds of a list that can be followed, each once."""
    found: dict[str, Feed] = {}
    for one in listed:
        key = canonical(one.url)
        if key and key not in found and is_http(one.url) and "@" not in urlsplit(one.url).netloc:
            tags = tuple(tag for tag in dict.fromkeys(one.tags) if any(sign.isalnum() for sign in tag))
            found[key] = Feed(one.url, one.title, tags, key)
    return list(found.values())[:MOST]


def keep(store: Store, name: str, feeds: Sequence[Feed]) -> None:
    """Keep a list that no address is asked for, under a name; an empty one is let go of."""
    names = [one for one in _imported(store) if one != name] + ([name] if feeds else [])
    with store.transaction():
        store.set_meta(IMPORTED, json.dumps(names))
        _write(store, f"import:{name}", ReadingList(len(feeds)), feeds)


def _imported(store: Store) -> list[str]:
    names: list[str] = json.loads(store.meta(IMPORTED) or "[]")
    return names


def _all(config: Config, store: Store) -> tuple[str, ...]:
    """The addresses of the lists, and what stands for the others."""
    return (*config.reading_lists, *(f"import:{name}" for name in _imported(store)))


def sign_of_lists(config: Config, store: Store) -> str:
    """Another one after any list has changed."""
    return "\n".join(f"{url} {remembered(store, url).sign}" for url in _all(config, store))


def _write(store: Store, url: str, one: ReadingList, feeds: Sequence[Feed] | None = None) -> None:
    """Inside a transaction; without `feeds` those of before stay."""
    if feeds is not None:
        text = json.dumps(feeds, ensure_ascii=False)
        store.set_meta(_feeds_name(url), text)
        sign = sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
        one = replace(one, number=len(feeds), sign=sign)
    store.set_meta(_name(url), json.dumps(asdict(one), ensure_ascii=False))


def with_lists(config: Config, store: Store) -> Config:
    """The configuration with the sources of its lists after its own; those have no line in the file (0)."""
    lists = _all(config, store)
    if not lists:
        return config
    own = tuple(source for source in config.sources if source.line)
    known = {canonical(source.url) for source in own}
    found: list[Source] = []
    for url in lists:
        for feed in feeds_of(store, url):
            if feed.key not in known:
                known.add(feed.key)
                found.append(_source(config.usual, feed, url))
    return replace(config, sources=(*own, *found))


def _source(usual: Source, feed: Feed, list_url: str) -> Source:
    """A stranger's line: our defaults but no secrets, and our own network only where the list itself is there, or the
    user brought it."""
    ours = usual.allow_private and (
        list_url.startswith("import:") or urlsplit(feed.url).hostname == urlsplit(list_url).hostname
    )
    return replace(
        usual,
        url=feed.url,
        title=feed.title or usual.title,
        tags=tuple(dict.fromkeys((*usual.tags, *feed.tags))),
        headers=(),
        auth=None,
        allow_private=ours,
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
            polled = poll_source(client, pool, source, state, now)
        if polled.error is not None and polled.error.kind == BUSY:
            continue
        after, feeds = _after(polled, before, pool, now)
        old = {feed.url for feed in feeds_of(store, url)} if feeds is not None else set()
        with store.transaction():
            _write(store, url, after, feeds)
        if after.error and not before.error:
            stays = f"; what it held stays ({after.number:,})" if after.number else ""
            yield f"reading list {url}: {after.error}{stays}"
        new = old if feeds is None else {feed.url for feed in feeds}
        if old != new:
            yield f"reading list {url}: {len(new - old):,} sources added, {len(old - new):,} removed"


def _feeds_listed(response: Response, pool: Pool) -> Subscriptions | None:
    """The feeds of an OPML list; None where the answer is none."""
    from aggregator.parse.opml import read_opml  # noqa: PLC0415 (as above)

    try:
        return pool.run(read_opml, response.body, response.headers.get("content-type"))
    except ParseError:
        return None


def _after(polled: Polled, before: ReadingList, pool: Pool, now: datetime) -> tuple[ReadingList, list[Feed] | None]:
    """The list as it is now, and its feeds where they came anew."""
    response = polled.response
    if response is None or response.status not in (200, 304):
        return _failed(polled, before, str(polled.error), now), None
    decision = cadence.after_success(
        now, max(polled.source.every, cadence.HOUR), response.headers, Hints(), newest=None, wasted=0, seed=response.url
    )
    following = decision.at.isoformat()
    if response.status == 304:
        return replace(before, next_at=following, failures=0, error=""), None
    with patient(pool, len(response.body)) as reader:
        listed = _feeds_listed(response, reader)
    if listed is None:
        return _failed(polled, before, "is not OPML", now), None
    etag, modified = response.headers.get("etag"), response.headers.get("last-modified")
    made = ReadingList(0, "", etag, modified, response.url, following)
    return made, fit(listed.feeds)


@contextmanager
def patient(pool: Pool, size: int) -> Iterator[Pool]:
    """Who reads a list of so many bytes: of a long one somebody with more time than a feed is given."""
    if size < SHORT:
        yield pool
        return
    with closing(Pool(cpu=PATIENCE, wall=PATIENCE, most=1)) as reader:
        yield reader


def _failed(polled: Polled, before: ReadingList, error: str, now: datetime) -> ReadingList:
    """Backed off as a source is; its feeds stay."""
    state = after_failure(polled.source, polled.state, polled.response, polled.error or FetchError("http", error), now)
    following = state.next_poll_at or now + cadence.HOUR
    return replace(before, next_at=following.isoformat(), failures=state.failures, error=error)


def status_lines(config: Config, store: Store) -> Iterator[str]:
    """Each list with its number of sources, and what is wrong with it."""
    for url in config.reading_lists:
        one = remembered(store, url)
        said = f"{one.number:,} sources" if one.next_at else "not read yet"
        yield f"reading list {url}: {said}" + (f"; {one.error}" if one.error else "")
    for name in _imported(store):
        yield f"imported list {name}: {remembered(store, f'import:{name}').number:,} sources"


def _name(url: str) -> str:
    return f"reading_list {url}"


def _feeds_name(url: str) -> str:
    return f"reading_list_feeds {url}"
