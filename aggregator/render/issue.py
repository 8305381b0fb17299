"""A digest laid out for reading: what its HTML, Markdown and text forms show in the same order and words."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from aggregator.records import Digest, DigestEntry, NotShown, Story
from aggregator.render.words import MINUTE, count, listed, minutes, span

THE_END = "That is all for today."


@dataclass(frozen=True, slots=True)
class SourceLines:
    """One source under "Everything else": its one-line entries, and those over its cap ("N more from SOURCE")."""

    source: str
    entries: tuple[DigestEntry, ...]
    more: tuple[DigestEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Hidden:
    """The entries that are not shown for one reason; each line is the entry with its reason in words."""

    heading: str
    lines: tuple[tuple[NotShown, str], ...]


def rest(digest: Digest) -> tuple[SourceLines, ...]:
    """Everything else, grouped by source in the order of first appearance."""
    entries: dict[str, list[DigestEntry]] = {}
    more: dict[str, list[DigestEntry]] = {}
    for entry in digest.also:
        entries.setdefault(entry.source, []).append(entry)
    for over in digest.more:
        entries.setdefault(over.source, [])
        more.setdefault(over.source, []).extend(over.entries)
    return tuple(SourceLines(name, tuple(own), tuple(more.get(name, ()))) for name, own in entries.items())


def rest_in_words(digest: Digest) -> str:
    """How much stands under "Everything else", and how long it takes."""
    if not digest.also:
        return "Only what stood over the cap of its source"
    return f"{count(len(digest.also), 'entry', 'entries')}, one line each, {minutes(digest.also_reading_time_s)}"


def followers(story: Story) -> tuple[DigestEntry, ...]:
    """The entries of a story that need a line of their own, because the headline is not theirs."""
    return story.entries[1:] if story.entries and story.entries[0].title == story.title else story.entries


def thread(story: Story) -> str:
    """What a story that goes on from earlier digests says about itself; empty for a new one."""
    if not story.since:
        return ""
    return f"Day {story.day} of a continuing story" + (", above is what is new" if story.tells_news else "")


def why(story: Story) -> str:
    """The reason of a story's rank, without the day that `thread` tells."""
    return " · ".join(part for part in story.reason.split(" · ") if not story.since or part != f"day {story.day}")


def heading(name: str) -> str:
    """The heading of a section; stories without a topic stand under a plain one."""
    return name or "Other news"


def sums(digest: Digest) -> tuple[tuple[str, int], ...]:
    """The accounting as rows; the first is the sum of all the others."""
    counts = digest.counts
    return (
        ("received", counts.received),
        ("shown", counts.shown),
        ("folded into another", counts.folded),
        ("filtered by your rules", counts.filtered),
        ("over the cap of a source", counts.over_cap),
        ("backlog of new sources", counts.backlog),
        ("held in quarantine", counts.quarantined),
    )


def accounting(digest: Digest) -> str:
    """The accounting in one sentence that leaves out what is zero."""
    (_, received), *parts = sums(digest)
    if not received:
        return "Nothing arrived."
    told = tuple(f"{number:,} {name}" for name, number in parts if number)
    return f"{count(received, 'entry', 'entries')} arrived: {listed(told)}."


def looked_at(digest: Digest) -> str:
    """How many sources were asked, and how many of them have something to report."""
    failed, silent = len(digest.failed), len(digest.silent)
    parts = (f"{failed} failed",) * bool(failed) + (f"{silent} fell silent",) * bool(silent)
    return f"Looked at {count(digest.looked_at, 'source', 'sources')}; {listed(parts) or 'none failed'}."


def offline(digest: Digest) -> str:
    """How long the machine was offline in the time that the digest covers; nothing under a minute."""
    seconds = digest.offline.total_seconds()
    return f"This machine was offline for {span(seconds)}." if seconds >= MINUTE else ""


_REASONS = (
    ("duplicate of", "Folded: the same text from another source"),
    ("rule", "Filtered by your rules"),
    ("over at_most", "Over the cap of a source"),
    ("quarantined", "Held in quarantine"),
    ("", "Not shown"),
)


def hidden(digest: Digest) -> tuple[Hidden, ...]:
    """What is not shown, grouped by reason; entries that stand under "N more from" are not repeated."""
    listed_above = {entry.id for over in digest.more for entry in over.entries}
    shown = _shown(digest)
    lines = [
        (_kind(line.why), line, _why(line, shown))
        for line in digest.not_shown
        if not (line.why.startswith("over at_most") and line.id in listed_above)
    ]
    grouped = groupby(sorted(lines, key=lambda line: line[0]), key=lambda line: line[0])
    return tuple(Hidden(_REASONS[kind][1], tuple((line, why) for _, line, why in group)) for kind, group in grouped)


def _kind(why: str) -> int:
    return next(index for index, (prefix, _) in enumerate(_REASONS) if why.startswith(prefix))


def _shown(digest: Digest) -> dict[str, DigestEntry]:
    entries = [entry for story in digest.stories for entry in story.entries]
    over = [entry for more in digest.more for entry in more.entries]
    return {entry.id: entry for entry in (*entries, *digest.also, *over)}


def _why(line: NotShown, shown: dict[str, DigestEntry]) -> str:
    """The reason for people: an id says nothing to them, the title of what it stands for does."""
    if not line.why.startswith("duplicate of"):
        return line.why
    twin = shown.get(line.id)
    return f"the same as “{twin.title}” from {twin.source}" if twin else "the same text stood in an earlier digest"


def balance(digest: Digest) -> tuple[tuple[str, int], ...]:
    """How many entries met each lens in the last 30 days; () when none met any."""
    sums = tuple((trend.name, trend.total) for trend in digest.trends)
    return sums if any(number for _, number in sums) else ()


def rising(digest: Digest) -> tuple[tuple[str, int], ...]:
    """The rising terms with the number of this week's entries that hold them."""
    return tuple((one.term, one.number) for one in digest.rising)


def shows_something(digest: Digest) -> bool:
    """Whether there is anything to read; a day that shows nothing names the sources looked at instead."""
    return bool(digest.stories or digest.also)


def quiet(digest: Digest) -> str:
    """The kind word of a day that shows nothing."""
    if digest.counts.received == 0:
        sources = "the one source" if digest.looked_at == 1 else f"the {digest.looked_at} sources"
        return f"No news today. None of {sources} in your list brought anything new. Enjoy the quiet."
    return "Nothing to read today. What arrived is accounted for below."


def told(digest: Digest) -> dict[str, object]:
    """What the templates of every form of an issue ask for, by the names that they use."""
    return {
        "rest": rest(digest),
        "rest_in_words": rest_in_words(digest),
        "accounting": accounting(digest),
        "hidden": hidden(digest),
        "looked_at": looked_at(digest),
        "offline": offline(digest),
        "quiet": quiet(digest),
        "the_end": THE_END,
        "followers": followers,
        "thread": thread,
        "why": why,
        "heading": heading,
        "shows_something": shows_something(digest),
    }
