"""Full text: the pages of new entries whose feed gives a teaser only, for sources with `full_text: true`.

One page at a time, after the pass: guarded and spaced like every request, and only where robots.txt allows it. What a
page says serves summaries, reading time and search; it is never republished. Without it the feed's own text does.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from aggregator.digest.reading import count_words
from aggregator.entries.view import View
from aggregator.errors import FetchError, ParseError
from aggregator.fetch.client import Client, Request, Wire, permitted_host
from aggregator.fetch.credentials import own_headers, without_user
from aggregator.fetch.turns import BUSY
from aggregator.parse.article import MOST_READ, article, is_installed
from aggregator.parse.pool import Pool
from aggregator.polling.cadence import HOUR, TOO_MANY, retry_after
from aggregator.polling.health import status_words
from aggregator.polling.robots import allows
from aggregator.records import Entry, HostRest, Response, Source, StoredEntry
from aggregator.store.articles import Article
from aggregator.store.sqlite import Store
from aggregator.urls import host_of, is_http

FOR = 60.0  # seconds in a pass; what is left is fetched in the next one
ONE = 15.0  # seconds for a page
TRIES = 3
ENOUGH = 200  # words of a feed's text: it is no teaser
_PAGE = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
_FINAL = frozenset(("robots", "refused", "gone", "limit", "auth"))  # kinds of failure that time does not mend
_GONE = frozenset((401, 402, 403, 404, 410, 451))
_WORD = re.compile(r"\w{3,}")
_CUT = re.compile(r"(?:…|\.\.\.|\[…\])\s*$")


def read_pages(
    view: View, store: Store, wire: Wire, pool: Pool, clock: Callable[[], datetime], stop: threading.Event
) -> int:
    """Fetch what is to be fetched now, at most 5 pages a source and for a minute; how many texts that brought."""
    todo = list(_wanted(view, store, clock()))
    if not todo or not is_installed():
        return 0
    end, found = time.monotonic() + FOR, 0
    with closing(replace(wire, timeout=min(wire.timeout, ONE)).client()) as client:
        pages = _Pages(client, store, pool, clock())
        for source, stored in todo:
            if stop.is_set() or time.monotonic() > end:
                break
            if store.sources.hosts().get(host_of(stored.entry.link or ""), clock()) > clock():
                continue  # it asked for a rest
            got = pages.article(source, stored, view)
            if got is None:
                continue
            with store.transaction():
                store.articles.put(stored.key, got)
            found += bool(got.text)
    pool.rest()
    return found


def _wanted(view: View, store: Store, now: datetime) -> Iterator[tuple[Source, StoredEntry]]:
    """The newest entry of each source first, then the second of each: hosts have their rest in between."""
    if not any(source.full_text for source in view.config.sources):
        return iter(())
    ranked = [
        (rank, place, source, stored)
        for place, (key, source) in enumerate(view.sources())
        if source.full_text and not source.paused
        for rank, stored in enumerate(store.articles.wanted(key, now))
    ]
    ranked.sort(key=lambda one: one[:2])
    return ((source, stored) for _, _, source, stored in ranked)


class _Pages:
    """The pages of one pass, fetched one after the other."""

    def __init__(self, client: Client, store: Store, pool: Pool, now: datetime) -> None:
        self._client, self._store, self._pool, self._now = client, store, pool, now
        self._closed: dict[str, str] = {}  # origins whose robots.txt could not be read, and why

    def article(self, source: Source, stored: StoredEntry, view: View) -> Article | None:
        """What became of an entry's page; None where a poll worker asks its host now."""
        before, entry = self._store.articles.get(stored.key), stored.entry
        tries = before.tries + 1 if before else 1
        if why := _needless(entry):
            return Article(self._now, why=why)
        if not view.is_shown(stored):
            return Article(self._now, why="it is hidden", next_try_at=self._now + 24 * HOUR)
        try:
            text = self._text(source, stored, view.title(stored.source_key))
        except FetchError as error:
            if error.kind == BUSY:
                return None
            is_final = error.kind in _FINAL or tries >= TRIES
            return Article(self._now, "", 0, str(error), tries, None if is_final else self._now + tries**2 * HOUR)
        except ParseError as error:
            return Article(self._now, why=str(error).removesuffix(": kept the last good version"), tries=tries)
        return Article(self._now, text, count_words(text, entry.language), None, tries)

    def _text(self, source: Source, stored: StoredEntry, source_title: str) -> str:
        entry, url = stored.entry, without_user(stored.entry.link or "")
        self._ask_leave(url, source)
        own = own_headers(source) if _origin(url) == _origin(source.url) else {}
        response = self._client.ask(_request(url, source, _PAGE, headers=own))
        self._heed(response)
        self._ask_leave(response.url, source)  # a redirect may have led to where we may not read
        kind = response.headers.get("content-type", "")
        if kind and "html" not in kind.lower():
            raise ParseError("not_article", f"its page is {kind.partition(';')[0][:40]}")
        names = {"title": entry.title, "source_title": source_title}
        text = self._pool.run(article, response.body, response.url, kind, **names)
        if why := _unfit(text, entry):
            raise ParseError("not_article", why)
        return text

    def _heed(self, response: Response) -> None:
        """Raises FetchError for all but 200; a host that says 429 is left alone, by polls too."""
        if response.status == TOO_MANY:
            rest = max(retry_after(response.headers, self._now) or HOUR, HOUR)
            with self._store.transaction():
                self._store.sources.rest_host(HostRest(host_of(response.url), self._now + rest), self._now)
        if response.status != 200:
            kind = "gone" if response.status in _GONE else "http"
            raise FetchError(kind, status_words(response.status, response.headers))

    def _ask_leave(self, url: str, source: Source) -> None:
        """Raises FetchError `robots` where robots.txt forbids an address, `later` where it cannot be read."""
        origin = _origin(url)
        robots = self._store.articles.robots(origin, self._now)
        if robots is None:
            robots = self._read_robots(origin, source)
            with self._store.transaction():
                self._store.articles.keep_robots(origin, robots, self._now)
        if not allows(robots, url):
            raise FetchError("robots", "robots.txt forbids it")

    def _read_robots(self, origin: str, source: Source) -> bytes:
        """RFC 9309, 2.3.1: missing (4xx) allows everything, a server that fails or is away nothing, for now."""
        if origin not in self._closed:
            try:
                answer = self._client.ask(_request(f"{origin}/robots.txt", source, "text/plain, */*;q=0.1"))
            except FetchError as error:
                if error.kind == BUSY:
                    raise
                self._closed[origin] = str(error)
            else:
                if answer.status == 200 or (400 <= answer.status < 500 and answer.status != TOO_MANY):
                    return answer.body
                self._closed[origin] = status_words(answer.status, answer.headers)
        raise FetchError("later", f"robots.txt could not be read ({self._closed[origin]})")


def _request(url: str, source: Source, accept: str, headers: dict[str, str] | None = None) -> Request:
    permitted = permitted_host(source)
    return Request(url, headers=headers or {}, accept=accept, permitted=permitted, proxy=source.proxy, limit=MOST_READ)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme.lower()}://{host_of(url)}"


def _needless(entry: Entry) -> str | None:
    if not entry.link or not is_http(entry.link):
        return "it has no page"
    words = count_words(entry.text, entry.language)
    return "its feed has the whole text" if words >= ENOUGH and not _CUT.search(entry.text) else None


def _unfit(text: str, entry: Entry) -> str | None:
    """Why a page's text cannot stand in for the feed's: it is no longer, or about something else (a cookie wall)."""
    own, words = count_words(entry.text, entry.language), count_words(text, entry.language)
    if words <= own:
        return "its page says no more than its feed"
    teaser = set(_WORD.findall(entry.text.casefold()[:2000]))
    found = teaser & set(_WORD.findall(text.casefold()))
    return "its page does not hold what its feed says" if 2 * len(found) < len(teaser) else None
