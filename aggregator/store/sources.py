"""What the store knows of sources and hosts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from aggregator.polling.cadence import easier_pace
from aggregator.records import HostRest, Source, SourceState
from aggregator.store.protocol import Connection, holes
from aggregator.store.rows import pack_hints, storable, to_text, to_time, unpack_hints

_TIMES = {"polled_at", "success_at", "next_poll_at", "not_before", "gone_at", "moved_since"}
_LIMITS = {"next_poll_at", "not_before"}  # whole seconds must not make a poll early
ASKED = "asked for by hand"
_EASED_AFTER = timedelta(days=7)
_STATE = tuple(field.name for field in fields(SourceState))
_COLUMNS = ", ".join(_STATE)
_KINDS: dict[str, Callable[[Any], Any]] = {**dict.fromkeys(_TIMES, to_time), "gone": bool, "hints": unpack_hints}
_READ = [(place, _KINDS[name]) for place, name in enumerate(_STATE) if name in _KINDS]
_CHANGING = _STATE[2:]  # all but key and first_url
_UPDATE = f"UPDATE sources SET {', '.join(f'{name} = ?' for name in _CHANGING)} WHERE key = ?"
_NUMBERS = {"failures", "gone", "quiet_polls", "moved_seen"}


def _state(row: tuple[Any, ...]) -> SourceState:
    values = list(row)
    for place, read in _READ:
        if values[place] is not None:
            values[place] = read(values[place])
    return SourceState(*values)


def _up(moment: datetime | None) -> str | None:
    return None if moment is None else to_text(moment + timedelta(seconds=1, microseconds=-1))


def _column(name: str) -> Callable[[Any], Any]:
    """How a field of a state is written."""
    if name in _NUMBERS:
        return int
    return pack_hints if name == "hints" else _up if name in _LIMITS else to_text if name in _TIMES else storable


_WRITTEN = tuple((place, write) for place, name in enumerate(_CHANGING) if (write := _column(name)) is not storable)
_TEXTS = tuple(place for place, name in enumerate(_CHANGING) if _column(name) is storable)
_VALUES = attrgetter(*_CHANGING, "key")


def _row(state: SourceState) -> list[Any]:
    """The values of a row as `_UPDATE` wants them; nearly all texts are ASCII, and stay as they are."""
    values = list(_VALUES(state))
    for place, write in _WRITTEN:
        if values[place] is not None:
            values[place] = write(values[place])
    for place in _TEXTS:
        if (text := values[place]) is not None and not (text.isascii() and "\0" not in text):
            values[place] = storable(text)
    return values


def _places(urls: Iterable[str], now: Mapping[str, int]) -> dict[str, int]:
    """Places that rise in the order of the addresses; who stands behind the one before keeps the place of now."""
    out, last = dict[str, int](), -1
    for url in dict.fromkeys(urls):
        last = now[url] if now.get(url, -1) > last else last + 1
        out[url] = last
    return out


class _Addresses:
    """Every address that any source ever had here: its own (the one of its line), the first, where it moved to."""

    def __init__(self, rows: Iterable[tuple[int, str, str, str | None]]) -> None:
        self._of: dict[int, tuple[str, str, str | None]] = {}
        self._keys: dict[str, list[int]] = {}
        for key, now_at, first, moved_to in rows:
            self._of[key] = (now_at, first, moved_to)
            for address in dict.fromkeys(self._of[key]):
                if address:
                    self._keys.setdefault(address, []).append(key)

    def __contains__(self, url: str) -> bool:
        return url in self._keys

    def returning(self, url: str, wanted: Collection[str]) -> int | None:
        """The source that had this address, or permanently redirected to it, and has no other line now; it has this
        one from now on, so that no source returns for two lines."""
        those = [(key, self._of[key]) for key in self._keys[url] if url in self._of[key]]
        those.sort(key=lambda one: (one[1][0] != url, one[1][1] != url, one[0]))
        key = next((key for key, (now_at, _, _) in those if now_at == url or now_at not in wanted), None)
        if key is not None:
            self._of[key] = (url, *self._of[key][1:])
        return key


class Sources:
    """The sources table: one row for every source that was ever configured, its key for ever the same."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def follow(self, sources: Iterable[Source], now: datetime) -> tuple[int, int]:
        """Make the table follow feeds.yaml: (added or returned, removed). Call inside a transaction.

        A removed source keeps its row and its entries; put back, it is what it was. What stands as it should is not
        written: the lists may be long.
        """
        rows = self._sql.execute("SELECT url, key, position FROM sources WHERE position IS NOT NULL")
        present = {url: (key, position) for url, key, position in rows}
        wanted = _places([source.url for source in sources], {url: place for url, (_, place) in present.items()})
        gone = [(to_text(now), key) for url, (key, _) in present.items() if url not in wanted]
        self._sql.executemany("UPDATE sources SET position = NULL, removed_at = ? WHERE key = ?", gone)
        come = wanted.keys() - present.keys()
        heard = _Addresses(self._sql.execute("SELECT key, url, first_url, moved_to FROM sources") if come else ())
        moved = [(place, url) for url, place in wanted.items() if url in present and present[url][1] != place]
        self._sql.executemany("UPDATE sources SET position = ? WHERE url = ? AND position IS NOT NULL", moved)
        known = [url for url in wanted if url in come and url in heard]
        returned = [(wanted[url], url, heard.returning(url, wanted) or self._new(url)) for url in known]
        self._sql.executemany("UPDATE sources SET position = ?, url = ?, removed_at = NULL WHERE key = ?", returned)
        new = [(url, url, wanted[url]) for url in wanted if url in come and url not in heard]
        self._sql.executemany("INSERT INTO sources (first_url, url, position) VALUES (?, ?, ?)", new)
        return len(come), len(gone)

    def _new(self, url: str) -> int:
        """A row of its own; where an elder source began with this address, a number tells the two apart."""
        names = itertools.chain((url,), (f"{url}#{number}" for number in itertools.count(2)))
        first = next(
            name
            for name in names
            if not self._sql.execute("SELECT 1 FROM sources WHERE first_url = ?", (name,)).fetchone()
        )
        made = self._sql.execute("INSERT INTO sources (first_url, url) VALUES (?, ?) RETURNING key", (first, url))
        return int(made.fetchall()[0][0])

    def states(self, due_by: datetime | None = None) -> dict[str, SourceState]:
        """The state of every configured source by its address, in the order of feeds.yaml; of those planned by then."""
        query, limit = f"SELECT {_COLUMNS} FROM sources WHERE position IS NOT NULL", to_text(due_by)
        only = "" if limit is None else " AND (next_poll_at IS NULL OR next_poll_at <= ?)"
        rows = self._sql.execute(f"{query}{only} ORDER BY position", () if limit is None else (limit,))
        return {state.url: state for state in map(_state, rows)}

    def presses(self, now: datetime, *reasons: str) -> bool:
        """Whether a source is planned by now that never answered yet, or whose reason begins with one of these."""
        begins = " OR ".join("substr(reason, 1, ?) = ?" for _ in reasons)
        row = self._sql.execute(
            "SELECT 1 FROM sources WHERE position IS NOT NULL AND (next_poll_at IS NULL OR next_poll_at <= ?) "
            f"AND (success_at IS NULL OR {begins}) LIMIT 1",
            (to_text(now), *(part for reason in reasons for part in (len(reason), reason))),
        ).fetchone()
        return row is not None

    def state(self, key: int) -> SourceState:
        """The state of one source, configured or not."""
        return _state(self._sql.execute(f"SELECT {_COLUMNS} FROM sources WHERE key = ?", (key,)).fetchone())

    def configured(self, key: int) -> SourceState | None:
        """The state of one source that is in feeds.yaml now."""
        wanted = f"SELECT {_COLUMNS} FROM sources WHERE key = ? AND position IS NOT NULL"
        row = self._sql.execute(wanted, (key,)).fetchone()
        return _state(row) if row else None

    def key_of(self, url: str) -> int:
        """The key of a source that is in feeds.yaml now."""
        row = self._sql.execute("SELECT key FROM sources WHERE url = ? AND position IS NOT NULL", (url,)).fetchone()
        return int(row[0])

    def some(self, keys: Collection[int]) -> list[SourceState]:
        """The states of these sources, in the order of feeds.yaml."""
        wanted = f"SELECT {_COLUMNS} FROM sources WHERE key IN ({holes(keys)}) ORDER BY position"
        return list(map(_state, self._sql.execute(wanted, tuple(keys))))

    def removed(self, since: datetime) -> list[SourceState]:
        """Sources that left feeds.yaml at or after `since`."""
        rows = self._sql.execute(
            f"SELECT {_COLUMNS} FROM sources WHERE removed_at >= ? ORDER BY key", (to_text(since),)
        )
        return list(map(_state, rows))

    def save(self, *states: SourceState) -> None:
        """Write states back (inside a transaction)."""
        self._sql.executemany(_UPDATE, map(_row, states))

    def tally(self) -> dict[str, int]:
        """How many entries are in each standing."""
        rows = self._sql.execute("SELECT standing, sum(entries) FROM tallies GROUP BY standing HAVING sum(entries) > 0")
        return {standing: int(entries) for standing, entries in rows}

    def standings(self) -> dict[int, dict[str, int]]:
        """What became of the entries of each source: a number for each standing."""
        out: dict[int, dict[str, int]] = {}
        for source, standing, number in self._sql.execute("SELECT source, standing, entries FROM tallies"):
            out.setdefault(source, {})[standing] = number
        return out

    def adopt(self, newcomer: int, elder: int) -> None:
        """Give an edited line its history back: the elder source takes the newcomer's address and place."""
        url, place = self._sql.execute("SELECT url, position FROM sources WHERE key = ?", (newcomer,)).fetchone()
        self._sql.execute("DELETE FROM sources WHERE key = ?", (newcomer,))
        self._sql.execute(
            "UPDATE sources SET url = ?, position = ?, removed_at = NULL, etag = NULL, last_modified = NULL, "
            "validators_url = NULL, answered_by = NULL, body_hash = NULL, moved_to = NULL, moved_since = NULL, "
            "moved_seen = 0 WHERE key = ?",
            (url, place, elder),
        )

    def mark_due(self, keys: Iterable[int], now: datetime) -> None:
        """Ask for an early poll; explicit wishes of the publisher stay in force."""
        self._sql.executemany(
            "UPDATE sources SET next_poll_at = ?, reason = ? WHERE key = ?",
            [(to_text(now), ASKED, key) for key in keys],
        )

    def hasten(self, key: int, at: datetime, reason: str) -> None:
        """Poll a source at `at` if nothing earlier is planned; explicit wishes of the publisher stay in force."""
        self._sql.execute(
            "UPDATE sources SET next_poll_at = ?, reason = ? WHERE key = ? AND next_poll_at > ?",
            (_up(at), reason, key, _up(at)),
        )

    def hosts(self) -> dict[str, datetime]:
        """Hosts that asked to be left alone, and until when."""
        rows = self._sql.execute("SELECT host, not_before FROM hosts")
        return {str(host): datetime.fromisoformat(until) for host, until in rows}

    def paces(self) -> dict[str, timedelta]:
        """Hosts that are asked only so often, as their 429s have taught."""
        rows = self._sql.execute("SELECT host, pace FROM hosts WHERE pace > 0")
        return {str(host): timedelta(seconds=pace) for host, pace in rows}

    def rest_host(self, rest: HostRest, now: datetime) -> None:
        """Leave a host alone; a rest that is longer already stays."""
        self._sql.execute(
            "INSERT INTO hosts (host, not_before) VALUES (?, ?) "
            "ON CONFLICT (host) DO UPDATE SET not_before = excluded.not_before "
            "WHERE hosts.not_before < excluded.not_before",
            (rest.host, _up(rest.until)),
        )
        if rest.pace is not None:
            self._pace_host(rest.host, rest.pace, now)

    def ease_hosts(self, now: datetime) -> None:
        """A host that has not said 429 for a week is asked twice as often; one without rest and pace is forgotten."""
        rows = self._sql.execute("SELECT host, pace FROM hosts WHERE paced_at < ?", (to_text(now - _EASED_AFTER),))
        for host, pace in rows.fetchall():
            self._pace_host(host, easier_pace(timedelta(seconds=pace)), now)
        self._sql.execute("DELETE FROM hosts WHERE pace = 0 AND not_before < ?", (to_text(now),))

    def _pace_host(self, host: str, pace: timedelta, now: datetime) -> None:
        self._sql.execute(
            "UPDATE hosts SET pace = ?, paced_at = ? WHERE host = ?", (int(pace.total_seconds()), to_text(now), host)
        )

    def shift_clock(self, back: timedelta) -> None:
        """The clock was set back: move what was planned by the old clock, so that nothing storms or stalls."""
        names = ("polled_at", "success_at", "next_poll_at", "not_before")
        for row in self._sql.execute(f"SELECT {', '.join(names)}, key FROM sources").fetchall():
            moved = [to_text(moment - back) if (moment := to_time(text)) else None for text in row[:-1]]
            self._sql.execute(
                f"UPDATE sources SET {', '.join(f'{name} = ?' for name in names)} WHERE key = ?", (*moved, row[-1])
            )
        for host, until in self.hosts().items():
            self._sql.execute("UPDATE hosts SET not_before = ? WHERE host = ?", (_up(until - back), host))
