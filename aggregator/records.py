"""The records that flow through the house: frozen, slotted, tuples instead of lists, aware UTC times.

One type per moment of the data's life:
`Config(sources) -> Source + SourceState -> Response -> ParsedFeed -> Entry -> Changes -> PollResult`, and on the
way out `StoredEntry -> MergedFeed` and `StoredEntry -> Story -> Digest`. No behaviour beyond what a value can
answer about itself, no I/O, no clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

# --- what the user wrote -------------------------------------------------------------------------------------

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


@dataclass(frozen=True, slots=True)
class Series:
    """A digest series: `name` is "" for the main one; `read_in` None means everything; `days` 0 is Monday."""

    name: str = ""
    at: time = time(7, 0)
    read_in: timedelta | None = timedelta(minutes=7)
    mail_to: tuple[str, ...] = ()
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    tags: tuple[str, ...] = ()


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
    hub: str | None = None
    notify: str | None = None
    templates: Path | None = None

    @property
    def every_series(self) -> tuple[Series, ...]:
        """The main digest series first, then the named ones."""
        return (self.digest, *self.digests)


# --- what came over the wire ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Redirect:
    """One hop: the status that sent us on, and the absolute target."""

    status: int
    url: str


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to one polite GET; a 304 or an error status is a value, not an exception.

    `headers` have lower-case names, repeated ones joined by ", "; `body` is decoded and within the limit;
    `url` is where the answer came from after `redirects`.
    """

    url: str
    status: int
    headers: dict[str, str]
    body: bytes = b""
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that belongs to an entry; `length` in bytes where the publisher gives a sane one."""

    url: str
    type: str | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Hints:
    """What a feed itself says about polling; hours are GMT 0-23, days English names in lower case."""

    ttl: timedelta | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[str, ...] = ()
    hubs: tuple[str, ...] = ()
    new_feed_url: str | None = None
    prev_archive: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedEntry:
    """One entry as the publisher wrote it: URLs absolute, dates UTC, `summary` and `content` still strangers' HTML.

    `id` is the raw guid, never resolved or rewritten. `title` is text when `title_is_text`, else HTML.
    `author` joins all authors with ", ". `duration` in seconds.
    """

    id: str | None = None
    link: str | None = None
    title: str | None = None
    title_is_text: bool = False
    summary: str | None = None
    content: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    author: str | None = None
    author_email: str | None = None
    categories: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    comments: str | None = None
    image: str | None = None
    language: str | None = None
    source_title: str | None = None
    duration: int | None = None
    base: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A document that is a feed, in either lane; `format` is `rss`, `atom` or `json`.

    `left_out` counts entries beyond the limit; `cut` says that its end is missing.
    """

    lane: Literal["express", "tolerant", "json"]
    format: Literal["rss", "atom", "json"]
    version: str
    encoding: str | None
    wellformed: bool
    title: str | None = None
    link: str | None = None
    id: str | None = None
    description: str | None = None
    language: str | None = None
    author: str | None = None
    author_email: str | None = None
    updated: datetime | None = None
    published: datetime | None = None
    image: str | None = None
    icon: str | None = None
    categories: tuple[str, ...] = ()
    self_link: str | None = None
    generator: str | None = None
    copyright: str | None = None
    hints: Hints = Hints()
    entries: tuple[ParsedEntry, ...] = ()
    left_out: int = 0
    cut: bool = False


# --- what we keep --------------------------------------------------------------------------------------------


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


Standing = Literal["news", "backlog", "folded", "held", "dropped"]


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry with its place in the store.

    `id` is the id in the merged feed, that of its group for a folded copy; `accepted` is the order of acceptance
    (0 while it waits), `standing` what acceptance made of it; `group` the key of the entry that leads its group.
    `published` is the sane instant to show: never in the future of `first_seen`, never before 1995.
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


State = Literal["paused", "gone", "quarantined", "failing", "moved", "silent", "new", "ok"]


@dataclass(frozen=True, slots=True)
class SourceState:
    """What the store remembers of a source between polls. `key` is its number in the store, for ever.

    `not_before` is the publisher's explicit wish (Retry-After, Cache-Control, ttl), which nothing but a human
    may shorten; `reason` says in words why `next_poll_at` is when it is.
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
    hints: Hints = Hints()

    @property
    def is_new(self) -> bool:
        """No poll of it has ever succeeded."""
        return self.success_at is None


@dataclass(frozen=True, slots=True)
class Changes:
    """What one poll of one source brings: entries to add with their standing, and those that were edited."""

    new: tuple[tuple[Entry, Standing], ...] = ()
    updated: tuple[tuple[int, Entry], ...] = ()
    seen: int = 0


Outcome = Literal["new", "unchanged", "not_modified", "failed"]


@dataclass(frozen=True, slots=True)
class PollResult:
    """One source's poll, ready to be recorded in one transaction. `state` is what is remembered from now on."""

    source: Source
    state: SourceState
    outcome: Outcome
    changes: Changes = Changes()
    body: bytes | None = None
    host: str = ""
    rest_host_until: datetime | None = None


# --- what goes out -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attribution:
    """A source as outputs name it; `feed_url` and `id` are None for a private source, `site` may be unknown."""

    title: str
    site: str | None = None
    feed_url: str | None = None
    id: str | None = None
    updated: datetime | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """The same article at another source: who, and its link there."""

    source: Attribution
    link: str | None


@dataclass(frozen=True, slots=True)
class MergedEntry:
    """One entry of the merged feed, ready to be written: content is what `republish` allows.

    `tags` are the user's, `categories` the publisher's. `updated` is when its content last changed for readers.
    `source` is None for an entry of our own (a digest).
    """

    id: str
    title: str
    link: str | None
    source: Attribution | None
    published: datetime
    updated: datetime
    author: str | None = None
    summary: str = ""
    content: str = ""
    excerpt: str = ""
    language: str | None = None
    tags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    image: str | None = None
    copies: tuple[Copy, ...] = ()


@dataclass(frozen=True, slots=True)
class Tombstone:
    """An entry that was in the merged feed and is not shown any more (RFC 6721)."""

    id: str
    when: datetime


@dataclass(frozen=True, slots=True)
class MergedFeed:
    """A feed to write; `updated` is the newest change in it, `self_url` the address of the Atom form.

    For an archive document (RFC 5005) `current_url` names the subscription document; `prev_archive` and
    `next_archive` link the chain.
    """

    id: str
    title: str
    link: str
    self_url: str
    updated: datetime
    entries: tuple[MergedEntry, ...]
    tombstones: tuple[Tombstone, ...] = ()
    hub: str | None = None
    current_url: str | None = None
    prev_archive: str | None = None
    next_archive: str | None = None


@dataclass(frozen=True, slots=True)
class DigestEntry:
    """One entry as the digest shows it; `published` is UTC; `also_in` names the other sources of the same text."""

    id: str
    link: str | None
    title: str
    source: str
    published: datetime
    language: str | None = None
    also_in: tuple[tuple[str, str | None], ...] = ()
    summary: tuple[str, ...] = ()
    image: str | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """One block of the digest: verbatim sentences, the reason for its rank, the entries behind it, best first.

    A story that goes on says on which `day` it is (1 for a new one), counted from `since`, the first digest with it;
    `tells_news` says that all of its sentences go beyond what was told before.
    """

    title: str
    topic: str
    reason: str
    summary: tuple[str, ...]
    entries: tuple[DigestEntry, ...]
    language: str | None = None
    lead: bool = False
    day: int = 1
    since: LocalDate | None = None
    tells_news: bool = False


@dataclass(frozen=True, slots=True)
class NotShown:
    """An entry of the digest's day that is not shown, and why; `why` begins as the contract says."""

    id: str
    link: str | None
    title: str
    source: str
    why: str


@dataclass(frozen=True, slots=True)
class More:
    """What stood over a source's cap: "N more from SOURCE"."""

    source: str
    link: str | None
    entries: tuple[DigestEntry, ...]


@dataclass(frozen=True, slots=True)
class FailedSource:
    """A source that failed at its last poll, as the digest and status name it. Private ones have no `url`."""

    url: str | None
    title: str
    error: str


@dataclass(frozen=True, slots=True)
class LensCount:
    """How many of the day's news entries match a lens, and which."""

    name: str
    entries: tuple[DigestEntry, ...]


@dataclass(frozen=True, slots=True)
class LensTrend:
    """How many news entries met a lens on each local date of the last 30, oldest first, zeros included.

    `entries` are the newest of them.
    """

    name: str
    days: tuple[tuple[LocalDate, int], ...]
    entries: tuple[DigestEntry, ...] = ()

    @property
    def total(self) -> int:
        """The entries of all days."""
        return sum(number for _, number in self.days)


@dataclass(frozen=True, slots=True)
class RisingTerm:
    """A word or phrase that the last 7 days hold oftener than the 30 before.

    `number` counts the entries of the 7 days, `before` those of the 30; `entries` are the newest of the 7 days.
    """

    term: str
    entries: tuple[DigestEntry, ...]
    number: int
    before: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """The accounting of a digest, in entries: received is the sum of all the others."""

    received: int = 0
    shown: int = 0
    folded: int = 0
    filtered: int = 0
    over_cap: int = 0
    backlog: int = 0
    quarantined: int = 0


@dataclass(frozen=True, slots=True)
class Digest:
    """One sealed day: everything its files are made of.

    `date` is the local date of the morning it is read; `covers_from` is None in the first digest of a series.
    `sections` are topic names in the user's order with their stories; `leads` come before them.
    """

    series: str
    title: str
    date: LocalDate
    timezone: str
    covers_from: datetime | None
    covers_to: datetime
    counts: Counts
    leads: tuple[Story, ...]
    sections: tuple[tuple[str, tuple[Story, ...]], ...]
    also: tuple[DigestEntry, ...]
    more: tuple[More, ...]
    not_shown: tuple[NotShown, ...]
    lenses: tuple[LensCount, ...]
    looked_at: int
    failed: tuple[FailedSource, ...]
    silent: tuple[str, ...]
    reading_time_s: int
    also_reading_time_s: int
    previous: LocalDate | None = None
    sources: tuple[str, ...] = ()
    trends: tuple[LensTrend, ...] = ()
    rising: tuple[RisingTerm, ...] = ()
    offline: timedelta = timedelta(0)

    @property
    def is_first(self) -> bool:
        """The first issue of its series: it looks back a week."""
        return self.covers_from is None

    @property
    def stories(self) -> tuple[Story, ...]:
        """All stories in reading order."""
        return self.leads + tuple(story for _, stories in self.sections for story in stories)


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """One row of `status`; `reason` says why `next_poll_at`, `typical_gap_s` is the source's own rhythm."""

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
