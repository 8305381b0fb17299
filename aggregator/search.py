"""Finding entries by what they say, as the view shows them: ranked or newest first, what was looked for marked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from aggregator.batched import batched
from aggregator.entries.query import marked, parse_query, snippet
from aggregator.entries.view import View
from aggregator.records import StoredEntry
from aggregator.store.search import EVER
from aggregator.store.sqlite import Store

_PAGE = 25

Pieces = tuple[tuple[str, bool], ...]  # a text in parts, each with whether it was looked for


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for. `sources` are keys; published from `since` and before `until`; `everything` finds what the
    view hides, too."""

    words: str
    sources: frozenset[int] | None = None
    tag: str | None = None
    since: datetime = EVER[0]
    until: datetime = EVER[1]
    newest: bool = False
    everything: bool = False
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that meets the words; `hidden` says why no output shows it."""

    stored: StoredEntry
    title: Pieces
    snippet: Pieces
    hidden: str | None


@dataclass(frozen=True, slots=True)
class Results:
    """What was found; `is_cut` says that so many entries meet the words that only the newest of them were ranked."""

    found: tuple[Found, ...] = ()
    is_cut: bool = False


def search(wanted: Wanted, store: Store, view: View) -> Results:
    """The entries that meet the words, each group once; empty when there is none, or nothing to look for."""
    query = parse_query(wanted.words)
    sources = wanted.sources
    if wanted.tag is not None and (tagged := view.sources_with(wanted.tag)) is not None:
        sources = tagged if sources is None else sources & tagged
    if not query.alternatives or sources == frozenset():
        return Results()
    span, is_cut = (wanted.since, wanted.until), False
    keys: Iterable[int] = store.search.newest(query, sources, span) if wanted.newest else ()
    if not wanted.newest:
        keys, is_cut = store.search.best(query, sources, span)
    found = (
        Found(one, marked(one.entry.title, query), snippet(store.texts.whole(one), query), view.out_of_sight(one))
        for one in islice(_shown(_read(keys, store), wanted, view), wanted.limit)
    )
    return Results(tuple(found), is_cut)


def _read(keys: Iterable[int], store: Store) -> Iterator[StoredEntry]:
    """The entries in the order of their keys, a page at a time."""
    for page in batched(keys, _PAGE):
        entries = {stored.key: stored for stored in store.entries.get(page)}
        yield from (entries[key] for key in page if key in entries)


def _shown(entries: Iterable[StoredEntry], wanted: Wanted, view: View) -> Iterator[StoredEntry]:
    groups: set[int] = set()
    for stored in entries:
        if (
            stored.group not in groups
            and wanted.since <= stored.published < wanted.until
            and (wanted.everything or view.out_of_sight(stored) is None)
            and (wanted.tag is None or wanted.tag.casefold() in map(str.casefold, view.tags(stored)))
        ):
            groups.add(stored.group)
            yield stored
