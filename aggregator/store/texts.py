"""The text by which an entry is told in a few words: that of its own page where it was fetched (`full_text`), without
what its source puts around every one of its entries.

A view of what is stored: nothing that is kept or republished changes by it, and it is learned anew when the newest
entries of a source are others.
"""

from __future__ import annotations

from collections.abc import Callable

from aggregator.entries.chrome import LATEST, Chrome, Repeated, learn, left_out, without
from aggregator.records import StoredEntry
from aggregator.store.articles import Articles
from aggregator.store.protocol import Connection
from aggregator.store.rows import unpack_entry

_NEWEST = (
    "FROM entries WHERE source = ? AND standing NOT IN ('forgotten', 'held', 'dropped') "
    f"ORDER BY published DESC, key DESC LIMIT {LATEST}"
)


class Texts:
    """What summaries and excerpts are made of; what was learned of a source is kept while its newest entries stay."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection
        self._articles = Articles(connection)
        self._learned: dict[int, tuple[object, Chrome]] = {}

    def telling(self, stored: StoredEntry, *, full: bool = False) -> str:
        """The text of an entry as far as it is worth telling; of its page, if it is there and `full` asks for it."""
        page = self._articles.get(stored.key) if full else None
        return without((page.text if page else "") or stored.entry.text, self._chrome(stored.source_key))

    def of_many(self) -> Callable[[StoredEntry], str]:
        """`telling` of what feeds say, for one reading of many entries: each source is asked for once."""
        known: dict[int, Chrome] = {}

        def telling(stored: StoredEntry) -> str:
            if stored.source_key not in known:
                known[stored.source_key] = self._chrome(stored.source_key)
            return without(stored.entry.text, known[stored.source_key])

        return telling

    def whole(self, stored: StoredEntry) -> str:
        """Everything that a search looks through: the text of the feed, then that of the page."""
        page = self._articles.get(stored.key)
        return f"{stored.entry.text}\n\n{page.text}" if page and page.text else stored.entry.text

    def left_out(self, stored: StoredEntry) -> list[Repeated]:
        """The blocks of an entry's text that `telling` leaves out."""
        return left_out(stored.entry.text, self._chrome(stored.source_key))

    def _chrome(self, source: int) -> Chrome:
        sign = self._sql.execute(f"SELECT key, changed_at {_NEWEST}", (source,)).fetchall()
        known = self._learned.get(source)
        if known is None or known[0] != sign:
            rows = self._sql.execute(f"SELECT data {_NEWEST}", (source,))
            known = self._learned[source] = sign, learn([unpack_entry(data).text for (data,) in rows])
        return known[1]
