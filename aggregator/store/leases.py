"""Who polls what, among many workers on PostgreSQL: shards by the hash of the host, each one worker's at a time, and
leases of due sources that come back by themselves when a worker dies.

Times of leases are the database's own clock; what is due is judged by the caller's, as everywhere.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from zlib import crc32

from aggregator.errors import StoreError
from aggregator.store.rows import to_text

if TYPE_CHECKING:  # psycopg comes with the extra `workers`; who has one machine does without
    from aggregator.store.session import Session

LOCK = 6713207
"""The first half of our advisory locks; the second is of the schema that holds the tables."""
SHARDS = 256
LEASED = 200  # sources at once
_WORKS = "position IS NOT NULL AND gone = 0"
_IS_FREE = "(leased_until IS NULL OR leased_until < clock_timestamp())"
_NEW_AT_ONCE = 5000  # sources that get their shard in one transaction


def shard_of(host: str) -> int:
    """The shard of a host: all its sources are in one, so that they are asked in turn."""
    return crc32(host.encode("utf-8", "replace")) % SHARDS


class Leases:
    """What one worker process asks of the database, over one session; used by one thread at a time."""

    def __init__(self, session: Session, name: str) -> None:
        self._sql, self._name = session, name
        self.rest = 0.0  # seconds that the shard in hand stays nobody's when it is done with

    def make(self, table: str, script: str) -> None:
        """Run a script that makes tables, unless this one of them is there; several may begin at once."""
        with self._sql.transaction():
            self._sql.execute("SELECT pg_advisory_xact_lock(?, hashtext(current_schema() || ' make'))", (LOCK + 1,))
            if self._sql.execute("SELECT to_regclass(?) IS NULL", (table,)).fetchone()[0]:
                self._sql.script(script)

    # --- which shard -----------------------------------------------------------------------------------------

    def without_shard(self) -> dict[int, tuple[str, str | None]]:
        """Sources that are in no shard yet, some of them: key -> (address, the address they moved to)."""
        rows = self._sql.execute(
            f"SELECT key, url, moved_to FROM sources WHERE shard IS NULL AND position IS NOT NULL LIMIT {_NEW_AT_ONCE}"
        )
        return {key: (url, moved_to) for key, url, moved_to in rows}

    def put(self, shards: Mapping[int, int]) -> None:
        """Put sources (by key) into shards."""
        if shards:
            self._sql.execute(
                "UPDATE sources s SET shard = n.shard FROM unnest(?1::bigint[], ?2::bigint[]) AS n (key, shard) "
                "WHERE s.key = n.key",
                (list(shards), list(shards.values())),
            )

    def due(self, now: datetime) -> list[int]:
        """The shards in which a source is due that nobody has leased: one look at an index for each shard."""
        free_source = _IS_FREE.replace("leased", "s.leased")
        rows = self._sql.execute(
            f"SELECT shard FROM shards WHERE {_IS_FREE} AND EXISTS (SELECT 1 FROM sources s "
            f"WHERE s.shard = shards.shard AND {_WORKS} AND coalesce(next_poll_at, '') <= ? AND {free_source}) "
            "ORDER BY shard",
            (to_text(now),),
        )
        return [shard for (shard,) in rows]

    def deferred(self) -> set[str]:
        """The queueing locks of the engine's jobs that wait for a worker."""
        rows = self._sql.execute("SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo'")
        return {lock for (lock,) in rows}

    # --- one worker a shard ----------------------------------------------------------------------------------

    @contextlib.contextmanager
    def shard(self, number: int, seconds: float) -> Iterator[bool | None]:
        """Have a shard for oneself, for so many seconds at most: None where another worker has it, or one process
        polls alone; else whether the one before came to its end."""
        rows = self._sql.execute(
            "UPDATE shards s SET leased_until = clock_timestamp() + make_interval(secs => ?2), leased_by = ?3, "
            "ended_at = NULL FROM (SELECT shard, ended_at IS NOT NULL AS ended FROM shards "
            f"WHERE shard = ?1 AND {_IS_FREE} FOR UPDATE SKIP LOCKED) before WHERE s.shard = before.shard "
            "RETURNING before.ended",
            (number, float(seconds), self._name),
        ).fetchall()
        if not rows:
            yield None
            return
        ended, self.rest = False, 0.0
        try:
            alone = self._try("pg_try_advisory_lock_shared") is False or self._try("pg_advisory_unlock_shared") is False
            yield None if alone else bool(rows[0][0])
            ended = not alone or bool(rows[0][0])
        finally:
            with contextlib.suppress(StoreError):  # the lease ends by itself
                self._sql.execute(
                    "UPDATE shards SET leased_until = clock_timestamp() + make_interval(secs => ?1), leased_by = NULL, "
                    "ended_at = CASE WHEN ?2::int = 1 THEN clock_timestamp() END WHERE shard = ?3 AND leased_by = ?4",
                    (self.rest, int(ended), number, self._name),
                )

    @contextlib.contextmanager
    def alone(self, rest: float) -> Iterator[bool]:
        """Poll without shards: whether no worker is at any, and none begins one meanwhile, or within `rest` seconds.

        Either side first takes, then looks whether the other did; so at most one of them goes on. Shards are without
        an end meanwhile: who takes one over from a process that died in here waits for the spacing.
        """
        if not self._try("pg_try_advisory_lock"):
            yield False
            return
        try:
            busy = self._sql.execute(
                f"SELECT 1 FROM shards WHERE NOT {_IS_FREE} AND leased_by IS DISTINCT FROM ? LIMIT 1", (self._name,)
            ).fetchone()
            if busy is None:
                self._sql.execute("UPDATE shards SET ended_at = NULL")
            yield busy is None
        finally:
            with contextlib.suppress(StoreError):  # a session that is lost has lost its locks
                if busy is None:
                    self._sql.execute(
                        "UPDATE shards SET ended_at = clock_timestamp(), leased_by = ?1, leased_until = "
                        f"clock_timestamp() + make_interval(secs => ?2) WHERE {_IS_FREE} OR leased_by = ?1",
                        (self._name, float(rest)),
                    )
                self._try("pg_advisory_unlock")

    def _try(self, function: str) -> bool:
        """Take, or let go of, the lock of who polls alone."""
        wanted = f"SELECT {function}(?::int, hashtext(current_schema() || ' alone'))"
        return bool(self._sql.execute(wanted, (LOCK + 1,)).fetchone()[0])

    # --- hosts ------------------------------------------------------------------------------------------------

    def claim(self, hosts: Collection[str], seconds: float) -> set[str]:
        """Take hosts for this process, for so many seconds at most; those that are ours now."""
        rows = self._sql.execute(
            "INSERT INTO hands (host, held_by, until) SELECT host, ?2, clock_timestamp() + make_interval(secs => ?3) "
            "FROM unnest(?1::text[]) AS host ORDER BY host ON CONFLICT (host) DO UPDATE SET "
            "held_by = excluded.held_by, until = greatest(excluded.until, CASE WHEN hands.held_by = excluded.held_by "
            "THEN hands.until END) WHERE hands.held_by = excluded.held_by OR hands.until < clock_timestamp() "
            "RETURNING host",
            (sorted(set(hosts)), self._name, float(seconds)),
        )
        return {host for (host,) in rows}

    def let_go(self, hosts: Collection[str], rest: float) -> None:
        """Hosts of this process are anybody's after so many seconds."""
        self._sql.execute(
            "UPDATE hands SET until = clock_timestamp() + make_interval(secs => ?2) "
            "WHERE host = ANY(?1::text[]) AND held_by = ?3",
            (list(hosts), float(rest), self._name),
        )

    def forget_hands(self) -> None:
        """Let go of claims that are long over: redirects of strangers can name any number of hosts."""
        self._sql.execute("DELETE FROM hands WHERE until < clock_timestamp() - interval '1 hour'")

    # --- leases ----------------------------------------------------------------------------------------------

    def take(self, shard: int, now: datetime, seconds: float) -> list[int]:
        """Lease due sources of a shard, those that wait longest; their keys."""
        rows = self._sql.execute(
            "UPDATE sources SET leased_until = clock_timestamp() + make_interval(secs => ?1), leased_by = ?2 "
            f"WHERE key IN (SELECT key FROM sources WHERE shard = ?3 AND {_WORKS} AND coalesce(next_poll_at, '') <= ?4 "
            f"AND {_IS_FREE} ORDER BY coalesce(next_poll_at, ''), key LIMIT {LEASED} FOR UPDATE SKIP LOCKED) "
            "RETURNING key",
            (float(seconds), self._name, shard, to_text(now)),
        )
        return [key for (key,) in rows]

    def still_ours(self, keys: Collection[int]) -> set[int]:
        """Which of these are leased by this worker still (inside a transaction, in which nobody takes them)."""
        rows = self._sql.execute(
            "SELECT key FROM sources WHERE key = ANY(?::bigint[]) AND leased_by = ? AND leased_until > "
            "clock_timestamp() ORDER BY key FOR UPDATE",
            (list(keys), self._name),
        )
        return {key for (key,) in rows}

    def give_back(self, keys: Iterable[int], aside: float = 0.0) -> None:
        """End leases of this worker; `aside` keeps the sources from being leased again for so many seconds."""
        self._sql.execute(
            "UPDATE sources SET leased_until = CASE WHEN ?1::float8 > 0 THEN clock_timestamp() + "
            "make_interval(secs => ?1::float8) END, leased_by = NULL WHERE key = ANY(?2::bigint[]) AND leased_by = ?3",
            (float(aside), list(keys), self._name),
        )
