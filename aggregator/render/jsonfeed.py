"""The merged feed as JSON Feed 1.1 (jsonfeed.org/version/1.1): the plainest of its three forms."""

from __future__ import annotations

from typing import Any

from aggregator.records import Attribution, Enclosure, MergedEntry, MergedFeed, Related
from aggregator.render.json import indented
from aggregator.render.merged import UNKNOWN_TYPE, Once, shown, stamp


def json_feed(feed: MergedFeed, *, self_url: str, once: Once | None = None) -> bytes:
    """The feed as a JSON Feed 1.1 document, UTF-8, ending with a newline; `self_url` is its own address.

    Each item has an extension `_aggregator: {"sources": [{"title", "site", "feed_url", "link"}]}` (absent keys are
    unknown or private): the entry's source first, then those of its copies with their link to it. Where an entry is
    part of a story, `"related": [{"id", "title", "url", "source"}]` in it are others of that story.
    """
    feed = shown(feed, once)
    document = _known(
        version="https://jsonfeed.org/version/1.1",
        title=feed.title,
        home_page_url=feed.link,
        feed_url=self_url,
        hubs=[{"type": "WebSub", "url": feed.hub}] if feed.hub else None,
    )
    document["items"] = [_item(entry) for entry in feed.entries]
    return (indented(document, 1) + "\n").encode()


def _item(entry: MergedEntry) -> dict[str, Any]:
    return _known(
        id=entry.id,
        url=entry.link,
        title=entry.title,
        content_html=entry.content,
        summary=entry.excerpt,
        image=entry.image,
        date_published=stamp(entry.published),
        date_modified=stamp(entry.updated),
        authors=[{"name": entry.author}],
        tags=list(entry.categories),
        language=entry.language,
        attachments=[_attachment(enclosure) for enclosure in entry.enclosures],
        _aggregator=_known(sources=_sources(entry), related=[_related(one) for one in entry.related]),
    )


def _sources(entry: MergedEntry) -> list[dict[str, Any]]:
    own = [_source(entry.source, entry.link)] if entry.source else []
    return [*own, *(_source(copy.source, copy.link) for copy in entry.copies)]


def _source(source: Attribution, link: str | None) -> dict[str, Any]:
    return _known(title=source.title, site=source.site, feed_url=source.feed_url, link=link)


def _related(one: Related) -> dict[str, Any]:
    return _known(id=one.id, title=one.title, url=one.link, source=one.source)


def _attachment(enclosure: Enclosure) -> dict[str, Any]:
    return _known(url=enclosure.url, mime_type=enclosure.type or UNKNOWN_TYPE, size_in_bytes=enclosure.length)


def _known(**members: Any) -> dict[str, Any]:
    """The members that have a value: JSON Feed leaves the others out."""
    return {name: value for name, value in members.items() if value}
