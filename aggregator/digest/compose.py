"""From what no digest owns yet to a Digest: every entry is accounted for, and it ends.

received = shown + folded + filtered + over_cap + backlog + quarantined
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from aggregator.digest.budget import Timed, Told, spend
from aggregator.digest.lenses import Lists, haystack
from aggregator.digest.rank import Scored, ranked
from aggregator.digest.reading import count_words, reading_time_s
from aggregator.digest.summary import is_told, summarize
from aggregator.digest.threads import Dated, Thread, Threads, threads
from aggregator.digest.trends import trends
from aggregator.entries.view import View
from aggregator.records import (
    Counts,
    Digest,
    DigestEntry,
    FailedSource,
    LensCount,
    LensTrend,
    LocalDate,
    Missed,
    More,
    NotShown,
    RisingTerm,
    Series,
    SilentSource,
    StoredEntry,
    Story,
)

LEADS = 3
ELSEWHERE = "Elsewhere"
UNSORTED = "More stories"


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
class _Sorted:
    """The day's entries by what becomes of them."""

    candidates: list[StoredEntry] = field(default_factory=list)
    not_shown: list[NotShown] = field(default_factory=list)
    folded: int = 0
    filtered: int = 0
    backlog: int = 0


def compose(day: Day, view: View) -> Digest:
    """One digest. The order of its parts: sort, rank, cap, spend the reading budget, account."""
    sorted_ = _sort(day, view)
    told = _threads(sorted_, day, view)
    within, over = _capped(_ranked(sorted_, told, day, view), view)
    timed = [_timed(those, thread, day, view) for those, thread in _together(within, told)]
    chosen, rest = spend(timed, day.series.read_in)
    stories, also = [one.told.story for one in chosen], [entry for one in rest for entry in one.entries]
    more = _more(over, day, view)
    held = [_line(stored, view, "quarantined: it is held in doubt, see aggregator quarantine") for stored in day.held]
    counts = Counts(
        received=len(day.entries) + day.further_backlog + len(day.held),
        shown=sum(len(one.entries) for one in timed),
        folded=sorted_.folded,
        filtered=sorted_.filtered,
        over_cap=len(over),
        backlog=sorted_.backlog + day.further_backlog,
        quarantined=len(day.held),
    )
    digest = Digest(
        series=day.series.name,
        title=view.config.title,
        date=day.date,
        timezone=str(view.config.timezone),
        covers_from=day.covers_from,
        covers_to=day.covers_to,
        counts=counts,
        leads=tuple(replace(story, lead=True) for story in stories[:LEADS]),
        sections=_sections(stories[LEADS:], view),
        also=tuple(also),
        more=more,
        not_shown=(
            *sorted_.not_shown,
            *(_line(one.stored, view, f"over at_most of {view.title(one.stored.source_key)}") for one in over),
            *held,
        ),
        lenses=_lenses(within, day, view),
        looked_at=len(day.sources),
        sources=day.sources,
        failed=day.failed,
        silent=day.silent,
        missed=day.missed,
        reading_time_s=sum(one.told.seconds for one in chosen),
        also_reading_time_s=sum(one.line_seconds for one in rest),
        previous=day.previous,
        offline=day.offline,
        epub=day.series.epub,
        threads=told.groups,
    )
    return _looking_back(digest, day, view)


def rank(day: Day, view: View) -> list[Scored]:
    """The day's candidates with their scores, best first."""
    sorted_ = _sort(day, view)
    return _ranked(sorted_, _threads(sorted_, day, view), day, view)


def _threads(sorted_: _Sorted, day: Day, view: View) -> Threads:
    told = [(date, stored) for date, stored in day.recent if _hidden(stored, day, view) is None]
    return threads(day.date, sorted_.candidates, day.entries, told)


def _ranked(sorted_: _Sorted, told: Threads, day: Day, view: View) -> list[Scored]:
    sources = {one.key: len(_sources(thread, day, view)) for thread in told.all for one in thread.entries}
    return ranked([(one, sources[one.key]) for one in sorted_.candidates], view, told.novelty, day.text)


def _sources(thread: Thread, day: Day, view: View) -> set[int]:
    """Every source of a story that the view knows: of its entries and of their copies."""
    copies = {other.source_key for one in thread.entries for other in day.groups(one.group)}
    return {one.source_key for one in thread.entries} | {key for key in copies if view.source(key) is not None}


def _together(within: Sequence[Scored], told: Threads) -> list[tuple[list[Scored], Thread]]:
    """The entries that are shown by story: the best first, stories and entries alike."""
    place_of = {one.key: place for place, thread in enumerate(told.all) for one in thread.entries}
    found: dict[int, list[Scored]] = {}
    for one in within:
        found.setdefault(place_of[one.stored.key], []).append(one)
    return [(those, told.all[place]) for place, those in found.items()]


def _sort(day: Day, view: View) -> _Sorted:
    """Each group once: its first member that the view shows, unless an earlier digest showed one."""
    out = _Sorted()
    shown_groups: dict[int, StoredEntry] = {}
    for stored in day.entries:
        reason = None if stored.standing == "backlog" else _hidden(stored, day, view)
        if stored.standing == "backlog":
            out.backlog += 1
        elif reason:
            out.filtered += 1
            out.not_shown.append(_line(stored, view, reason))
        elif stored.group in shown_groups or any(
            day.was_shown(other) and _hidden(other, day, view) is None
            for other in day.groups(stored.group)
            if other.key != stored.key
        ):
            out.folded += 1
            out.not_shown.append(_line(stored, view, f"duplicate of {stored.id}"))
        else:
            shown_groups[stored.group] = stored
            out.candidates.append(stored)
    return out


def _hidden(stored: StoredEntry, day: Day, view: View) -> str | None:
    reason = view.hidden_by(stored)
    if reason is None and day.series.tags and not set(day.series.tags) & set(view.verdict(stored).tags):
        return f"rule of this series: none of its tags ({', '.join(day.series.tags)})"
    return reason


def _capped(scored: Sequence[Scored], view: View) -> tuple[list[Scored], list[Scored]]:
    """At most `at_most` of a source, its best; what comes over is named, not lost."""
    taken: dict[int, int] = {}
    within: list[Scored] = []
    over: list[Scored] = []
    for one in scored:
        source = view.source(one.stored.source_key)
        place = taken[one.stored.source_key] = taken.get(one.stored.source_key, 0) + 1
        (within if source is not None and place <= source.at_most else over).append(one)
    return within, over


def _timed(those: Sequence[Scored], thread: Thread, day: Day, view: View) -> Timed:
    """A story as lines, and how to tell it."""
    entries = tuple(_entry(one.stored, day, view) for one in those)
    heads = sum(count_words(f"{one.title} {one.source}", one.language) for one in entries)
    language = those[0].stored.entry.language
    return Timed(entries, reading_time_s(heads, language), lambda: _told(those[0], entries, heads, thread, day, view))


def _told(best: Scored, entries: tuple[DigestEntry, ...], heads: int, thread: Thread, day: Day, view: View) -> Told:
    """A story, told by the best of its entries, with the seconds that it takes; `heads` are the words of its lines."""
    entry = best.stored.entry
    quoted = day.text(best.stored) if view.republish(best.stored.source_key) != "link" else ""
    known = "\n".join(f"{one.entry.title}\n{day.text(one)}" for one in thread.before)
    summary = summarize(quoted, title=entry.title, language=entry.language, known=known)
    number = (day.date - thread.since).days + 1 if thread.since else 1
    story = Story(
        title=entry.title,
        topic=best.topic or "",
        reason=" · ".join(part for part in (f"day {number}" if thread.since else "", best.reason) if part),
        summary=summary,
        entries=entries,
        language=entry.language,
        day=number,
        since=thread.since,
        tells_news=bool(known and summary) and not any(is_told(sentence, known) for sentence in summary),
    )
    body = sum(count_words(sentence, entry.language) for sentence in summary)
    return Told(story, reading_time_s(heads + body, entry.language))


def _entry(stored: StoredEntry, day: Day, view: View) -> DigestEntry:
    copies = view.copies(day.groups(stored.group), stored)
    return DigestEntry(
        id=stored.id,
        link=stored.entry.link,
        title=stored.entry.title,
        source=view.title(stored.source_key),
        published=stored.published,
        language=stored.entry.language,
        also_in=tuple((copy.source.title, copy.link) for copy in copies),
    )


def _line(stored: StoredEntry, view: View, why: str) -> NotShown:
    return NotShown(stored.id, stored.entry.link, stored.entry.title, view.title(stored.source_key), why)


def _sections(stories: Sequence[Story], view: View) -> tuple[tuple[str, tuple[Story, ...]], ...]:
    """Topics in the user's order, then what meets none."""
    names = [topic.name for topic in view.config.topics] + [""]
    found = {name: tuple(_within(story) for story in stories if story.topic == name) for name in names}
    rest = ELSEWHERE if view.config.topics else UNSORTED
    return tuple((name or rest, found[name]) for name in names if found[name])


def _within(story: Story) -> Story:  # under its topic's heading the reason need not name the topic again
    return replace(story, reason=" · ".join(part for part in story.reason.split(" · ") if part != story.topic))


def _more(over: Sequence[Scored], day: Day, view: View) -> tuple[More, ...]:
    by_source: dict[int, list[StoredEntry]] = {}
    for one in over:
        by_source.setdefault(one.stored.source_key, []).append(one.stored)
    return tuple(
        More(view.title(key), view.attribution(key).site, tuple(_entry(stored, day, view) for stored in group))
        for key, group in sorted(by_source.items(), key=lambda pair: view.title(pair[0]).casefold())
    )


def _lenses(scored: Sequence[Scored], day: Day, view: View) -> tuple[LensCount, ...]:
    lenses = Lists(view.config.lenses)
    met = [(one.stored, lenses.all(haystack(one.stored.entry, text=day.text(one.stored)))) for one in scored]
    return tuple(
        LensCount(lens.name, tuple(_entry(stored, day, view) for stored, names in met if lens.name in names))
        for lens in view.config.lenses
    )


def _looking_back(digest: Digest, day: Day, view: View) -> Digest:
    """The digest with what more than its own entries tell."""

    def shown(entries: Sequence[StoredEntry]) -> tuple[DigestEntry, ...]:
        return tuple(_entry(stored, day, view) for stored in entries)

    def is_shown(one: StoredEntry) -> bool:
        return _hidden(one, day, view) is None

    lenses, rises = trends(day.news, is_shown, view.config, day.covers_to, day.date, text=day.said, began=day.began)
    return replace(
        digest,
        trends=tuple(LensTrend(one.name, one.days, shown(one.entries)) for one in lenses),
        rising=tuple(RisingTerm(one.term, shown(one.entries), one.number, one.before) for one in rises),
    )
