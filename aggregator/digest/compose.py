"""From what no digest owns yet to a Digest: every entry is accounted for, and it ends.

received = shown + folded + filtered + over_cap + backlog + quarantined
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from aggregator.digest.budget import spend
from aggregator.digest.day import Day, Sorted, capped, hidden, not_shown, sort
from aggregator.digest.rank import Scored, ranked
from aggregator.digest.telling import lens_counts, line, more, sections, timed
from aggregator.digest.threads import Thread, Threads, threads
from aggregator.digest.trends import trends
from aggregator.entries.view import View
from aggregator.records import Counts, Digest, DigestEntry, LensTrend, NotShown, RisingTerm, StoredEntry

LEADS = 3


def compose(day: Day, view: View) -> Digest:
    """One digest. The order of its parts: sort, rank, cap, spend the reading budget, account."""
    sorted_ = sort(day, view)
    told = _threads(sorted_, day, view)
    within, over = capped(_ranked(sorted_, told, day, view), view)
    every = [timed(those, thread, day, view) for those, thread in _together(within, told)]
    chosen, rest = spend(every, day.series.read_in)
    stories, also = [one.told.story for one in chosen], [entry for one in rest for entry in one.entries]
    counts = Counts(
        received=len(day.entries) + day.further_backlog + len(day.held),
        shown=sum(len(one.entries) for one in every),
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
        sections=sections(stories[LEADS:], view),
        also=tuple(also),
        more=more(over, day, view),
        not_shown=_unseen(sorted_, over, day, view),
        lenses=lens_counts(within, day, view),
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


def _unseen(sorted_: Sorted, over: Sequence[Scored], day: Day, view: View) -> tuple[NotShown, ...]:
    """Every entry that is not shown, with the reason: hidden or a copy, over the cap of its source, held in doubt."""
    over_cap = (not_shown(one.stored, view, f"over at_most of {view.title(one.stored.source_key)}") for one in over)
    held = (not_shown(one, view, "quarantined: it is held in doubt, see aggregator quarantine") for one in day.held)
    return (*sorted_.not_shown, *over_cap, *held)


def rank(day: Day, view: View) -> list[Scored]:
    """The day's candidates with their scores, best first."""
    sorted_ = sort(day, view)
    return _ranked(sorted_, _threads(sorted_, day, view), day, view)


def _threads(sorted_: Sorted, day: Day, view: View) -> Threads:
    told = [(date, stored) for date, stored in day.recent if hidden(stored, day, view) is None]
    return threads(day.date, sorted_.candidates, day.entries, told)


def _ranked(sorted_: Sorted, told: Threads, day: Day, view: View) -> list[Scored]:
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


def _looking_back(digest: Digest, day: Day, view: View) -> Digest:
    """The digest with what more than its own entries tell."""

    def shown(entries: Sequence[StoredEntry]) -> tuple[DigestEntry, ...]:
        return tuple(line(stored, day, view) for stored in entries)

    def is_shown(one: StoredEntry) -> bool:
        return hidden(one, day, view) is None

    lenses, rises = trends(day.news, is_shown, view.config, day.covers_to, day.date, text=day.said, began=day.began)
    return replace(
        digest,
        trends=tuple(LensTrend(one.name, one.days, shown(one.entries)) for one in lenses),
        rising=tuple(RisingTerm(one.term, shown(one.entries), one.number, one.before) for one in rises),
    )
