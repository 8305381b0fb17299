"""A PostgreSQL of the tests' own: one server for all workers of a run, without a port, started when it is first needed.

`AGGREGATOR_POSTGRES` gives the address of a server instead, with the right to make databases. Where neither is to be
had, `needs_postgres` skips with a reason.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import functools
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, urlsplit, urlunsplit

import pytest

_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "32MB",
         "max_connections": "200", "autovacuum": "off", "jit": "off"}  # fmt: skip


def binary(name: str) -> Path | None:
    """Debian keeps the server's programs out of the PATH, a folder for each version."""
    found = shutil.which(name)
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    places = [Path(found)] if found else [folder / name for folder in reversed(folders)]
    return next((place for place in places if place.exists()), None)


def _why_not() -> str | None:
    if importlib.util.find_spec("psycopg") is None:
        return "psycopg is not installed: pip install 'fow-aggregator[workers]'"
    if os.environ.get("AGGREGATOR_POSTGRES"):
        return None
    if binary("initdb") is None or binary("postgres") is None:
        return "no PostgreSQL here: install Debian's `postgresql`, or set AGGREGATOR_POSTGRES to an address"
    return None


needs_postgres = pytest.mark.skipif(_why_not() is not None, reason=str(_why_not()))


def _as_user() -> dict[str, Any]:
    """The server refuses to run as root: then as the first of some users that are there."""
    if os.getuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise RuntimeError("no user to run PostgreSQL as")


@dataclass
class Server:
    """A server on a socket in a folder; stopped and started again by the tests that are about that."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def make(self) -> None:
        asroot = _as_user()
        if asroot:
            os.chown(self.folder, asroot["user"], asroot["group"])
        self._run("initdb", "--pgdata", str(self.data), "--no-sync", "--auth=trust", "--encoding=UTF8",
                  "--locale=C", "--username=tests")  # fmt: skip
        settings = _FAST | {"listen_addresses": "''", "unix_socket_directories": f"'{self.folder}'"}
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = {value}\n" for name, value in settings.items())
        self.start()

    def start(self) -> None:
        self._run("pg_ctl", "--pgdata", str(self.data), "--log", str(self.folder / "log"), "--wait", "start")

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "--pgdata", str(self.data), f"--mode={mode}", "--wait", "stop")

    def address(self, database: str = "postgres") -> str:
        return f"postgresql://tests@/{database}?host={quote(str(self.folder), safe='')}"

    def _run(self, name: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(binary(name)), *arguments], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, timeout=120, check=False, text=True, **_as_user(),
        )  # fmt: skip
        assert done.returncode == 0, f"{name}: {done.stderr}"


@contextlib.contextmanager
def own_server() -> Iterator[Server]:
    """A server for one test that stops or starves it."""
    folder = Path(tempfile.mkdtemp(prefix="fow-pg-"))
    server = Server(folder)
    try:
        server.make()
        yield server
    finally:
        if (server.data / "postmaster.pid").exists():
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@functools.cache
def server_address() -> str:
    """The address of the run's server; the first process that asks starts it, the last that ends stops it."""
    given = os.environ.get("AGGREGATOR_POSTGRES")
    if given:
        return given
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"alone-{os.getpid()}")
    folder = Path(tempfile.gettempdir()) / f"fow-pg-{run[:12]}"
    folder.mkdir(exist_ok=True)
    in_use = (folder / "in-use").open("a")
    with (folder / "starting").open("a") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        fcntl.flock(in_use, fcntl.LOCK_SH)
        server = Server(folder)
        if not server.data.exists():
            server.make()
    atexit.register(_leave, server, in_use)
    return server.address()


def _leave(server: Server, in_use: IO[str]) -> None:
    fcntl.flock(in_use, fcntl.LOCK_UN)
    try:
        fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    with contextlib.suppress(AssertionError):
        server.stop()
    shutil.rmtree(server.folder, ignore_errors=True)


def at(address: str, database: str) -> str:
    """The same server's other database."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(path=f"/{database}"))


_FREE: list[str] = []
_MADE: list[str] = []


def take_database() -> str:
    """The address of a database with empty tables of ours; given back by `give_back`, used again after it."""
    from aggregator.store.postgres import open_postgres

    if _FREE:
        address = _FREE.pop()
        _empty(address)
        return address
    address = empty_database()
    open_postgres(address).close()
    return address


def give_back(address: str) -> None:
    """A test is over; nobody is connected any more."""
    _FREE.append(address)


def empty_database() -> str:
    """The address of a new database with nothing in it."""
    import psycopg

    name = f"tests_{os.getpid()}_{len(_MADE)}_{time.monotonic_ns() % 10**6}"
    with psycopg.connect(server_address(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    _MADE.append(name)
    if len(_MADE) == 1 and os.environ.get("AGGREGATOR_POSTGRES"):
        atexit.register(_drop)
    return at(server_address(), name)


def _drop() -> None:
    import psycopg

    with psycopg.connect(server_address(), autocommit=True) as connection:
        for name in _MADE:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _empty(address: str) -> None:
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:  # small tables: quicker than TRUNCATE
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        counters = connection.execute("SELECT sequencename FROM pg_sequences").fetchall()
        connection.execute(
            "SET session_replication_role = replica;"
            + "".join(f"DELETE FROM {name};" for (name,) in tables if name not in ("running", "shards"))
            + "UPDATE shards SET ended_at = now(), leased_until = NULL;"
            + "".join(f"SELECT setval('{name}', 1, false);" for (name,) in counters)
        )
