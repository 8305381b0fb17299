"""An open store, whichever database keeps it. What it holds is asked of its parts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from aggregator.errors import StoreBroken
from aggregator.store.ahead import Elders
from aggregator.store.articles import Articles
from aggregator.store.bodies import Bodies
from aggregator.store.days import Days
from aggregator.store.deliveries import Deliveries
from aggregator.store.digests import Digests
from aggregator.store.entries import Entries
from aggregator.store.export import Export
from aggregator.store.gaps import Gaps
from aggregator.store.moving import Tables
from aggregator.store.protocol import Connection
from aggregator.store.recovered import Recovered
from aggregator.store.rows import storable
from aggregator.store.search import Index, Search
from aggregator.store.signs import SignsKept
from aggregator.store.sources import Sources
from aggregator.store.stories import Stories
from aggregator.store.subscriptions import Subscriptions
from aggregator.store.texts import Texts
from aggregator.store.touched import Touched
from aggregator.store.unplaced import Unplaced
from aggregator.store.withdrawn import Withdrawn


class Store(ABC):
    """The parts over one connection; what is a database's own (transactions, its health) is its adapter's.

    `name` tells people which store it is: a path, or an address without its password. `overwrite` is asked before
    something is forgotten: the database then leaves nothing of it where it stood.
    """

    well = "whole"
    """What is said of it where nothing is wrong."""

    def __init__(self, connection: Connection, name: str, index: Index, overwrite: Callable[[], object]) -> None:
        self.name = name
        self._connection = connection
        self.sources = Sources(connection)
        self.signs = SignsKept(connection)
        self.bodies = Bodies(connection)
        self.entries = Entries(connection)
        self.days = Days(connection)
        self.digests = Digests(connection)
        self.deliveries = Deliveries(connection)
        self.search = Search(connection, index)
        self.withdrawn = Withdrawn(connection, self.search, overwrite)
        self.touched = Touched(connection)
        self.export = Export(connection)
        self.texts = Texts(connection)
        self.recovered = Recovered(connection)
        self.articles = Articles(connection)
        self.subscriptions = Subscriptions(connection)
        self.gaps = Gaps(connection)
        self.stories = Stories(connection)
        self.unplaced = Unplaced(connection)
        self.tables = Tables(connection)

    @abstractmethod
    def transaction(self, *, durable: bool = False) -> AbstractContextManager[None]:
        """All or nothing; `durable` survives a power cut, the rest a kill -9. Raises StoreError."""

    def meta(self, name: str) -> str | None:
        """One remembered fact, or None."""
        row = self._connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_meta(self, name: str, value: str) -> None:
        """Remember a fact (inside a transaction)."""
        self._connection.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, storable(value)),
        )

    def removed_lately(self) -> Elders:
        """The sources that the newest save of feeds.yaml removed."""
        since = self.meta("followed_at")
        return Elders(self, datetime.fromisoformat(since) if since else None)

    @abstractmethod
    def damage(self) -> str | None:
        """What is found wrong with the store itself, in one line; None where nothing is."""

    @abstractmethod
    def frozen(self) -> AbstractContextManager[None]:
        """Nobody else writes while the block runs."""

    def workers(self) -> int:
        """How many poll workers are at it: none where only one process can."""
        return 0

    def polling(self, rest: float) -> AbstractContextManager[bool]:
        """Whether this process may poll while the block runs, for no worker does, nor within `rest` seconds of it."""
        return nullcontext(True)

    def after_copy(self) -> None:  # noqa: B027 (most databases take the next key from the table itself)
        """Rows with keys of another store were written (inside a transaction)."""

    @abstractmethod
    def check_place(self) -> None:
        """Raise StoreBroken where what is open is no longer what stands under its name."""

    def broken_by(self, error: BaseException) -> StoreBroken | None:
        """Whether an exception means that the store has to be made anew."""
        return error if isinstance(error, StoreBroken) else None

    def tidy(self, now: datetime) -> None:
        """Let go of old bodies, ease the pace of content hosts; cheap, once a day."""
        with self.transaction():
            self.bodies.prune()
            self.sources.ease_hosts(now)

    @abstractmethod
    def rest(self) -> None:
        """Let go of what is kept in memory of the database; what is asked for next is read from it again."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the connection."""
