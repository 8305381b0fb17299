"""A list of subscriptions as OPML (opml.org/spec2.opml), from any reader -> the feeds in it, with folders as tags.

Readers differ: names of attributes in any case, `text` or `title` or both, `type` missing, folders in folders, the
same feed in several folders, categories as an attribute. All of that is read; the rest is named, not guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from aggregator.errors import ParseError
from aggregator.parse import xml
from aggregator.parse.encoding import decode

_FEEDS = frozenset({"", "rss", "atom", "rdf", "feed", "json", "jsonfeed", "rss1", "rss2", "podcast"})
_MOST_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Subscription:
    """One feed of a list: its address as written, the name it has there, folders and categories."""

    url: str
    title: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """All feeds of a list in its order, each once; `left_out` says, a line each, what could not be read as a feed."""

    feeds: tuple[Subscription, ...]
    left_out: tuple[str, ...] = ()
    title: str = ""


def read_opml(body: bytes, content_type: str | None = None) -> Subscriptions:
    """Read a list. Raises ParseError `not_feed` where it is none."""
    root = xml.read(decode(body, content_type).text.lstrip("\ufeff")).root
    if root is None or xml.local_name(root) != "opml":
        raise ParseError("not_feed", "this is not OPML: no list of subscriptions can be read in it")
    feeds: dict[str, Subscription] = {}
    left_out: list[str] = []
    for given, folders in _outlines(root):
        if not given.get("xmlurl"):
            left_out += _without_feed(given)
            continue
        name = given.get("text") or given.get("title") or given["xmlurl"]
        if given.get("type", "").lower() not in _FEEDS:
            left_out.append(f"{name[:_MOST_SHOWN]}: its type `{given['type'][:30]}` is not a feed")
            continue
        tags = tuple(dict.fromkeys([*_categories(given.get("category", "")), *folders]))
        known = feeds.get(given["xmlurl"])
        one = Subscription(given["xmlurl"], "" if name == given["xmlurl"] else name, tags)
        feeds[one.url] = replace(known, tags=tuple(dict.fromkeys((*known.tags, *tags)))) if known else one
    return Subscriptions(tuple(feeds.values()), tuple(left_out), " ".join((root.findtext("head/title") or "").split()))


def _outlines(root: xml.Element) -> Iterator[tuple[dict[str, str], tuple[str, ...]]]:
    """Every outline that holds no others, with the names of the folders around it; in the order of the file."""
    named = cache(lambda name: str(name).rpartition("}")[2].lower())
    waiting: list[tuple[xml.Element, tuple[str, ...]]] = [(root, ())]
    while waiting:
        element, folders = waiting.pop()
        if xml.local_name(element) == "outline":
            given = {named(name): " ".join(str(value).split()) for name, value in element.items()}
            if given.get("iscomment", "").lower() == "true":
                continue
            if given.get("xmlurl") or not len(element):
                yield given, folders
            elif name := given.get("text") or given.get("title"):
                folders = (*folders, name)
        waiting += [(child, folders) for child in reversed(element)]


def _without_feed(given: dict[str, str]) -> list[str]:
    """What an outline without `xmlUrl` is, where it is not an empty folder."""
    name, link = given.get("text") or given.get("title") or "", given.get("htmlurl") or given.get("url") or ""
    if not link:
        return []
    hint = "another list, not followed" if given.get("type", "").lower() == "include" else "no feed, only a page"
    return [f"{name[:_MOST_SHOWN]}: {hint}: {link[:200]}".removeprefix(": ")]


def _categories(written: str) -> list[str]:
    """`/Work/Remote,AI` -> Work, Remote, AI."""
    return [" ".join(step.split()) for path in written.split(",") for step in path.split("/") if step.strip()]
