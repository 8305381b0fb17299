"""What a digest is made of, and what becomes of each entry: it is a candidate, or the reason why not is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aggregator.digest.rank import Scored
from aggregator.digest.threads import Dated
from aggregator.entries.view import View
from aggregator.records import FailedSource, LocalDate, Missed, NotShown, Series, SilentSource, StoredEntry


@dataclass(frozen=True, slots=True)
class Day:
    """What a digest is made of: `groups` gives all of a group, `news` what was published in (start, end], `text` what
    of an entry is worth telling, `said` what of its feed's. `was_shown`: in a digest of this series; `held` since the
    last one; `recent` are the news of the last 14 days' digests; of `further_backlog` there is only a number."""

    series: Series
    date: LocalDate
    covers_from: datetime | None
    covers_to: datetime
    entries: Sequence[StoredEntry]
    held: Sequence[StoredEntry]
    groups: Callable[[int], Sequence[StoredEntry]]
    was_shown: Callable[[StoredEntry], bool]
    failed: tuple[FailedSource, ...] = ()
    silent: tuple[SilentSource, ...] = ()
    missed: tuple[Missed, ...] = ()
    sources: tuple[str, ...] = ()
    previous: LocalDate | None = None
    recent: Sequence[Dated] = ()
    news: Callable[[datetime, datetime], Iterable[StoredEntry]] = lambda _start, _end: ()
    text: Callable[[StoredEntry], str] = lambda stored: stored.entry.text
    said: Callable[[StoredEntry], str] = lambda stored: stored.entry.text
    offline: timedelta = timedelta(0)
    further_backlog: int = 0
    began: datetime | None = None


@dataclass(slots=True)
class Sorted:
    """The day's entries by what becomes of them."""

    candidates: list[StoredEntry] = field(default_factory=list)
    not_shown: list[NotShown] = field(default_factory=list)
    folded: int = 0
    filtered: int = 0
    backlog: int = 0


def sort(day: Day, view: View) -> Sorted:
    """Each group once: its first member that the view shows, unless an earlier digest showed one."""
    out = Sorted()
    shown_groups: dict[int, StoredEntry] = {}
    for stored in day.entries:
        reason = None if stored.standing == "backlog" else hidden(stored, day, view)
        if stored.standing == "backlog":
            out.backlog += 1
        elif reason:
            out.filtered += 1
            out.not_shown.append(not_shown(stored, view, reason))
        elif stored.group in shown_groups or any(
            day.was_shown(other) and hidden(other, day, view) is None
            for other in day.groups(stored.group)
            if other.key != stored.key
        ):
            out.folded += 1
            out.not_shown.append(not_shown(stored, view, f"duplicate of {stored.id}"))
        else:
            shown_groups[stored.group] = stored
            out.candidates.append(stored)
    return out


def hidden(stored: StoredEntry, day: Day, view: View) -> str | None:
    """Why this series does not show an entry: the view hides it, or it has none of the series' tags; else None."""
    reason = view.hidden_by(stored)
    if reason is None and day.series.tags and not set(day.series.tags) & set(view.verdict(stored).tags):
        return f"rule of this series: none of its tags ({', '.join(day.series.tags)})"
    return reason


def capped(scored: Sequence[Scored], view: View) -> tuple[list[Scored], list[Scored]]:
    """At most `at_most` of a source, its best; what comes over is named, not lost."""
    taken: dict[int, int] = {}
    within: list[Scored] = []
    over: list[Scored] = []
    for one in scored:
        source = view.source(one.stored.source_key)
        place = taken[one.stored.source_key] = taken.get(one.stored.source_key, 0) + 1
        (within if source is not None and place <= source.at_most else over).append(one)
    return within, over


def not_shown(stored: StoredEntry, view: View, why: str) -> NotShown:
    """The line of an entry that the digest does not show."""
    return NotShown(stored.id, stored.entry.link, stored.entry.title, view.title(stored.source_key), why)
