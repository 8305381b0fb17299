"""Publishers with habits, and the real program among them: public names, real sockets, a clock that a test moves.

    with Stage() as stage:
        stage.on("http://blog.example/feed", Answer(200, rss(3), {"ETag": '"a"'}), Answer(304))
        stage.follow("http://blog.example/feed")
        stage.run(days=30)
        assert stage.gaps("http://blog.example/feed") ...

Names resolve to an address on the public Internet and the connection to it is led to a server on the loopback, so that
the guard, spacing and scopes are those of strangers' hosts. `run` is the program's own Service, asked at each moment at
which it could have something to do; `poll` is what the command does. What came over the wire is in `asked`.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from aggregator.app import App
from aggregator.fetch.turns import Turns
from aggregator.polling.due import Hosts, planned
from aggregator.records import Config, Source, SourceHealth, SourceState
from aggregator.report import Pass
from aggregator.service import Event, Service
from aggregator.store.sqlite import open_store
from tests.makers import POOL
from tests.web import Answer, Request, Script, Scripted, Web

START = datetime(2026, 3, 14, 7, 13, 20, tzinfo=UTC)
STEP = timedelta(hours=1)  # the longest that a simulated `run` sleeps
_IN_MEMORY = Path("/dev/shm")  # where syncing costs nothing
PUBLIC = "93.184.216.34"  # where every made-up name lives


@dataclass(frozen=True)
class Asked:
    """One request as the publisher saw it: `at` on the simulated clock, `seen` on the real one (monotonic seconds)."""

    at: datetime
    url: str
    method: str
    headers: dict[str, str]
    seen: float
    status: int

    @property
    def conditions(self) -> dict[str, str]:
        """Its conditional headers, as they would be written."""
        names = {"if-none-match": "If-None-Match", "if-modified-since": "If-Modified-Since"}
        return {names[name]: value for name, value in self.headers.items() if name in names}


class Stage:
    """The program and the web around it; `spacing` is the real seconds between two starts at one host."""

    def __init__(
        self, *, spacing: float = 0.0, timeout: float = 2.0, at: datetime = START, digest: str = "03:30"
    ) -> None:
        self.now = at
        self.asked: list[Asked] = []
        self.events: list[Event] = []
        self.web = Web()
        self.web.otherwise = self._answer
        self.closed: set[str] = set()  # hosts that refuse connections
        self.unknown: set[str] = set()  # hosts that have no address
        self._scripts: dict[str, list[Scripted] | Script] = {}
        self._spacing, self._timeout = spacing, timeout
        self.silent: set[str] = set()  # hosts that let every connection wait
        self._temporary = TemporaryDirectory(dir=_IN_MEMORY if _IN_MEMORY.is_dir() else None)
        self.folder = Path(self._temporary.name)
        self._digest = digest
        self._config = self._configured(())
        self._open()

    def __enter__(self) -> Stage:
        self.web.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.app.store.close()
        self.web.__exit__(kind, error, trace)
        self._temporary.cleanup()

    # --- the publishers --------------------------------------------------------------------------------------

    def on(self, url: str, *answers: Scripted | Script) -> str:
        """Script an address: answers in order, the last one for ever, or a callable; gives the address."""
        fixed: list[Scripted] = [answer for answer in answers if not callable(answer)]
        first = answers[0]
        self._scripts[url.partition("#")[0]] = first if callable(first) else fixed
        return url

    def _answer(self, request: Request) -> Scripted:
        url = f"http://{request.headers['host']}{request.target}"
        script = self._scripts.get(url, [Answer(404)])
        answer = script(request) if callable(script) else script.pop(0) if len(script) > 1 else script[0]
        status = answer.status if isinstance(answer, Answer) else 0
        self.asked.append(Asked(self.now, url, request.method, request.headers, request.at, status))
        return answer

    def _resolve(self, host: str, port: int, timeout: float) -> list[str]:
        if host in self.unknown:
            raise socket.gaierror(socket.EAI_NONAME, "made up")
        self._dialled = host
        return [PUBLIC]

    def _dial(self, address: str, port: int, timeout: float) -> socket.socket:
        if self._dialled in self.silent:
            sleep(timeout)
            raise TimeoutError
        if address != PUBLIC or self.closed & {self._dialled, "*"}:
            raise ConnectionRefusedError(111, "Connection refused")
        return socket.create_connection(("127.0.0.1", self.web.port), timeout=timeout)

    # --- the program -----------------------------------------------------------------------------------------

    def follow(self, *sources: str | Source, **settings: Any) -> None:
        """Save feeds.yaml with these sources."""
        lines = tuple(one if isinstance(one, Source) else Source(one) for one in sources)
        self._config = replace(self._configured(lines), **settings)
        self.app.follow(self._config)

    def _configured(self, sources: tuple[Source, ...]) -> Config:
        lines = tuple(replace(source, line=number) for number, source in enumerate(sources, 5))
        series = replace(Config.__dataclass_fields__["digest"].default_factory(), at=_time(self._digest))  # type: ignore[misc]
        return Config(
            path=self.folder / "feeds.yaml",
            output=self.folder / "public",
            store=str(self.folder / "data" / "aggregator.db"),
            timezone=ZoneInfo("UTC"),
            digest=series,
            sources=lines,
        )

    def _open(self) -> None:
        store = open_store(Path(self._config.store))
        self.app = App(
            self._config,
            store,
            lambda: self.now,
            pool=POOL,
            timeout=self._timeout,
            resolver=self._resolve,
            dial=self._dial,
            turns=Turns(self._spacing),
        )
        if self._config.sources:
            self.app.follow(self._config)
        self.service = Service(self.app, lambda: self._config, self.events.append, lambda _: None)

    def restart(self) -> None:
        """End the program and start it again."""
        self.app.store.close()
        self._open()

    def poll(self, *, force: bool = False, named: Sequence[str] = (), later: timedelta = timedelta(0)) -> Pass:
        """What `aggregator poll` does, `later` than now."""
        self.now += later
        self.app.scatters = False
        self.app.heed_clock()
        return self.app.run_pass(self.app.due(one_shot=True, force=force, named=frozenset(named)))

    def run(
        self,
        *,
        days: float = 0,
        until: Callable[[], bool] = lambda: False,
        step: timedelta = STEP,
    ) -> None:
        """`aggregator run` for so many simulated days, or until something is so."""
        end = self.now + timedelta(days=days)
        self.app.scatters = True
        while self.now < end and not until():
            self.service.tick()
            self.now = min(self._next(step), end)

    def _next(self, step: timedelta) -> datetime:
        """The next moment at which a running program could have something to do; it looks every 5 seconds."""
        sources = self.app.store.sources
        states, hosts = sources.states(), Hosts(sources.hosts(), sources.paces())
        known = self.app.config.sources
        plans = [at for one in known if (at := planned(one, states[one.url], states, hosts, self.now)[0])]
        soon = self.now + timedelta(seconds=5)
        return max(soon, min([*plans, self.now + step]))

    # --- what happened ---------------------------------------------------------------------------------------

    def times(self, url: str) -> list[datetime]:
        return [one.at for one in self.asked if one.url == url]

    def gaps(self, url: str) -> list[timedelta]:
        """The time between the requests to one address."""
        return [later - earlier for earlier, later in pairwise(self.times(url))]

    def state(self, url: str) -> SourceState:
        return self.app.store.sources.states()[url]

    def health(self, url: str) -> SourceHealth:
        return next(row for row in self.app.health() if row.url == url)

    def stored(self, url: str) -> set[str]:
        """The titles of a source's entries."""
        return {known.title for known in self.app.store.entries.known(self.state(url).key)}

    def merged(self) -> list[str]:
        """The titles in the merged feed."""
        return [item["title"] for item in json.loads((self.folder / "public" / "feed.json").read_bytes())["items"]]


@dataclass(frozen=True)
class Persona:
    """A publisher's script with what it expects of each request: its conditional headers, and the gap before it."""

    line: str
    script: tuple[Scripted, ...]
    expect: tuple[Mapping[str, str], ...]
    min_gap: timedelta = timedelta(hours=1)
    url: str = "http://blog.example/feed"
    source: Mapping[str, Any] = field(default_factory=dict)

    def play(self, stage: Stage) -> None:
        """Run the program until the script is through; every request must be as expected."""
        stage.on(self.url, *self.script)
        stage.follow(Source(self.url, **self.source))
        stage.run(days=9, until=lambda: len(stage.times(self.url)) >= len(self.expect))
        seen = [one for one in stage.asked if one.url == self.url]
        for number, (asked, expected) in enumerate(zip(seen, self.expect, strict=True), 1):
            assert asked.conditions == expected, f"{self.line}, request {number}"
        assert all(gap >= self.min_gap for gap in stage.gaps(self.url)), f"{self.line}: {stage.gaps(self.url)}"


def host(url: str) -> str:
    return urlsplit(url).netloc


def _time(text: str) -> time:
    return time.fromisoformat(text)
