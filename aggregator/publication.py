"""Keeping `public/` up with the store: what is written after a pass, and what is left alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from uuid import NAMESPACE_URL, uuid5

from aggregator import members, outputs, statuses
from aggregator.entries.view import View
from aggregator.publish.files import published_id, remove_others, write_all
from aggregator.records import Config, SourceHealth
from aggregator.store.rows import to_text
from aggregator.store.sqlite import Store


class Publication:
    """The files under `public/` as this process left them.

    `is_stale`: something came that they do not show yet. `health` is that of the sources as `status.*` tell it, empty
    before this process wrote them.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store, self._clock = store, clock
        self.is_stale = True
        self.health: tuple[SourceHealth, ...] = ()
        self._sign: tuple[int, date] | None = None
        self._files: tuple[str, ...] = ()

    def publish(self, config: Config, view: View, *, everything: bool = False) -> list[str]:
        """Write what changed, and say what that is; `everything` looks at all sealed digests, too."""
        self.name_feed(config)
        root, store = config.output, self._store

        def stands(name: str) -> bool:
            return (root / name).is_file() and (not everything or name.startswith(("archive/", "day/")))

        found = members.noted(store, view)
        files = outputs.files(config, store, view, stands, found)
        written = write_all(root, files) + self.publish_status(config, view)
        remove_others(root / "tags", {root / name for name in files})
        newest = outputs.open_archive(files)
        if newest is not None and newest != store.meta(outputs.ARCHIVE_OPEN):
            with store.transaction():
                store.set_meta(outputs.ARCHIVE_OPEN, newest)
        self.is_stale, self._sign, self._files = False, self._signed(config), tuple(files)
        return written

    def after_pass(self, config: Config, view: View) -> list[str]:
        """After a pass that brought nothing only `status.*` is written: a quiet feed costs no rendering."""
        stands = self._sign == self._signed(config) and all((config.output / name).is_file() for name in self._files)
        if stands and not self.is_stale:
            return self.publish_status(config, view)
        return self.publish(config, view)

    def name_feed(self, config: Config) -> None:
        """The feed's own id: made once and stored; a new store takes over the one of an existing atom.xml."""
        if self._store.meta("feed_id") is None:
            seed = f"{config.title}\n{[*config.sources, config.usual][0].url}\n{to_text(self._clock())}"
            name = published_id(config.output) or f"urn:uuid:{uuid5(NAMESPACE_URL, seed)}"
            with self._store.transaction():
                self._store.set_meta("feed_id", name)

    def _signed(self, config: Config) -> tuple[int, date]:
        """What else can change the outputs: another process that wrote to the store, another day."""
        return self._store.foreign_writes(), self._clock().astimezone(config.timezone).date()

    def publish_status(self, config: Config, view: View) -> list[str]:
        """Write `status.*` alone."""
        self.health = outputs.health(config, self._store, view, self._clock())
        return write_all(config.output, statuses.status_files(config, self._store, self.health, self._clock()))
