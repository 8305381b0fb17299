"""What an entry is known by, and whether it says the same as before. Needs no parser: who only records asks here."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from aggregator.records import Entry, Outline

_LONGEST_GUID = 1000


def names_a_page(canonical_url: str | None) -> bool:
    """Whether a canonical URL can stand for one article: the front page of a host stands for all of them."""
    return canonical_url is not None and ("/" in canonical_url[len("https://") :] or "?" in canonical_url)


def told_apart(entry: Entry, by: str) -> Entry:
    """The entry under a guid that says more than its publisher's, which stands for several articles."""
    return replace(entry, guid=bounded(f"{entry.guid}\n{by}"))


def content_hash(entry: Entry) -> str:
    """A hash of what an entry says to readers: equal hashes mean that nothing was edited.

    Without dates, and without the link: a site that moves to https or puts session ids into its links has edited
    nothing.
    """
    if isinstance(entry, Outline):
        return entry.said
    seen = (
        entry.title,
        entry.summary,
        entry.content,
        entry.author or "",
        *(enclosure.url for enclosure in entry.enclosures),
    )
    return sha256("\0".join(seen).encode("utf-8", "replace")).hexdigest()[:32]


def bounded(guid: str) -> str:
    """A guid that fits: a longer one is known by its hash."""
    return guid if len(guid) <= _LONGEST_GUID else hashed(guid)


def hashed(text: str) -> str:
    """What stands for a text that is no name itself."""
    return "sha256:" + sha256(text.encode("utf-8", "replace")).hexdigest()
