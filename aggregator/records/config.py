"""What the user wrote: `Config` of `Source`s, as read from feeds.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

LocalDate = date

Republish = Literal["full", "excerpt", "link"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One filter as written: `drop: CONDITION`, `keep: CONDITION`, or `tag: NAME` / `score: N` with `when:`."""

    action: Literal["drop", "keep", "tag", "score"]
    condition: str
    argument: str = ""
    line: int = 0

    @property
    def text(self) -> str:
        """The rule in one line, as reasons and `explain` show it."""
        head = f"{self.action}: {self.argument}"
        return f"{head} when {self.condition}" if self.argument else f"{self.action}: {self.condition}"


@dataclass(frozen=True, slots=True)
class WordList:
    """A topic or a lens: a name and its patterns (`word`, `two words`, `stem*`)."""

    name: str
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """One source of feeds.yaml with the defaults applied; `line` is where it stands in the file (from 1)."""

    url: str
    title: str | None = None
    tags: tuple[str, ...] = ()
    every: timedelta = timedelta(hours=1)
    at_most: int = 5
    full_text: bool = False
    republish: Republish = "full"
    private: bool = False
    allow_private: bool = False
    paused: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    auth: str | None = None
    proxy: str | None = None
    filters: tuple[Rule, ...] = ()
    line: int = 0

    @property
    def is_ours(self) -> bool:
        """Whether we ask our own machine or network: a proxy there (`allow_private`) still asks strangers for us."""
        return self.allow_private and self.proxy is None


@dataclass(frozen=True, slots=True)
class Series:
    """A digest series: `name` is "" for the main one; `read_in` None means everything; `days` 0 is Monday."""

    name: str = ""
    at: time = time(7, 0)
    read_in: timedelta | None = timedelta(minutes=7)
    mail_to: tuple[str, ...] = ()
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    tags: tuple[str, ...] = ()
    epub: bool = False
    introduction: str | None = None  # a command


@dataclass(frozen=True, slots=True)
class Config:
    """All of feeds.yaml, valid; paths are absolute, `store` is an absolute path or a postgresql:// address."""

    path: Path
    output: Path
    store: str
    timezone: ZoneInfo
    title: str = "Future of Work"
    link: str = "http://127.0.0.1:8080/"
    contact: str | None = None
    digest: Series = field(default_factory=Series)
    digests: tuple[Series, ...] = ()
    topics: tuple[WordList, ...] = ()
    lenses: tuple[WordList, ...] = ()
    interests: tuple[tuple[str, float], ...] = ()
    filters: tuple[Rule, ...] = ()
    sources: tuple[Source, ...] = ()
    reading_lists: tuple[str, ...] = ()
    usual: Source = Source("")  # what `defaults:` make of a source that says nothing itself
    hub: str | None = None
    callback: str | None = None  # where hubs reach `run`, with a slash at its end; None: nobody is subscribed to
    notify: str | None = None
    templates: Path | None = None
    by_url: Mapping[str, Source] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """The sources by address, worked out once: there may be a hundred thousand."""
        object.__setattr__(self, "by_url", {source.url: source for source in self.sources})

    @property
    def every_series(self) -> tuple[Series, ...]:
        """The main digest series first, then the named ones."""
        return (self.digest, *self.digests)
