"""The store on PostgreSQL: opening, migrating, and what its parts do not share with SQLite."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from importlib import resources

from aggregator.errors import StoreError
from aggregator.store.dialect import as_postgres
from aggregator.store.leases import LOCK, Leases
from aggregator.store.lock import Holder
from aggregator.store.schema import migrations, statements
from aggregator.store.session import Session
from aggregator.store.store import Store
from aggregator.store.tsvector import TsVector


class PostgresStore(Store):
    """A store in a database that many machines share."""

    well = "answers"

    def __init__(self, session: Session) -> None:
        super().__init__(session, session.name, TsVector(session), lambda: None)
        self.session = session

    def transaction(self, *, durable: bool = False) -> contextlib.AbstractContextManager[None]:
        """All or nothing; `durable` waits for the disk even where the server's own setting does not."""
        return self.session.transaction(durable=durable)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Nobody else writes while the block runs: poll workers have no part in the writer's lock."""
        with self.transaction():
            self.session.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            names = self.session.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
            self.session.execute(f"LOCK TABLE {', '.join(name for (name,) in names)} IN SHARE MODE")
            yield

    def workers(self) -> int:
        """How many poll workers gave a sign of life in the last half minute."""
        if self.session.execute("SELECT to_regclass('procrastinate_workers') IS NULL").fetchone()[0]:
            return 0
        alive = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '30 seconds'"
        return int(self.session.execute(alive).fetchone()[0])

    def polling(self, rest: float) -> contextlib.AbstractContextManager[bool]:
        """Whether this process may poll while the block runs: no worker is at any shard, and none begins meanwhile."""
        return Leases(self.session, "alone").alone(rest)

    def tidy(self, now: datetime) -> None:
        """Let go of old bodies and claims, ease the pace of content hosts; cheap, once a day."""
        super().tidy(now)
        Leases(self.session, "alone").forget_hands()

    def after_copy(self) -> None:
        """New keys come after those that were copied."""
        rows = self.session.execute(
            "SELECT table_name, column_name, pg_get_serial_sequence(table_name, column_name) "
            "FROM information_schema.columns WHERE table_schema = current_schema() AND is_identity = 'YES'"
        ).fetchall()
        for table, column, sequence in rows:
            self.session.execute(
                f"SELECT setval(?::regclass, coalesce(max({column}), 0) + 1, false) FROM {table}", (sequence,)
            )

    def check_place(self) -> None:
        """Open a lost session anew, with its lock; raises AlreadyRunning where another writes by now."""
        self.session.opened()

    def damage(self) -> str | None:
        """Why the database does not answer, in one line; its pages are its own server's business."""
        try:
            self.session.execute("SELECT count(*) FROM meta")
        except StoreError as error:
            return str(error)
        return None

    def rest(self) -> None:
        """Nothing: the server keeps what it read."""

    def close(self) -> None:
        """Let go of the session."""
        self.session.close()


def holder(address: str) -> Holder | None:
    """Who writes to a store now; None where nobody does, or nothing was made there yet."""
    session = Session(address)
    try:
        return session.holder() if _version(session) else None
    finally:
        session.close()


def open_postgres(address: str, *, create: bool = True) -> PostgresStore:
    """Connect and migrate; raises StoreError when it cannot be used, or was written by a newer version."""
    session = Session(address)
    try:
        _prepare(session, create=create)
    except BaseException:
        session.close()
        raise
    return PostgresStore(session)


def _prepare(session: Session, *, create: bool) -> None:
    version, scripts = _version(session), migrations()
    if version > len(scripts):
        raise StoreError(
            f"store: {session.name} was written by a newer aggregator (schema {version}, this one knows "
            f"{len(scripts)}); nothing was touched, upgrade the program"
        )
    if not version and not create:
        raise StoreError(f"store: {session.name} is empty yet; run `aggregator poll` or `aggregator run` first")
    if version < len(scripts):
        _migrate(session, scripts)


def _version(session: Session) -> int:
    (encoding,) = session.execute("SHOW server_encoding").fetchone()
    if encoding != "UTF8":
        raise StoreError(
            f"store: {session.name} is encoded in {encoding}; "
            "make one with `createdb --encoding UTF8 --template template0`"
        )
    (there,) = session.execute("SELECT to_regclass('running') IS NOT NULL").fetchone()
    return int(session.execute("SELECT version FROM running").fetchone()[0]) if there else 0


def _migrate(session: Session, scripts: list[str]) -> None:
    """All that is missing in one transaction; the version is read again inside, under a lock of its own."""
    with session.transaction():
        session.execute("SELECT pg_advisory_xact_lock(?, hashtext(current_schema()) + 1)", (LOCK,))
        version = _version(session)
        if not version:
            session.script(
                "CREATE TABLE running (version BIGINT NOT NULL, told TEXT); INSERT INTO running VALUES (0, NULL)"
            )
        for number in range(version, len(scripts)):
            for statement in statements(scripts[number]):
                session.script(as_postgres(statement))
            session.script(_own(number + 1))
        session.execute("UPDATE running SET version = ?", (len(scripts),))


def _own(number: int) -> str:
    """What PostgreSQL needs besides, after the script of this number."""
    file = resources.files("aggregator.store") / "migrations" / "postgres" / f"{number:04}.sql"
    return file.read_text(encoding="utf-8") if file.is_file() else ""
