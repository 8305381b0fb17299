"""The signs of what the newest document of each source holds (entries/signs.py): the next one is compared with them."""

from __future__ import annotations

from collections.abc import Iterable

from aggregator.batched import batched
from aggregator.store.protocol import Connection, holes

_AT_ONCE = 500


class SignsKept:
    """A row a source, written with what its poll brought. Where it is missing, the next document is read whole."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def of(self, sources: Iterable[int]) -> dict[int, bytes]:
        """Those of many sources, as they were packed."""
        found = dict[int, bytes]()
        for some in batched(sources, _AT_ONCE):
            rows = self._sql.execute(f"SELECT source, signs FROM signs WHERE source IN ({holes(some)})", some)
            found.update(rows)
        return found

    def keep(self, source: int, signs: bytes) -> None:
        """Those of a document that is recorded (inside a transaction)."""
        self._sql.execute(
            "INSERT INTO signs VALUES (?, ?) ON CONFLICT (source) DO UPDATE SET signs = excluded.signs", (source, signs)
        )
