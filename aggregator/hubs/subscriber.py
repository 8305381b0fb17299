"""The subscriber at work (WebSub): what was heard and brought, what is asked of hubs, what is waited for.

Once a tick of `run`, in its thread. websub.py knows the rules, callback.py is where hubs call. What a hub brings goes
the way of every poll; what it fails to bring is found by polling, which gets slower while it delivers and never ends.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from aggregator.discovery.discover import hub_links
from aggregator.errors import FetchError, ParseError
from aggregator.fetch.client import Client, Request, Wire, permitted_host
from aggregator.hubs import websub
from aggregator.hubs.callback import Callback, Delivery, Word
from aggregator.parse.document import parse_and_pack
from aggregator.parse.pool import Pool
from aggregator.pipeline import Polled
from aggregator.polling.cadence import retry_after
from aggregator.records import Config, Response, Source, SourceState, Subscription
from aggregator.store.sqlite import Store
from aggregator.urls import host_of, is_http

AWAY = timedelta(minutes=15)  # after so long without a tick nobody knows what hubs have tried to bring
LOOKED_EVERY = timedelta(minutes=1)  # where nothing happens
ASKED_A_TICK = 5  # requests to hubs: there is time for the rest in the next one
FOR = 20.0  # seconds in a tick
ONE = 10.0  # seconds for an answer
HUB = "its hub"  # so begins the reason of a poll that a hub has asked for
_HUB_RESTS = timedelta(minutes=10)
_PAGE_LIMIT = 2**20
_PAGE = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
_DELIVERED = 226  # what a hub brings is like a partial answer: what is not in it is not gone


class Subscriber:
    """Keeps the subscriptions of a store as the sources want them; `tick` is called by one thread."""

    def __init__(self, store: Store, pool: Pool, clock: Callable[[], datetime], desk: Callback) -> None:
        self._store, self._pool, self._clock, self._desk = store, pool, clock, desk
        self._waiting: list[Delivery] = []
        self._ticked: datetime | None = None
        self._looked: datetime | None = None
        self._config: Config | None = None

    def tick(self, config: Config, wire: Wire, is_offline: bool = False) -> list[Polled]:
        """One look at everything; returns what hubs have brought, for the pass to record."""
        now = self._clock()
        words, deliveries = self._desk.take()
        self._waiting += deliveries
        away = self._ticked is None or now - self._ticked > AWAY
        self._ticked = now
        if not (words or self._waiting or away or self._is_time(config, now)):
            return []
        self._config, self._looked = config, now
        sources = self._sources(config)
        self._hear(words, sources, now)
        brought = list(self._read(sources, now))
        self._follow(config, sources, now)
        if away:
            self._catch_up(sources, now)
        self._expect()
        if not is_offline:
            self._ask(config, sources, wire)
            self._expect()
        return brought

    def look_again(self) -> None:
        """Sources were polled: the next tick looks at what they want."""
        self._looked = None

    def _is_time(self, config: Config, now: datetime) -> bool:
        """Whether it pays to look: something is due, the file was saved, or a minute is over."""
        if config.callback is None and config is self._config and not self._store.subscriptions.any():
            return False
        over = self._looked is None or not timedelta(0) <= now - self._looked < LOOKED_EVERY
        return over or config is not self._config or bool(self._store.subscriptions.due(now))

    def _expect(self) -> None:
        self._desk.expect(self._store.subscriptions.all(), self._config.callback if self._config else None)

    def _sources(self, config: Config) -> dict[int, tuple[Source, SourceState]]:
        if config.callback is None and not self._store.subscriptions.any():
            return {}  # nothing is asked of hubs, and nothing left to be ended
        states = self._store.sources.states()
        return {states[one.url].key: (one, states[one.url]) for one in config.sources if one.url in states}

    def _put(self, *those: Subscription) -> None:
        if those:
            with self._store.transaction():
                for one in those:
                    self._store.subscriptions.put(one)

    # --- what came -------------------------------------------------------------------------------------------

    def _hear(self, words: Iterable[Word], sources: dict[int, tuple[Source, SourceState]], now: datetime) -> None:
        known = {one.callback: one for one in self._store.subscriptions.all()} if words else {}
        for word in words:
            one = known.get(word.callback)
            if one is None or one.state == "left" or (one.state == "leaving") != (word.mode == "unsubscribe"):
                continue
            if word.mode == "denied":
                one = websub.denied(one, word.text, now)
                self._hasten(one, sources, f"{HUB} denied the subscription")
            else:
                one = websub.verified(one, word.mode, word.text, now)
            known[word.callback] = one
            self._put(one)

    def _read(self, sources: dict[int, tuple[Source, SourceState]], now: datetime) -> Iterator[Polled]:
        """Deliveries as polls; of those that cannot be trusted or read the source is asked soon."""
        known = {one.callback: one for one in self._store.subscriptions.all()} if self._waiting else {}
        end = time.monotonic() + FOR
        while self._waiting and time.monotonic() < end:
            delivery = self._waiting.pop(0)
            one = known.get(delivery.callback)
            if one is None or one.state in ("leaving", "left") or one.source_key not in sources:
                continue
            polled = self._polled(delivery, one, *sources[one.source_key], now)
            if polled is None:
                continue
            self._put(replace(one, delivered_at=now))
            if polled.feed is None:
                self._hasten(one, sources, f"{HUB} says that there is news")
            else:
                yield polled
        if known:
            self._pool.rest()

    def _polled(
        self, delivery: Delivery, one: Subscription, source: Source, state: SourceState, now: datetime
    ) -> Polled | None:
        """What a delivery is: entries, a hint (without a feed), or nothing of ours."""
        hint = Polled(source, state, pushed=True)
        if one.secret is None:
            return hint
        try:
            kind = delivery.headers.get("content-type")
            feed, entries, packs, _ = self._pool.run(parse_and_pack, delivery.body, one.topic, kind, now)
        except ParseError:
            return hint
        if not websub.is_about(one, delivery.headers, feed, (source.url, state.answered_by)):
            return None
        response = Response(one.topic, _DELIVERED, delivery.headers | {"im": "feed"}, delivery.body)
        return replace(hint, response=response, feed=feed, entries=entries, packs=packs)

    def _hasten(self, one: Subscription, sources: dict[int, tuple[Source, SourceState]], reason: str) -> None:
        """Ask the source as soon as its `every` allows."""
        if one.source_key not in sources:
            return
        source, state = sources[one.source_key]
        now = self._clock()
        with self._store.transaction():
            self._store.sources.hasten(state.key, max(now, (state.polled_at or now) + source.every), reason)

    def _catch_up(self, sources: dict[int, tuple[Source, SourceState]], now: datetime) -> None:
        for one in self._store.subscriptions.all():
            if one.state == "active" and one.asked_at is not None and one.asked_at < now - AWAY:
                self._hasten(one, sources, "its hub may have called while this was not running")

    # --- what is wanted --------------------------------------------------------------------------------------

    def _follow(self, config: Config, sources: dict[int, tuple[Source, SourceState]], now: datetime) -> None:
        """Subscriptions begin, change and end with the sources, their feeds' hubs and the callback's address."""
        live = {one.source_key: one for one in self._store.subscriptions.all() if one.state not in ("leaving", "left")}
        for key, (source, state) in sources.items():
            one = live.pop(key, None)
            if config.callback is None or not websub.is_wanted(source, state):
                self._end(one, now)
            elif one is None or not self._stands(one, state, config.callback):
                self._end(one, now)
                self._put(_made(state, config.callback, now))
            elif websub.has_failed(one, now):
                self._turn(one, state, config.callback, now)
            elif websub.lapsed(one, now):
                self._put(replace(one, state="off"))
                self._hasten(one, sources, f"{HUB}'s lease has ended")
        for one in live.values():
            self._end(one, now)

    def _turn(self, one: Subscription, state: SourceState, base: str, now: datetime) -> None:
        """A hub that failed makes room for another one that the feed names; should it call yet, it hears 404."""
        other = websub.elsewhere(one, state.hints, _callback(base), _secret(), now)
        if other is not None:
            with self._store.transaction():
                self._store.subscriptions.drop(one.callback)
                self._store.subscriptions.put(other)

    @staticmethod
    def _stands(one: Subscription, state: SourceState, base: str) -> bool:
        is_there = one.hub != "" or not state.hints.hubs
        return one.callback.startswith(base) and is_there and (one.hub == "" or websub.agreed(state.hints, one))

    def _end(self, one: Subscription | None, now: datetime) -> None:
        if one is None:
            return
        if one.asked_at is None:  # nobody knows of it
            with self._store.transaction():
                self._store.subscriptions.drop(one.callback)
        else:
            self._put(websub.leaving(one, now))

    # --- what is asked ---------------------------------------------------------------------------------------

    def _ask(self, config: Config, sources: dict[int, tuple[Source, SourceState]], wire: Wire) -> None:
        now = self._clock()
        due = self._store.subscriptions.due(now)
        if not due:
            return
        done, silent, end = 0, set[str](), time.monotonic() + FOR
        with closing(replace(wire, timeout=min(wire.timeout, ONE)).client()) as client:
            for one in due:
                if done >= ASKED_A_TICK or time.monotonic() > end:
                    return
                if one.state == "left":
                    with self._store.transaction():
                        self._store.subscriptions.drop(one.callback)
                elif one.state == "leaving" and one.tries >= websub.LEAVING_TRIES:
                    self._put(websub.left(one, now))
                elif host_of(one.hub) in silent:
                    self._put(replace(one, next_at=now + _HUB_RESTS))
                else:
                    done += 1
                    source = sources[one.source_key] if one.source_key in sources else self._gone(one, config)
                    if not (self._request if one.hub else self._look)(client, one, *source):
                        silent.add(host_of(one.hub))

    def _gone(self, one: Subscription, config: Config) -> tuple[Source, SourceState]:
        """A source that left the file: what `defaults` permit holds for it still."""
        state = self._store.sources.state(one.source_key)
        return replace(config.usual, url=state.url), state

    def _request(self, client: Client, one: Subscription, source: Source, state: SourceState) -> bool:
        """Ask for what is wanted; False where the hub gave no answer. It may verify before it has answered."""
        now = self._clock()
        one = websub.asked(one, now)
        self._put(one)
        self._expect()
        form = urlencode(websub.request(one)).encode("ascii")
        permitted = permitted_host(source)
        request = Request(one.hub, "POST", form, accept="*/*", permitted=permitted, proxy=source.proxy)
        try:
            answer = client.ask(request)
        except FetchError as error:
            self._put(websub.refused(one, str(error), now))
            return False
        if not 200 <= answer.status < 300:
            wait = retry_after(answer.headers, now)
            self._put(websub.refused(one, f"its hub answered {answer.status}", now, wait))
        return True

    def _look(self, client: Client, one: Subscription, source: Source, state: SourceState) -> bool:
        """A feed that names no hub: its site's page may, and then a delivery of the page is a hint to ask the feed."""
        now = self._clock()
        hubs, topic = self._on_page(client, state.feed_link or "", source)
        hub = websub.best_hub(hubs)
        made = websub.agreement(one.source_key, hub, topic, one.callback, _secret(), now)
        self._put(made if hub else replace(made, next_at=now + websub.LOOKED_FOR))
        return True

    def _on_page(self, client: Client, page: str, source: Source) -> tuple[tuple[str, ...], str]:
        if not is_http(page):
            return (), page
        permitted = permitted_host(source)
        request = Request(page, accept=_PAGE, permitted=permitted, proxy=source.proxy, limit=_PAGE_LIMIT)
        try:
            answer = client.ask(request)
            hubs, itself = self._pool.run(hub_links, answer.body, answer.url)
        except (FetchError, ParseError):
            return (), page
        told = list(websub.links(answer.headers.get("link", ""), answer.url))
        named = tuple(url for rel, url in told if rel == "hub")
        headers_self = next((url for rel, url in told if rel == "self"), None)
        return named or hubs, (headers_self if named else itself) or answer.url


def _made(state: SourceState, base: str, now: datetime) -> Subscription:
    hub, topic = websub.best_hub(state.hints.hubs), state.hints.topic or state.url
    return websub.agreement(state.key, hub, topic, _callback(base), _secret(), now)


def _callback(base: str) -> str:
    return base + secrets.token_urlsafe(32)


def _secret() -> str:
    return secrets.token_urlsafe(48)
