"""What a pass did, and how far it is: records between the app and those who tell of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from aggregator.records import Source


@dataclass(frozen=True, slots=True)
class Failure:
    """A source that failed in this pass; `retry_at` is when it is asked again. `is_first`: it was not asked before."""

    source: Source
    title: str
    error: str
    retry_at: datetime | None
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """A source whose permanent redirect became certain in this pass: so many sightings since, and where it leads."""

    source: Source
    title: str
    to: str
    sightings: int
    since: datetime


@dataclass(slots=True)
class Pass:
    """What one pass did; counts of sources, and of entries in `new` (accepted), `backlog` (of the new ones those that
    are kept for search only) and `updated`.

    `hub` says in one line why the WebSub hub could not be told, `notify` why who is named there could not be.
    """

    started_at: datetime
    finished_at: datetime
    polled: int = 0
    not_modified: int = 0
    unchanged: int = 0
    new: int = 0
    backlog: int = 0
    updated: int = 0
    failed: list[Failure] = field(default_factory=list)
    moved: list[Move] = field(default_factory=list)
    offline: bool = False
    published: list[str] = field(default_factory=list)
    hub: str | None = None
    notify: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a pass is: sources done and asked, and of the one just read its title and what came of it.

    `seconds` it took to ask and read it, `size` in bytes, decoded; `entries` stand in the document.
    """

    done: int
    total: int
    title: str
    outcome: str = ""
    seconds: float = 0.0
    size: int = 0
    entries: int = 0
    error: str | None = None
