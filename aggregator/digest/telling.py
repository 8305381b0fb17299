"""A digest's entries as its reader meets them: told as stories, named in lines, counted by lens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from aggregator.digest.budget import Timed, Told
from aggregator.digest.day import Day
from aggregator.digest.lenses import Lists, haystack
from aggregator.digest.rank import Scored
from aggregator.digest.reading import count_words, reading_time_s
from aggregator.digest.summary import is_told, summarize
from aggregator.digest.threads import Thread
from aggregator.entries.view import View
from aggregator.records import DigestEntry, LensCount, More, StoredEntry, Story

ELSEWHERE = "Elsewhere"
UNSORTED = "More stories"


def timed(those: Sequence[Scored], thread: Thread, day: Day, view: View) -> Timed:
    """A story as lines, and how to tell it; `those` are its entries, the best first."""
    entries = tuple(line(one.stored, day, view) for one in those)
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


def line(stored: StoredEntry, day: Day, view: View) -> DigestEntry:
    """An entry as a line, with the other sources that have it."""
    group = day.groups(stored.group)
    copies = view.copies(group, stored) if len(group) > 1 else ()
    return DigestEntry(
        id=stored.id,
        link=stored.entry.link,
        title=stored.entry.title,
        source=view.title(stored.source_key),
        published=stored.published,
        language=stored.entry.language,
        also_in=tuple((copy.source.title, copy.link) for copy in copies),
    )


def sections(stories: Sequence[Story], view: View) -> tuple[tuple[str, tuple[Story, ...]], ...]:
    """Topics in the user's order, then what meets none."""
    names = [topic.name for topic in view.config.topics] + [""]
    found = {name: tuple(_within(story) for story in stories if story.topic == name) for name in names}
    rest = ELSEWHERE if view.config.topics else UNSORTED
    return tuple((name or rest, found[name]) for name in names if found[name])


def _within(story: Story) -> Story:
    """A story under its topic's heading: the reason need not name the topic again."""
    return replace(story, reason=" · ".join(part for part in story.reason.split(" · ") if part != story.topic))


def more(over: Sequence[Scored], day: Day, view: View) -> tuple[More, ...]:
    """What came over the cap of its source, by source: the lines "N more from ..."."""
    by_source: dict[int, list[StoredEntry]] = {}
    for one in over:
        by_source.setdefault(one.stored.source_key, []).append(one.stored)
    return tuple(
        More(view.title(key), view.attribution(key).site, tuple(line(stored, day, view) for stored in group))
        for key, group in sorted(by_source.items(), key=lambda pair: view.title(pair[0]).casefold())
    )


def lens_counts(scored: Sequence[Scored], day: Day, view: View) -> tuple[LensCount, ...]:
    """Each lens with the entries that meet it; without lenses no entry is looked at."""
    if not view.config.lenses:
        return ()
    lenses = Lists(view.config.lenses)
    met = [(one.stored, lenses.all(haystack(one.stored.entry, text=day.text(one.stored)))) for one in scored]
    return tuple(
        LensCount(lens.name, tuple(line(stored, day, view) for stored, names in met if lens.name in names))
        for lens in view.config.lenses
    )
