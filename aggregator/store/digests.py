"""The ledger: which digest owns which entry, and the bytes of every sealed digest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from aggregator.batched import batched
from aggregator.records import StoredEntry
from aggregator.store.entries import SELECT
from aggregator.store.packing import compress, decompress
from aggregator.store.protocol import Connection, holes
from aggregator.store.rows import as_stored, to_text, to_time

_AT_ONCE = 200  # entries with what they say


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed digest without its bytes; `date` is the local date of its morning.

    `note` says what went wrong while it was sealed, and is not kept.
    """

    key: int
    series: str
    day: date
    covers_from: datetime | None
    covers_to: datetime
    shown: int
    reading_time_s: int
    note: str | None = None


_SELECT = "SELECT key, series, date, covers_from, covers_to, shown, reading_time_s FROM digests "


def _sealed(row: tuple[int, str, str, str | None, str, int, int]) -> Sealed:
    key, series, day, start, end, shown, seconds = row
    return Sealed(key, series, date.fromisoformat(day), to_time(start), datetime.fromisoformat(end), shown, seconds)


class Digests:
    """Sealed digests; nothing here is ever changed after it was written."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def seal(self, sealed: Sealed, entries: Iterable[int], files: Mapping[str, bytes], now: datetime) -> None:
        """Give the digest its entries and its bytes (inside one durable transaction).

        The primary key (series, entry) refuses an entry that another digest of the series owns.
        """
        rows = self._sql.execute(
            "INSERT INTO digests (series, date, covers_from, covers_to, sealed_at, shown, reading_time_s) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING key",
            (
                sealed.series,
                sealed.day.isoformat(),
                to_text(sealed.covers_from),
                to_text(sealed.covers_to),
                to_text(now),
                sealed.shown,
                sealed.reading_time_s,
            ),
        )
        key = rows.fetchall()[0][0]
        self._sql.executemany("INSERT INTO ledger VALUES (?, ?, ?)", [(sealed.series, entry, key) for entry in entries])
        self._sql.executemany(
            "INSERT INTO digest_files VALUES (?, ?, ?)",
            [(key, kind, compress(data)) for kind, data in files.items()],
        )

    def newest(self, series: str) -> Sealed | None:
        """The last sealed digest of a series by what it covers."""
        row = self._sql.execute(
            _SELECT + "WHERE series = ? ORDER BY covers_to DESC, key DESC LIMIT 1", (series,)
        ).fetchone()
        return None if row is None else _sealed(row)

    def before(self, series: str, day: date) -> Sealed | None:
        """The digest of the nearest earlier date."""
        row = self._sql.execute(
            _SELECT + "WHERE series = ? AND date < ? ORDER BY date DESC LIMIT 1", (series, day.isoformat())
        ).fetchone()
        return None if row is None else _sealed(row)

    def on(self, series: str, day: date) -> Sealed | None:
        """The digest of a date, if there is one."""
        row = self._sql.execute(_SELECT + "WHERE series = ? AND date = ?", (series, day.isoformat())).fetchone()
        return None if row is None else _sealed(row)

    def all(self, series: str) -> list[Sealed]:
        """All sealed digests of a series, oldest date first."""
        return list(map(_sealed, self._sql.execute(_SELECT + "WHERE series = ? ORDER BY date", (series,))))

    def file(self, key: int, kind: str) -> bytes | None:
        """The stored bytes of one file of a digest: `html`, `md`, `txt`, `json` or `entry`."""
        row = self._sql.execute("SELECT data FROM digest_files WHERE digest = ? AND kind = ?", (key, kind)).fetchone()
        return None if row is None else decompress(row[0])

    def told(self, series: str, since: date, most: int) -> list[tuple[date, int]]:
        """The newest news of a series' digests from a date on, by key, with the date of the digest; newest first."""
        rows = self._sql.execute(
            "SELECT d.date, e.key FROM entries e JOIN ledger l ON l.series = ? AND l.entry = e.key "
            "JOIN digests d ON d.key = l.digest WHERE d.date >= ? AND e.standing = 'news' "
            "ORDER BY e.accepted DESC LIMIT ?",
            (series, since.isoformat(), most),
        )
        return [(date.fromisoformat(day), key) for day, key in rows]

    def read(self, keys: Iterable[int], of_content: Callable[[str], str]) -> Iterator[StoredEntry]:
        """Entries as a digest reads them, in the order of these keys: without summary, with what `of_content` leaves
        of the content."""
        for some in batched(keys, _AT_ONCE):
            rows = self._sql.execute(f"{SELECT}WHERE e.key IN ({holes(some)})", some)
            found = {row[0]: as_stored(row, of_content) for row in rows}
            yield from map(found.__getitem__, some)

    def owner(self, series: str, entry: int) -> Sealed | None:
        """Which digest of the series owns an entry."""
        row = self._sql.execute(
            _SELECT + "WHERE key = (SELECT digest FROM ledger WHERE series = ? AND entry = ?)", (series, entry)
        ).fetchone()
        return None if row is None else _sealed(row)
