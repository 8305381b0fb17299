"""The digest as Markdown (CommonMark); strangers' text cannot make a link, a heading, a table or HTML in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from aggregator.records import Digest, DigestEntry, Story
from aggregator.render import issue
from aggregator.render.site import web_link
from aggregator.render.words import count, covers, long_date, minutes, one_line, short_date

# What means something inside a line here or in a dialect: emphasis, code, links, HTML, tables, strikethrough,
# mathematics, attributes, headings. A backslash before the first kind is understood by every renderer (it stands in
# the first description of Markdown); CommonMark 0.31 section 2.4 alone allows it before the second, which are
# therefore written as the HTML entities that all of them pass on.
_MEANING = re.compile(r"[\\`*_\[\]{}#]")
_ENTITY = re.compile(r"&(?=#?\w)")
_ENTITIES = {ord(sign): f"&#{ord(sign)};" for sign in "<>|~$"}
# GitHub's dialect makes links of bare addresses (GFM section 6.9).
_BARE_LINK = re.compile(r"(?i)(?<=http)s?:(?=//)|(?<=ftp):(?=//)|(?<=www)\.")
# What would start a list, a heading underline, a rule or a definition where a text begins a line.
_START = re.compile(r"[-+=:]|\d{1,9}(?=[.)])")
_UNSAFE_IN_URL = re.compile(r"[\s<>\\\x00-\x1f\x7f]")


def escape(strange: str) -> str:
    """A stranger's text as one line of Markdown that shows exactly these characters."""
    line = _MEANING.sub(r"\\\g<0>", _ENTITY.sub("&amp;", one_line(strange))).translate(_ENTITIES)
    line = _BARE_LINK.sub(lambda found: found[0].replace(":", "&#58;").replace(".", "\\."), line)
    start = _START.match(line)
    if start is None:
        return line
    if start[0].isdigit():
        return f"{start[0]}\\{line[start.end() :]}"
    return f"\\{line}" if start[0] in "-+" else f"&#{ord(start[0])};{line[1:]}"


def link(title: str, target: str | None) -> str:
    """`[title](<target>)`, or the escaped title alone where there is no link for a browser."""
    good = web_link(target)
    if good is None:
        return escape(title) or "Untitled"
    whole = _UNSAFE_IN_URL.sub(lambda found: f"%{ord(found[0]):02X}" if found[0].isascii() else "", good)
    return f"[{escape(title) or 'Untitled'}](<{re.sub(r'&(?=#?[A-Za-z0-9]{1,32};)', '&amp;', whole)}>)"


def markdown(digest: Digest) -> bytes:
    """The file `digest/YYYY-MM-DD.md`: UTF-8, blocks separated by blank lines."""
    below = (*_rest(digest), *_rising(digest), *_lenses(digest), *_ledger(digest))
    blocks = [*_masthead(digest), *_stories(digest), *below]
    return ("\n\n".join(block for block in blocks if block) + "\n").encode("utf-8", "replace")


def _masthead(digest: Digest) -> Iterator[str]:
    series = f" · {escape(digest.series)}" if digest.series else ""
    yield f"# {escape(digest.title)}"
    yield f"**{long_date(digest.date)}**{series} · {minutes(digest.reading_time_s)}  \n{escape(covers(digest))}"
    yield from map(escape, digest.introduction)


def _stories(digest: Digest) -> Iterator[str]:
    for story in digest.leads:
        yield from _story(story, "##")
    for name, stories in digest.sections:
        yield f"## {escape(issue.heading(name))}"
        for story in stories:
            yield from _story(story, "###")
    if not digest.stories:
        yield issue.quiet(digest)
    yield f"**{issue.THE_END}**"
    yield "---"


def _story(story: Story, level: str) -> Iterator[str]:
    yield f"{level} {link(story.title, story.entries[0].link if story.entries else None)}"
    yield escape(" ".join(story.summary))
    sources, reasons = [_source(entry) for entry in story.entries[:1]], (issue.thread(story), issue.why(story))
    yield " · ".join([*sources, *(f"*{escape(reason)}*" for reason in reasons if reason)])
    lines = [_line(entry) for entry in issue.followers(story)]
    if lines:
        yield "\n".join(lines)


def _source(entry: DigestEntry) -> str:
    return escape(entry.source) + _also_in(entry)


def _also_in(entry: DigestEntry) -> str:
    others = ", ".join(link(name, target) for name, target in entry.also_in)
    return f" · also in {others}" if others else ""


def _line(entry: DigestEntry) -> str:
    return f"- {link(entry.title, entry.link)} · {_source(entry)}"


def _line_under_its_source(entry: DigestEntry) -> str:
    return f"- {link(entry.title, entry.link)}{_also_in(entry)}"


def _rest(digest: Digest) -> Iterator[str]:
    groups = issue.rest(digest)
    if not groups:
        return
    yield "## Everything else"
    yield issue.rest_in_words(digest) + "."
    for group in groups:
        yield f"### {escape(group.source)}"
        if group.entries:
            yield "\n".join(_line_under_its_source(entry) for entry in group.entries)
        if group.more:
            yield f"{len(group.more)} more from {escape(group.source)}:"
            yield "\n".join(_line_under_its_source(entry) for entry in group.more)


def _rising(digest: Digest) -> Iterator[str]:
    if digest.rising:
        terms = ", ".join(f"{escape(term)} {number:,}" for term, number in issue.rising(digest))
        yield f"**Rising this week**: {terms}"


def _lenses(digest: Digest) -> Iterator[str]:
    if digest.lenses:
        yield "## The balance"
    for lens in digest.lenses:
        yield f"**{escape(lens.name)}**: {count(len(lens.entries), 'entry', 'entries')}"
        if lens.entries:
            yield "\n".join(f"- {link(entry.title, entry.link)} · {escape(entry.source)}" for entry in lens.entries)
    if balance := issue.balance(digest):
        yield f"{', '.join(f'{escape(name)} {number:,}' for name, number in balance)} in the last 30 days"


def _ledger(digest: Digest) -> Iterator[str]:
    yield "## The account"
    yield issue.accounting(digest)
    yield "\n".join(f"- {number:,} {name}" for name, number in issue.sums(digest))
    for group in issue.hidden(digest):
        yield f"### {group.heading}"
        yield "\n".join(
            f"- {link(line.title, line.link)} · {escape(line.source)}: {escape(why)}" for line, why in group.lines
        )
    yield f"{issue.looked_at(digest)} {issue.offline(digest)}".rstrip()
    sources = [f"- {escape(one.title)}: {escape(one.error)}" for one in digest.failed]
    sources += [f"- {escape(quiet.title)}: {escape(quiet.silence)}" for quiet in digest.silent]
    sources += [f"- {escape(one.title)}: {escape(one.words)}" for one in digest.missed]
    if sources:
        yield "\n".join(sources)
    if digest.sources and not issue.shows_something(digest):
        yield f"They are: {' · '.join(escape(name) for name in digest.sources)}."
    if digest.previous is not None:
        before = f"[The digest before: {short_date(digest.previous)}](<{digest.previous}.md>)"
        yield f"{before} · [All digests](<index.html>)"
