"""The store that `store:` names, whichever database keeps it: opened, written to by one, asked who writes.

A path is SQLite's; `postgresql://user:${NAME}@host/database` is PostgreSQL's, with what the environment holds under
that name as its password.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING
from urllib.parse import quote

from aggregator.errors import StoreError
from aggregator.store import lock, place, sound, sqlite
from aggregator.store.backup import damage, set_aside
from aggregator.store.lock import Held, Holder
from aggregator.store.store import Store

if TYPE_CHECKING:
    from aggregator.store.leases import Leases

_NAMED = re.compile(r"\$\{(\w+)\}")


def is_address(where: str) -> bool:
    """Whether a store is a database's address, and no path."""
    return "://" in where


def file_of(where: str, instead: str) -> Path:
    """The file of a store, for what only a file allows; raises StoreError that says what to do `instead`."""
    if is_address(where):
        raise StoreError(f"store: this is for a store in a file; with PostgreSQL {instead}")
    return Path(where)


def open_store(where: str, *, create: bool = True) -> Store:
    """Open and migrate; raises StoreError when it cannot be used, or with `create` off is not there yet."""
    if is_address(where):
        opened: Store = _postgres().open_postgres(address(where), create=create)
        return opened
    return sqlite.open_store(Path(where), create=create)


def holder(where: str) -> Holder | None:
    """Who writes to a store now; None where nobody does, or it is not there yet."""
    who: Holder | None = _postgres().holder(address(where)) if is_address(where) else lock.holder(Path(where))
    return who


@contextlib.contextmanager
def writing(where: str, command: str, now: datetime, say: Callable[[str], None]) -> Iterator[Store]:
    """The store of its one writer; raises AlreadyRunning when another process has it."""
    if is_address(where):
        with contextlib.closing(_postgres().open_postgres(address(where))) as shared:
            shared.session.write(command, now)
            yield shared
        return
    path = Path(where)
    if told := place.warning(path):
        say(told)
    with lock.writer(path, command, now) as held, _sound(path, held, now, say) as store:
        yield store


@contextlib.contextmanager
def _sound(path: Path, held: Held, now: datetime, say: Callable[[str], None]) -> Iterator[Store]:
    """A file that is damaged is moved aside first; one that breaks meanwhile ends the command."""
    looked_at = sound.still(path, held, now)
    told = None if looked_at else damage(path)
    if told:
        aside = set_aside(path, "damaged", now)
        say(f"store: {path} is damaged ({told}); moved aside as {aside.name}, a new one is made")
    store = sqlite.open_store(path)
    try:
        yield store
    except Exception as error:
        broken = store.broken_by(error)
        if broken is not None:
            raise broken from error
        raise
    finally:
        store.close()
    sound.note(path, held, looked_at or now)


def open_shared(where: str, name: str) -> tuple[Store, Leases]:
    """The store of one of many workers, and its leases under a name of its own; raises StoreError for a file."""
    if not is_address(where):
        raise StoreError("store: workers share a PostgreSQL database; `aggregator run` polls what is kept in a file")
    shared = _postgres().open_postgres(address(where))
    return shared, import_module("aggregator.store.leases").Leases(shared.session, name)


def where_for_others(where: str) -> str:
    """What libpq is told of an address, for those that connect by themselves."""
    _postgres()
    told: str = import_module("aggregator.store.session").with_settings(address(where))
    return told


def address(where: str) -> str:
    """An address with the passwords that it names; raises StoreError where the environment has none."""

    def secret(named: re.Match[str]) -> str:
        if named[1] not in os.environ:
            raise StoreError(f"store: the environment has no {named[1]}, which the address of the store names")
        return quote(os.environ[named[1]], safe="")

    return _NAMED.sub(secret, where)


def _postgres() -> ModuleType:
    """The adapter, and psycopg with it, which nobody else has to wait for, or to install."""
    try:
        return import_module("aggregator.store.postgres")
    except ImportError:
        raise StoreError("store: PostgreSQL needs one more package: pip install 'fow-aggregator[workers]'") from None
