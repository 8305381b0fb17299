"""A session with PostgreSQL as the store's parts want a connection; the one door of psycopg.

A session that was lost (the database was restarted, the network cut) fails what it was doing, and is opened anew by
what comes next. The writer's lock is the session's own: who has lost the session can write nothing any more.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from aggregator.errors import AlreadyRunning, StoreError
from aggregator.store.dialect import numbered
from aggregator.store.leases import LOCK
from aggregator.store.lock import Holder
from aggregator.store.protocol import Rows

_HEARD = 30  # seconds without an answer after which either side takes the other for gone
_SETTINGS = {
    "application_name": "aggregator",
    "client_encoding": "UTF8",
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": _HEARD * 1000,
}
_OURS = " ".join(
    f"-c {name}={value}"
    for name, value in (
        ("timezone", "UTC"),
        ("default_transaction_isolation", "read\\ committed"),
        ("tcp_keepalives_idle", 10),
        ("tcp_keepalives_interval", 5),
        ("tcp_keepalives_count", 4),
        ("idle_in_transaction_session_timeout", _HEARD * 1000),
    )
)


def shown(address: str) -> str:
    """An address without its password, for people."""
    try:
        parts = conninfo_to_dict(address)
    except psycopg.Error:
        return "postgresql://..."
    user = f"{parts['user']}@" if parts.get("user") else ""
    port = f":{parts['port']}" if parts.get("port") else ""
    return f"postgresql://{user}{parts.get('host', '')}{port}/{parts.get('dbname', '')}"


def with_settings(address: str) -> str:
    """The address with what notices a lost connection on either side; what it says itself stays."""
    given: dict[str, Any] = conninfo_to_dict(address)
    options = " ".join(filter(None, (_OURS, str(given.get("options") or ""))))
    return make_conninfo(address, **{**_SETTINGS, **given, "options": options})


class Session:
    """A connection as the store's parts want it, opened when it is needed and again when it was lost."""

    def __init__(self, address: str) -> None:
        self.name = shown(address)
        self._address = address
        self._connection: psycopg.Connection | None = None
        self._writes: tuple[str, datetime] | None = None

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Rows:
        """Run one statement; raises StoreError, and IntegrityError where a rule of the schema is broken."""
        with self._translated():
            return self.opened().execute(numbered(sql), parameters)

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Rows:
        """Run one statement for each of many rows, without waiting for each answer."""
        with self._translated():
            cursor = self.opened().cursor()
            cursor.executemany(numbered(sql), list(parameters))
            return cursor

    def script(self, sql: str) -> None:
        """Run statements that take no values."""
        with self._translated():
            psycopg.Cursor(self.opened()).execute(sql)

    def opened(self) -> psycopg.Connection:
        """The connection; a new one, with the lock that this session held, where the old one is gone."""
        if self._connection is None or self._connection.closed:
            with self._translated():
                self._connection = self._connected()
            if self._writes is not None:
                self._lock(*self._writes)
        return self._connection

    def _connected(self) -> psycopg.Connection:
        return psycopg.connect(with_settings(self._address), autocommit=True, cursor_factory=psycopg.RawCursor)

    @contextlib.contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[None]:
        """All or nothing; `durable` waits for the disk even where the server's own setting does not."""
        with self._translated(everything=True):
            connection = self.opened()
            if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                raise StoreError(f"store: {self.name}: a transaction within a transaction")
            connection.execute("BEGIN")
            try:
                if durable:
                    connection.execute("SET LOCAL synchronous_commit = on")
                yield
                connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(psycopg.Error):
                    connection.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _translated(self, *, everything: bool = False) -> Iterator[None]:
        try:
            yield
        except psycopg.IntegrityError as error:
            if not everything:
                raise
            raise StoreError(f"store: {self.name}: {_one_line(error)}") from error
        except (psycopg.Error, UnicodeEncodeError) as error:
            raise StoreError(f"store: {self.name}: {_one_line(error)}") from error

    # --- one writer ------------------------------------------------------------------------------------------

    def write(self, command: str, now: datetime) -> None:
        """Take the writer's lock, which ends with the session; raises AlreadyRunning where another has it."""
        self.opened()
        self._lock(command, now)
        self._writes = command, now

    def _lock(self, command: str, now: datetime) -> None:
        (taken,) = self.execute("SELECT pg_try_advisory_lock(?, hashtext(current_schema()))", (LOCK,)).fetchone()
        if not taken:
            who = self.holder() or Holder(0, "another command", "unknown")
            raise AlreadyRunning(
                f"already running: `aggregator {who.command}` (pid {who.pid} on {who.host or 'another machine'}, since "
                f"{who.since}) writes to {self.name}"
            )
        since = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        told = json.dumps({"pid": os.getpid(), "command": command, "since": since, "host": socket.gethostname()})
        with self.transaction():
            self.execute("UPDATE running SET told = ?", (told,))

    def holder(self) -> Holder | None:
        """Who has the writer's lock now."""
        row = self.execute(
            "SELECT r.told FROM pg_locks l, running r WHERE l.locktype = 'advisory' AND l.granted "
            "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
            "AND l.classid::bigint = ?::bigint AND l.objid::bigint = hashtext(current_schema())::bigint & 4294967295",
            (LOCK,),
        ).fetchone()
        if row is None:
            return None
        told = json.loads(row[0]) if row[0] else {}
        return Holder(told.get("pid", 0), told.get("command", "?"), told.get("since", "?"), told.get("host", ""))

    def close(self) -> None:
        """Let go of the connection, and first of the lock: the server notices the end of a session a little later."""
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                if self._writes is not None:
                    self._connection.execute("SELECT pg_advisory_unlock_all()")
            self._connection.close()
        self._writes = None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
