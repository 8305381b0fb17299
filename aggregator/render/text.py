"""The digest as plain text of 72 columns: for a terminal, a mail, a screen reader."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from aggregator.records import Digest, DigestEntry, Story
from aggregator.render import issue
from aggregator.render.site import web_link
from aggregator.render.words import CONTROL, count, covers, long_date, minutes, one_line, short_date

WIDTH = 72


def text(digest: Digest) -> bytes:
    """The file `digest/YYYY-MM-DD.txt`: UTF-8, lines of at most 72 characters; only a link may be longer."""
    below = (*_rest(digest), *_rising(digest), *_lenses(digest), *_ledger(digest))
    lines = [*_masthead(digest), *_stories(digest), *below]
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _fill(words: str, indent: str = "", first: str | None = None) -> list[str]:
    """`words` folded to the width; `first` is what the first line starts with instead of `indent`."""
    start, words = indent if first is None else first, one_line(words)
    if words and len(start) + len(words) <= WIDTH:
        return [start + words]
    return wrap(words, WIDTH, initial_indent=start, subsequent_indent=indent)


def _url(link: str | None, indent: str) -> list[str]:
    """A link on a line of its own, never broken; a space in it would end it early."""
    good = web_link(link)
    return [indent + "".join(CONTROL.sub("", good).split())] if good else []


def _title(name: str, under: str = "-") -> list[str]:
    lines = _fill(name)
    return ["", *lines, under * max((len(line) for line in lines), default=0)]


def _masthead(digest: Digest) -> Iterator[str]:
    yield from _fill(digest.title.upper())
    series = f" · {one_line(digest.series)}" if digest.series else ""
    yield from _fill(f"{long_date(digest.date)}{series} · {minutes(digest.reading_time_s)}")
    yield from _fill(covers(digest))
    yield "=" * WIDTH
    for paragraph in digest.introduction:
        yield ""
        yield from _fill(paragraph)


def _stories(digest: Digest) -> Iterator[str]:
    for story in digest.leads:
        yield from _story(story)
    for name, stories in digest.sections:
        yield from _title(issue.heading(name).upper())
        for story in stories:
            yield from _story(story)
    if not digest.stories:
        yield ""
        yield from _fill(issue.quiet(digest))
    yield from ("", issue.THE_END, "=" * WIDTH)


def _story(story: Story) -> Iterator[str]:
    yield ""
    yield from _fill(story.title)
    yield from _fill(" ".join(story.summary), "  ")
    for entry in story.entries[:1]:
        parts = (_source(entry), issue.thread(story), issue.why(story))
        yield from _fill(" · ".join(part for part in parts if part), "  ")
        yield from _url(entry.link, "  ")
    followers = issue.followers(story)
    for entry in followers:
        yield from _line(entry, with_link=entry not in story.entries[:1])


def _source(entry: DigestEntry, *, under_its_name: bool = False) -> str:
    others = "also in " + ", ".join(name for name, _ in entry.also_in) if entry.also_in else ""
    return " · ".join(part for part in ("" if under_its_name else entry.source, others) if part)


def _line(entry: DigestEntry, *, with_link: bool = True, under_its_name: bool = False) -> Iterator[str]:
    source = _source(entry, under_its_name=under_its_name)
    yield from _fill(f"{entry.title} ({source})" if source else entry.title, "    ", "  - ")
    if with_link:
        yield from _url(entry.link, "    ")


def _rest(digest: Digest) -> Iterator[str]:
    groups = issue.rest(digest)
    if not groups:
        return
    yield from _title("EVERYTHING ELSE")
    yield from _fill(issue.rest_in_words(digest) + ".")
    for group in groups:
        yield ""
        yield from _fill(group.source)
        for entry in group.entries:
            yield from _line(entry, under_its_name=True)
        if group.more:
            yield from _fill(f"{len(group.more)} more from {group.source}", "  ")
        for entry in group.more:
            yield from _line(entry, under_its_name=True)


def _rising(digest: Digest) -> Iterator[str]:
    if digest.rising:
        told = ", ".join(f"{term} {number:,}" for term, number in issue.rising(digest))
        yield from ("", *_fill(f"Rising this week: {told}"))


def _lenses(digest: Digest) -> Iterator[str]:
    if not digest.lenses:
        return
    yield from _title("THE BALANCE")
    for lens in digest.lenses:
        yield ""
        yield from _fill(f"{lens.name}: {count(len(lens.entries), 'entry', 'entries')}")
        for entry in lens.entries:
            yield from _fill(f"{entry.title} ({entry.source})", "    ", "  - ")
    if balance := issue.balance(digest):
        told = ", ".join(f"{name} {number:,}" for name, number in balance)
        yield from ("", *_fill(f"{told} in the last 30 days"))


def _ledger(digest: Digest) -> Iterator[str]:
    yield from _title("THE ACCOUNT")
    yield from ("", *_fill(issue.accounting(digest)), "")
    for name, number in issue.sums(digest):
        yield f"  {number:>7,}  {name}"
    for group in issue.hidden(digest):
        yield ""
        yield from _fill(group.heading)
        for line, why in group.lines:
            yield from _fill(f"{line.title} ({line.source}): {why}", "    ", "  - ")
            yield from _url(line.link, "    ")
    yield from ("", *_fill(f"{issue.looked_at(digest)} {issue.offline(digest)}"))
    for failed in digest.failed:
        yield from _fill(f"{failed.title}: {failed.error}", "    ", "  - ")
    for quiet in digest.silent:
        yield from _fill(f"{quiet.title}: {quiet.silence}", "    ", "  - ")
    for one in digest.missed:
        yield from _fill(f"{one.title}: {one.words}", "    ", "  - ")
    if digest.sources and not issue.shows_something(digest):
        yield from ("", *_fill(f"They are: {' · '.join(digest.sources)}."))
    if digest.previous is not None:
        yield from ("", *_fill(f"The digest before this one: {short_date(digest.previous)}."))
