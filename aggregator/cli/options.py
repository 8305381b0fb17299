"""The options every command takes, before or after its name, and what they open: configuration, clock, store, app."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from aggregator.cli.words import safe
from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from aggregator.app import App
    from aggregator.parse.pool import Pool
    from aggregator.publish.mail import Server
    from aggregator.records import Config
    from aggregator.report import Progress
    from aggregator.store.sqlite import Store

F = TypeVar("F", bound=Callable[..., Any])


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if value not in (None, False) and param.name:
        ctx.find_root().meta[f"aggregator.{param.name}"] = value


_HIDDEN: dict[str, Any] = {"expose_value": False, "callback": _remember}
_OPTIONS = (
    click.option("--quiet", is_flag=True, help="Only errors.", **_HIDDEN),
    click.option("--verbose", is_flag=True, help="A line for each source.", **_HIDDEN),
    click.option("--log", type=click.Choice(["text", "json"]), help="The form of log lines on stderr.", **_HIDDEN),
    click.option("--now", metavar="TIME", help="Take this as the clock, such as 2026-03-14T07:00Z.", **_HIDDEN),
    click.option("--config", metavar="FILE", help="The sources file.  [default: feeds.yaml]", **_HIDDEN),
)


def common(command: F) -> F:
    """Give a command the global options."""
    for option in _OPTIONS:
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Settings:
    """What the global options say."""

    config: Path
    now: str | None
    log: str
    verbose: bool
    quiet: bool

    def say(self, line: str, *, level: str = "info", event: str = "said", **facts: Any) -> None:
        """One line of the log on stderr: text, or a JSON object with its time, level, event and facts.

        With --quiet only errors are said.
        """
        if self.quiet and level != "error":
            return
        if self.log == "json":
            time = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            line = json.dumps({"time": time, "level": level, "event": event, "text": line, **facts}, ensure_ascii=False)
        click.echo(line, err=True)

    def say_source(self, told: Progress) -> None:
        """One source of a pass was read: a line of its own in JSON, in text only with --verbose."""
        if self.log == "json":
            facts = {"source": told.title, "outcome": told.outcome, "error": told.error}
            numbers = {"ms": round(told.seconds * 1000), "bytes": told.size, "entries": told.entries}
            level = "warning" if told.error else "info"
            self.say(f"{told.done}/{told.total}", level=level, event="source", **facts, **numbers)
        elif self.verbose:
            self.say(f"{told.done}/{told.total}  {safe(told.title)}")

    @property
    def is_terminal(self) -> bool:
        """Whether a person watches: then progress is drawn."""
        return sys.stderr.isatty() and not self.quiet and self.log == "text"

    def load(self) -> Config:
        """Read feeds.yaml; raises ConfigError."""
        from aggregator.sources.config import load

        return load(self.config)

    def clock(self, config: Config) -> Callable[[], datetime]:
        """The present: the real one, or `--now` standing still; without a zone it is local."""
        if self.now is None:
            return lambda: datetime.now(UTC).replace(microsecond=0)
        try:
            moment = datetime.fromisoformat(self.now)
        except ValueError:
            raise ConfigError(f"--now {self.now}: not a time; write it like 2026-03-14T07:00Z") from None
        fixed = (moment if moment.tzinfo else moment.replace(tzinfo=config.timezone)).astimezone(UTC)
        return lambda: fixed


def settings() -> Settings:
    """The global options of this call, wherever they stood."""
    meta = click.get_current_context().find_root().meta
    said: dict[str, Any] = {"config": "feeds.yaml", "now": None, "log": "text", "verbose": False, "quiet": False}
    said |= {name: meta[key] for name in said if (key := f"aggregator.{name}") in meta}
    return Settings(**said | {"config": Path(said["config"])})


@contextlib.contextmanager
def reading(options: Settings) -> Iterator[tuple[Config, Store, Callable[[], datetime]]]:
    """Configuration, store and clock for a command that only reads; works beside a writer."""
    from aggregator.store.opening import open_store

    config = options.load()
    store = open_store(config.store, create=False)
    try:
        if config.reading_lists or store.meta("imported_lists"):
            from aggregator.polling.reading_lists import with_lists

            config = with_lists(config, store)
        yield config, store, options.clock(config)
    finally:
        store.close()


@contextlib.contextmanager
def reading_pool() -> Iterator[Pool]:
    """The workers that read documents: those that our caller brought (`main(pool=...)`), else our own."""
    from aggregator.parse.pool import Pool

    given: Pool | None = click.get_current_context().find_object(Pool)
    pool = given or Pool()
    try:
        yield pool
    finally:
        if given is None:
            pool.close()


@contextlib.contextmanager
def writing(options: Settings, command: str, config: Config | None = None) -> Iterator[App]:
    """An App that holds the writer's lock; raises AlreadyRunning when another has it. `config`: read already."""
    from aggregator.app import App
    from aggregator.sources.pending import without_effect
    from aggregator.store import opening
    from aggregator.upkeep import heap
    from aggregator.workers.sessions import turns_beside_workers

    heap.few_arenas()
    config = config or options.load()
    clock, kept = options.clock(config), opening.writing(config.store, command, datetime.now(UTC), options.say)
    with kept as store, turns_beside_workers(config.store) as turns, reading_pool() as pool:
        app = App(config, store, clock, mail=_mail(), pool=pool, turns=turns)
        app.follow(config)
        _recover(options, app)
        app.heed_clock()
        for line in without_effect(config):
            options.say(line)
        yield app


def _recover(options: Settings, app: App) -> None:
    """Put back what was published and the store does not know, so that nothing is announced twice."""
    from aggregator.upkeep import recovery

    if recovery.is_needed(app.config, app.store):
        found = recovery.recover(app.config, app.store, app.clock())
        options.say(
            f"recovered from {app.config.output}: {found.entries:,} published entries, {found.digests:,} digests; "
            "nothing of it is announced again"
        )


def publish_soon(options: Settings, command: str) -> None:
    """Publish what a command changed beside the writer (it left `publish_asked`): now, or by who runs."""
    from aggregator.errors import AlreadyRunning

    try:
        with writing(options, command) as app:
            app.publish_asked()
    except AlreadyRunning as error:
        options.say(f"{error}: it publishes this within seconds")


def _mail() -> Server | None:
    """The mail server that the environment names; raises ConfigError when the address is wrong."""
    url = os.environ.get("AGGREGATOR_SMTP_URL")
    if not url:
        return None
    from aggregator.publish.mail import Server

    return Server(url)


def named_sources(config: Config, words: tuple[str, ...], titles: dict[str, str]) -> frozenset[str]:
    """The feed URLs that SOURCE arguments mean: URL, host or title, any unambiguous part, case ignored."""
    return frozenset(_one_source(config, word, titles) for word in words)


def _one_source(config: Config, word: str, titles: dict[str, str]) -> str:
    wanted = word.casefold()
    exact = [s.url for s in config.sources if wanted in (s.url.casefold(), titles.get(s.url, "").casefold())]
    found = exact or [
        s.url
        for s in config.sources
        if wanted in s.url.casefold() or wanted in titles.get(s.url, s.title or "").casefold()
    ]
    if len(found) == 1:
        return found[0]
    if not found:
        raise ConfigError(f"no source is called `{word}`; `aggregator status` lists them")
    candidates = "\n".join(f"  {titles.get(url, '')}  {url}" for url in found)
    raise ConfigError(f"`{word}` could be any of these {len(found)} sources:\n{candidates}")
