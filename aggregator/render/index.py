"""`search.json`: the newest entries as the script of the river reads them. Static, bounded, the same for the same feed.

Its fields are described in docs/pages.md.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from json import JSONEncoder

from aggregator.html import excerpt
from aggregator.records import LocalDate, MergedEntry
from aggregator.render.site import Site, tongue, web_link
from aggregator.render.words import utc

MOST = 1000
MOST_BYTES = 2**20
_EXCERPT_WORDS, _LONGEST = 30, 400
_written = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def search_index(entries: Sequence[MergedEntry], *, site: Site, days: Collection[LocalDate] = ()) -> bytes:
    """The newest 1,000 entries and at most 1 MiB: over that the oldest lose their excerpts, then their places.

    `days` are the local dates that have a page.
    """
    newest_first = sorted(entries, key=lambda entry: entry.published, reverse=True)[:MOST]
    whole = [_written(_row(entry, site, days)) for entry in newest_first]
    size, rows = sum(len(row.encode("utf-8", "replace")) + 2 for row in whole), whole
    for place in reversed(range(len(whole))):
        if size <= MOST_BYTES:
            break
        bare = _written(_row(newest_first[place], site, days, bare=True))
        size -= len(rows[place].encode("utf-8", "replace")) - len(bare.encode("utf-8", "replace"))
        rows[place] = bare
    while size > MOST_BYTES and rows:
        size -= len(rows.pop().encode("utf-8", "replace")) + 2
    return ('{"version":1,"entries":[\n' + ",\n".join(rows) + "\n]}\n").encode("utf-8", "replace")


def _row(entry: MergedEntry, site: Site, days: Collection[LocalDate], *, bare: bool = False) -> dict[str, object]:
    """One entry; what is empty is left out."""
    on = entry.published.astimezone(site.timezone).date()
    language = tongue(entry.language)
    row = {
        "title": entry.title or "Untitled",
        "link": web_link(entry.link),
        "source": entry.source.title if entry.source else None,
        "published": utc(entry.published),
        "day": on.isoformat(),
        "page": on in days,
        "excerpt": None if bare else excerpt(entry.excerpt, _EXCERPT_WORDS)[:_LONGEST],
        "tags": entry.tags,
        "also_in": [copy.source.title for copy in entry.copies],
        "lang": language.get("lang"),
        "dir": language.get("dir"),
    }
    return {name: value for name, value in row.items() if value not in (None, "", (), [], False)}
