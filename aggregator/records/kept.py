"""What we keep: entries, what is known of a source, and what a poll changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from aggregator.records.config import Source
from aggregator.records.wire import Enclosure, Hints, Response


@dataclass(frozen=True, slots=True)
class Entry:
    """A normalized entry: safe to show in any output.

    `title` is plain text on one line; `summary` and `content` are sanitized HTML with absolute URLs, without
    boilerplate and tracking; `text` is the plain text of the fuller of the two, paragraphs separated by blank
    lines. `published` and `updated` are the publisher's where sane. `link` is clean of tracking parameters.
    """

    guid: str
    canonical_url: str | None
    link: str | None
    title: str
    summary: str
    content: str
    text: str
    author: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    language: str | None = None
    categories: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    comments: str | None = None
    image: str | None = None
    duration: int | None = None

    def __reduce__(self) -> tuple[type[Entry], tuple[Any, ...]]:
        """Pickled by its values: what dataclasses do looks every field up by its name, and takes twice as long."""
        return type(self), tuple([getattr(self, name) for name in self.__match_args__])


@dataclass(frozen=True, slots=True)
class Outline(Entry):
    """What an entry is known by, without its texts, which were not read.

    Of one whose publisher writes it as he did before (entries/signs.py) the store has them: `said` is the hash of what
    it says, and it is compared and never stored. Of a first poll's backlog they are read in idle time
    (polling/backlog.py): nothing is `said`, and until then the outline is what is stored.
    """

    said: str = ""


class Packed(NamedTuple):
    """An entry as the store keeps it: its bytes, the hash of what it says, and the marks that its copies share."""

    data: bytes
    hash: str
    marks: tuple[int, ...]


Standing = Literal["news", "backlog", "folded", "held", "dropped", "forgotten"]


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry with its place in the store.

    `id` is the id in the merged feed, that of its group for a folded copy; `accepted` is the order of acceptance
    (0 while it waits), `standing` what acceptance made of it; `group` the key of the entry that leads its group.
    `published` is the sane instant to show: never in the future of `first_seen`, never before 1995. `hidden` tells
    whether the user hid its group by hand. Of a forgotten entry only what recognises it is left.
    """

    key: int
    id: str
    source_key: int
    entry: Entry
    standing: Standing
    published: datetime
    first_seen: datetime
    changed_at: datetime
    accepted: int = 0
    accepted_at: datetime | None = None
    group: int = 0
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """What acceptance needs to know of an entry that has no place yet; nothing of what it says.

    `canonical_url` may be left out where no other entry has it.
    """

    key: int
    source_key: int
    canonical_url: str | None
    title: str
    standing: Standing
    marks: tuple[int, ...]

    @property
    def is_alone(self) -> bool:
        """Whether nothing says that it could be a copy."""
        return not self.marks and self.canonical_url is None


State = Literal["paused", "gone", "quarantined", "failing", "moved", "silent", "new", "ok"]


@dataclass(frozen=True, slots=True)
class SourceState:
    """What the store remembers of a source between polls. `key` is its number in the store, for ever.

    `not_before` is the publisher's explicit wish (Retry-After, Cache-Control, ttl), which nothing but a human
    may shorten; `reason` says in words why `next_poll_at` is when it is. `answered_by` is the address that answered
    last, after redirects; `held_why` says why entries of it were held the last time.
    """

    key: int
    first_url: str
    url: str
    etag: str | None = None
    last_modified: str | None = None
    validators_url: str | None = None
    body_hash: str | None = None
    polled_at: datetime | None = None
    success_at: datetime | None = None
    next_poll_at: datetime | None = None
    not_before: datetime | None = None
    reason: str = "never polled"
    failures: int = 0
    error_kind: str | None = None
    error: str | None = None
    gone_at: datetime | None = None
    gone: bool = False
    quiet_polls: int = 0
    moved_to: str | None = None
    moved_since: datetime | None = None
    moved_seen: int = 0
    feed_title: str | None = None
    feed_link: str | None = None
    feed_id: str | None = None
    language: str | None = None
    hints: Hints = field(default_factory=Hints)
    answered_by: str | None = None
    held_why: str | None = None

    @property
    def is_new(self) -> bool:
        """No poll of it has ever succeeded."""
        return self.success_at is None


@dataclass(frozen=True, slots=True)
class Changes:
    """What one poll of one source brings: entries to add with their standing, and those that were edited.

    `same` are the known ones that were not, with the keys of what is stored. `forgotten`: the document still carries
    what was forgotten, so its bytes are not kept. `doubt` says why entries are held, None where none is;
    `foreign`: the document seems to be that of another feed.
    """

    new: tuple[tuple[Entry, Standing], ...] = ()
    updated: tuple[tuple[int, Entry], ...] = ()
    same: tuple[tuple[int, Entry], ...] = ()
    seen: int = 0
    forgotten: bool = False
    doubt: str | None = None
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class HostRest:
    """A host is left alone until then; `pace` is the gap that its 429 has taught, None where nothing was learned."""

    host: str
    until: datetime
    pace: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """What was agreed with a hub about one source (WebSub): `callback` ends in a name that nobody can guess.

    `hub` is empty where none was found. `pending` is what the hub has been asked for and has not verified yet. The
    lease ends at `ends_at`; `next_at` is when something is to be done. `delivered_at` is the last delivery that was
    right, `missed_at` when a poll last found what the hub should have brought. `secret` None: the hub is not on https,
    so what comes from it is only a hint to look.
    """

    callback: str
    source_key: int
    hub: str
    topic: str
    secret: str | None
    state: Literal["off", "active", "denied", "leaving", "left"] = "off"
    pending: Literal["subscribe", "unsubscribe"] | None = None
    tries: int = 0
    asked_at: datetime | None = None
    next_at: datetime | None = None
    ends_at: datetime | None = None
    delivered_at: datetime | None = None
    missed_at: datetime | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A poll met nothing that was known: what came between `newest_known` and `oldest_come` may have been lost.

    Older pages of the feed are read from `next_url` on until they meet what is known (`filled`) or end (`lost`); each
    moves `oldest_come` back. `polled_at` is the last good poll before; the feed held `window_s` seconds.
    """

    source_key: int
    found_at: datetime
    newest_known: datetime
    oldest_come: datetime
    polled_at: datetime
    window_s: int
    state: Literal["open", "filled", "lost"] = "open"
    next_url: str | None = None
    next_at: datetime | None = None
    pages: int = 0
    tries: int = 0
    recovered: int = 0
    closed_at: datetime | None = None


Outcome = Literal["new", "unchanged", "not_modified", "failed"]


@dataclass(frozen=True, slots=True)
class PollResult:
    """One source's poll, ready to be recorded in one transaction. `state` is what is remembered from now on.

    `kept` is the answer whose body is kept, None where it is none to read again; `packs` holds by guid
    what was packed beforehand. `missed`: it brought news that the source's hub should have brought before.
    `gap`: it met nothing that was known. `signs` are those of a whole document, as the store keeps them.
    """

    source: Source
    state: SourceState
    outcome: Outcome
    changes: Changes = Changes()
    kept: Response | None = None
    rests: tuple[HostRest, ...] = ()
    packs: Mapping[str, Packed] = field(default_factory=dict)
    missed: bool = False
    gap: Gap | None = None
    signs: bytes = b""


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """One row of `status`; `reason` says why `next_poll_at`, `typical_gap_s` is the source's own rhythm.

    `silence` says how long a silent source has been so, against its rhythm; `held` how many entries wait, and why.
    """

    url: str | None
    title: str
    state: State
    last_success_at: datetime | None
    next_poll_at: datetime | None
    reason: str
    failures: int
    error: str | None
    entries: int
    typical_gap_s: int | None
    site: str | None = None
    silence: str | None = None
    held: str | None = None


@dataclass(frozen=True, slots=True)
class Brought:
    """What a source has brought: entries in each of the last weeks, the oldest first, and what became of all."""

    weeks: tuple[int, ...] = ()
    news: int = 0
    folded: int = 0
    backlog: int = 0


Outage = tuple[datetime, datetime | None]
"""From when to when this machine had no network; None while it lasts."""
