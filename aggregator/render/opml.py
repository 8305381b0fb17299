"""The list of sources as OPML 2.0 (opml.org/spec2.opml), to be imported into any reader."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime

from lxml import etree

from aggregator.records import Attribution
from aggregator.render.merged import legal, second


def opml(
    title: str, sources: Iterable[tuple[Attribution, tuple[str, ...]]], *, created: datetime | None = None
) -> bytes:
    """The sources with their tags as one OPML document, UTF-8: a folder for each first tag, in order of appearance.

    A source without tags stands outside folders; a private one (no `feed_url`) is left out. All tags are its
    `category`. `created` must be aware.
    """
    root = etree.Element("opml", version="2.0")
    head, body = etree.SubElement(root, "head"), etree.SubElement(root, "body")
    etree.SubElement(head, "title").text = legal(title)
    if created:
        etree.SubElement(head, "dateCreated").text = format_datetime(second(created), usegmt=True)
    folders: dict[str, etree._Element] = {}
    for source, tags in legal(tuple(sources)):
        if source.feed_url:
            folder = _folder(body, folders, tags[0]) if tags else body
            etree.SubElement(folder, "outline", _attributes(source, source.feed_url, tags))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _folder(body: etree._Element, folders: dict[str, etree._Element], tag: str) -> etree._Element:
    if tag not in folders:
        folders[tag] = etree.SubElement(body, "outline", text=tag)
    return folders[tag]


def _attributes(source: Attribution, feed_url: str, tags: tuple[str, ...]) -> dict[str, str]:
    """A comma divides the categories of an outline, so that one inside a tag becomes a space."""
    title = source.title or feed_url
    given = {"text": title, "title": title, "type": "rss", "xmlUrl": feed_url}
    site = {"htmlUrl": source.site} if source.site else {}
    category = {"category": ",".join(tag.replace(",", " ") for tag in tags)} if tags else {}
    return given | site | category
