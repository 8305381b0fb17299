"""The digest as HTML, Markdown, text and JSON, and as an entry of the feed of digests."""

from __future__ import annotations

from aggregator.records import Digest, DigestEntry, MergedEntry, NotShown, Story
from aggregator.render import charts, issue
from aggregator.render.json import indented
from aggregator.render.markdown import markdown
from aggregator.render.site import Site, page, rendered
from aggregator.render.text import text
from aggregator.render.words import count, covers, long_date, minutes, utc

__all__ = ["Site", "as_merged_entry", "html", "json", "markdown", "text"]


def html(digest: Digest, *, site: Site) -> bytes:
    """The page `digest/YYYY-MM-DD.html` (`digest/NAME/...` for a named series); the same bytes serve as `latest.html`.

    Every link within the site is relative, and none leads forward: a sealed page never changes.
    """
    root = "../../" if digest.series else "../"
    return page("digest.html", site, root, digest=digest, **_layout(digest))


def _layout(digest: Digest) -> dict[str, object]:
    return {
        "covers": covers(digest),
        **issue.told(digest),
        "sums": issue.sums(digest),
        "charts": charts.lens_charts(digest.trends),
        "numbers_by_day": charts.by_day(digest.trends),
        "longest": max((len(lens.entries) for lens in digest.lenses), default=0),
    }


def json(digest: Digest) -> bytes:
    """The file `digest/YYYY-MM-DD.json`: UTF-8, two spaces of indent, a newline at the end; times in UTC."""
    counts = digest.counts
    document = {
        "date": digest.date.isoformat(),
        "covers": {"from": utc(digest.covers_from), "to": utc(digest.covers_to)},
        "received": counts.received,
        "shown": counts.shown,
        "folded": counts.folded,
        "filtered": counts.filtered,
        "over_cap": counts.over_cap,
        "backlog": counts.backlog,
        "quarantined": counts.quarantined,
        "reading_time_s": digest.reading_time_s,
        **({"introduction": list(digest.introduction)} if digest.introduction else {}),
        "stories": [_story(story) for story in digest.stories],
        "also": [_entry(entry) for entry in digest.also],
        "not_shown": [_not_shown(line) for line in digest.not_shown],
        "sources": {
            "looked_at": digest.looked_at,
            "failed": [{"url": one.url, "title": one.title, "error": one.error} for one in digest.failed],
            "silent": [one.title for one in digest.silent],
            **({"missed": [{"title": one.title, "told": one.words} for one in digest.missed]} if digest.missed else {}),
        },
    }
    return (indented(document, 2) + "\n").encode("utf-8", "replace")


def _story(story: Story) -> dict[str, object]:
    return {
        "title": story.title,
        "topic": story.topic,
        "reason": story.reason,
        "summary": list(story.summary),
        "entries": [_entry(entry) for entry in story.entries],
    }


def _entry(entry: DigestEntry) -> dict[str, object]:
    return {
        "id": entry.id,
        "link": entry.link,
        "title": entry.title,
        "source": entry.source,
        "published": utc(entry.published),
    }


def _not_shown(line: NotShown) -> dict[str, object]:
    return {"id": line.id, "link": line.link, "title": line.title, "source": line.source, "why": line.why}


def as_merged_entry(digest: Digest, *, id: str, link: str, site: Site | None = None) -> MergedEntry:
    """One digest as one entry of `digest/atom.xml`; `id` never changes, `link` is the digest page's absolute address.

    The content is the stories as plain semantic HTML with absolute links, then the way to everything else.
    """
    templates = site.templates if site else None
    content = rendered("digest_entry.html", templates, digest=digest, link=link, **_layout(digest))
    stories = count(len(digest.stories), "story", "stories")
    told = f"{stories} in {minutes(digest.reading_time_s)}" if digest.stories else issue.quiet(digest)
    return MergedEntry(
        id=id,
        title=f"{digest.title}: {long_date(digest.date)}",
        link=link,
        source=None,
        published=digest.covers_to,
        updated=digest.covers_to,
        excerpt=told,
        content=content,
        language="en",
    )
