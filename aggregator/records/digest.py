"""What goes out as a digest: stories, lines, counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.records.config import LocalDate


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
class SilentSource:
    """A source that writes less than its own rhythm explains; `silence` says for how long, and what the rhythm is."""

    title: str
    silence: str


@dataclass(frozen=True, slots=True)
class Missed:
    """A source of which entries may be missing: between when, in words."""

    title: str
    words: str


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
class Topical:
    """A topic or a lens, and how many entries it had in each week, the oldest first."""

    name: str
    weeks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Year:
    """What was counted of at most 53 weeks: their Mondays, the last day that is counted, the numbers of each week.

    `sources` are those with the most entries; `others` is how many more there are, and their entries.
    """

    weeks: tuple[LocalDate, ...]
    until: LocalDate
    entries: tuple[int, ...]
    topics: tuple[Topical, ...]
    lenses: tuple[Topical, ...]
    sources: tuple[tuple[str, int], ...]
    others: tuple[int, int] = (0, 0)
    rising: tuple[RisingTerm, ...] = ()


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
    `sections` are topic names in the user's order with their stories; `leads` come before them. `threads` are the
    stories of several entries, those of earlier digests among them, as keys of their groups.
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
    silent: tuple[SilentSource, ...]
    reading_time_s: int
    also_reading_time_s: int
    previous: LocalDate | None = None
    sources: tuple[str, ...] = ()
    trends: tuple[LensTrend, ...] = ()
    rising: tuple[RisingTerm, ...] = ()
    offline: timedelta = timedelta(0)
    missed: tuple[Missed, ...] = ()
    epub: bool = False
    introduction: tuple[str, ...] = ()
    threads: tuple[tuple[int, ...], ...] = ()

    @property
    def is_first(self) -> bool:
        """The first issue of its series: it looks back a week."""
        return self.covers_from is None

    @property
    def stories(self) -> tuple[Story, ...]:
        """All stories in reading order."""
        return self.leads + tuple(story for _, stories in self.sections for story in stories)
