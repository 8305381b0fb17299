"""Keeping `public/` up with the store: what is written after a pass, and what is left alone.

What the files stand for is remembered in the store, so that a fresh process knows it as well as one that runs for
weeks: a sign of everything that goes in beside the entries, the files' sizes and times, and what was touched since.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from aggregator import __version__
from aggregator.entries.view import View
from aggregator.polling import survey
from aggregator.public import SOURCES, TRENDS, TRENDS_MADE, statuses
from aggregator.public.paged import Frame, Paged
from aggregator.publish.files import published_id, remove_others, write_all
from aggregator.publish.pieces import Opened
from aggregator.records import Config, SourceHealth, SourceState
from aggregator.store.rows import to_text
from aggregator.store.sqlite import Store
from aggregator.store.touched import Changes
from aggregator.upkeep import heap

if TYPE_CHECKING:
    from aggregator.public.archives import Grown

PUBLISHED = "published"
VERY_MANY = 5_000  # sources
MANY = 200  # entries: what brought them left memory that the publication then need not ask the system for
TOOK = "publishing_took"
_PROGRAM = Path(__file__).parent.parent
_AGE = re.compile(r"\bage\b")

Stamps = dict[str, list[int] | None]
"""Files by name: size in bytes and time in ns, None for one that is missing."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a publication left: the sign it was made under, its files, the last entry accepted by then, and by date
    what the pages of days were made under."""

    sign: str
    files: Stamps
    accepted: int
    days: Mapping[str, Frame] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str | None) -> Standing | None:
        """The inverse of `text`; None where nothing was published yet."""
        return cls(**json.loads(text)) if text else None

    def text(self) -> str:
        """As the store keeps it."""
        return json.dumps({"sign": self.sign, "files": self.files, "accepted": self.accepted, "days": self.days})


@dataclass(frozen=True, slots=True)
class _Read:
    """What is worked out of a configuration once: a sign of all that it says, and whether a rule asks for ages."""

    config: Config
    sign: str
    asks_for_age: bool

    @classmethod
    def of(cls, config: Config) -> _Read:
        rules = (*config.filters, *(rule for source in config.sources for rule in source.filters))
        sign = sha256(repr(config).encode("utf-8", "replace")).hexdigest()
        return cls(config, sign, any(_AGE.search(rule.condition) for rule in rules))


class Publication:
    """The files under `public/`, and what they stand for.

    `is_stale`: a document came that they may not show yet; in a long pass only then it pays to look. `is_patient`: of
    very many sources `status.*` are not written each time, since more passes follow. `health` is that of the sources
    as `status.*` tell it, empty before this process wrote them.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime], very_many: int = VERY_MANY) -> None:
        self._store, self._clock, self._very_many = store, clock, very_many
        self._program = _folder(_PROGRAM)  # as it was when this process began to run it
        self._read: _Read | None = None
        self._status_rests_until = 0.0  # monotonic seconds
        self.is_stale = self.is_patient = False
        self.health: tuple[SourceHealth, ...] = ()

    def prepare(self, config: Config) -> None:
        """Write what the first page needs, before anything was polled."""
        from aggregator.public import outputs  # noqa: PLC0415 (a pass without news makes no page)

        write_all(config.output, outputs.static_files(config))

    def publish(self, config: Config, view: View, *, everything: bool = False) -> list[str]:
        """Write what changed, and say what that is; `everything` looks at all files and all sealed digests anew."""
        began = time.monotonic()
        self.name_feed(config)
        self.is_stale = False
        root, store = config.output, self._store
        sign, changes, last = self._sign(config), store.touched.read(), Standing.read(store.meta(PUBLISHED))
        before = last if last and last.sign == sign and not everything else None
        listed = cache(lambda folder: _names_in(root / folder))  # a folder of years is looked at once

        def stands(name: str) -> bool:
            is_closed = name.startswith(("archive/", "day/"))
            if not is_closed and (everything or (name in (TRENDS, SOURCES) and before is None)):
                return False
            if name == SOURCES and changes.anything:
                return False
            folder, _, file = name.rpartition("/")
            known = last.files.get(name) if last else None
            return file in listed(folder) and (known is None or known == _stamp(root / name))

        stand = before is not None and not changes.of_entries and _stamps(root, before.files) == before.files
        if before and stand and not changes:
            self._clear(changes)
            return self._counted_on(before, config, view, stands) + self.publish_status(config, view)
        from aggregator.public import archives, members, outputs, river  # noqa: PLC0415 (as above)

        if changes.digest:
            self._status_rests_until = 0.0  # a day ends with them as they are then
        if changes.digest or len(changes.entries) > MANY:
            heap.give_back()
        states, found, chained = self._states(view), members.noted(store, view), archives.mended(config, store)
        grown = {} if before is None else self._grown(before, changes, root, chained)
        paged = Paged(before.days if before and not changes.anything else {}, changes.entries)
        feeds = frozenset(filter(outputs.is_feed, before.files if before and stand and not chained else ()))
        made = outputs.files(config, store, view, stands, found=found, grown=grown, paged=paged, feeds=not feeds)
        files = chained | made
        is_whole = _days_made(files, stands) < river.MOST_AT_ONCE
        written = write_all(root, files) + self.publish_status(config, view, states)
        remove_others(root / "tags", {root / name for name in {*files, *feeds}})
        stamps = _stamps(root, _looked_at([*files, *feeds, *map(river.day_name, paged.now)]))
        standing = Standing(sign if is_whole else "", stamps, store.entries.last_accepted(), paged.now)
        with store.transaction():
            if newest := archives.open_archive(files):
                store.set_meta(archives.ARCHIVE_OPEN, newest)
            store.set_meta(PUBLISHED, standing.text())
            store.set_meta(TOOK, f"{time.monotonic() - began:.1f}")
            store.touched.clear(changes)
            store.texts.keep()
        return written

    def _clear(self, changes: Changes) -> None:
        if changes.notes:
            with self._store.transaction():
                self._store.touched.clear(changes)

    @property
    def took(self) -> float:
        """The seconds that the last publication of something new took, in whichever process."""
        return float(self._store.meta(TOOK) or 0)

    def publish_early(self, config: Config, view: View) -> list[str]:
        """Write what changed in the middle of a pass: what is made once a day is made again at its end."""
        counted = self._store.meta(TRENDS_MADE)
        written = self.publish(config, view)
        if self._store.meta(TRENDS_MADE) != counted:
            with self._store.transaction():
                self._store.set_meta(TRENDS_MADE, "")
        heap.give_back()  # the pass goes on
        return written

    def _counted_on(self, before: Standing, config: Config, view: View, stands: Callable[[str], bool]) -> list[str]:
        """The page of the year, where the last publication had not counted all of its days."""
        if self._store.meta(TRENDS_MADE) != "":
            return []
        from aggregator.public.year import trends_files  # noqa: PLC0415 (as above)

        written = write_all(config.output, trends_files(config, self._store, view, stands))
        standing = replace(before, files=before.files | _stamps(config.output, [TRENDS]))
        with self._store.transaction():
            self._store.set_meta(PUBLISHED, standing.text())
        return written

    def _states(self, view: View) -> Mapping[str, SourceState] | None:
        """The states of all sources, of which `status.*` tell, as the view then knows them; None while these rest."""
        if self._status_rests:
            return None
        states = self._store.sources.states()
        view.know(states.values())
        return states

    @property
    def _status_rests(self) -> bool:
        return self.is_patient and time.monotonic() < self._status_rests_until

    def publish_status(self, config: Config, view: View, states: Mapping[str, SourceState] | None = None) -> list[str]:
        """Write `status.*` alone; of very many sources `run` does so at most a twentieth of the time. `states` of all
        sources, where they were read already."""
        if self._status_rests:
            return []
        began = time.monotonic()
        self.health = survey.health(config, self._store, view, self._clock(), states)
        written = write_all(config.output, statuses.status_files(config, self._store, self.health, self._clock()))
        if len(config.sources) > self._very_many:
            self._status_rests_until = time.monotonic() + 20 * (time.monotonic() - began)
        return written

    def name_feed(self, config: Config) -> None:
        """The feed's own id: made once and stored; a new store takes over the one of an existing atom.xml."""
        if self._store.meta("feed_id") is None:
            seed = f"{config.title}\n{[*config.sources, config.usual][0].url}\n{to_text(self._clock())}"
            name = published_id(config.output) or f"urn:uuid:{uuid5(NAMESPACE_URL, seed)}"
            with self._store.transaction():
                self._store.set_meta("feed_id", name)

    def _grown(self, before: Standing, changes: Changes, root: Path, chained: Collection[str]) -> dict[str, Grown]:
        """The open archive as it stands, where only entries changed since; one with other links is made anew."""
        from aggregator.public.archives import ARCHIVE_OPEN, Grown  # noqa: PLC0415 (as above)

        name = self._store.meta(ARCHIVE_OPEN)
        if changes.anything or name is None or name in chained or name not in before.files:
            return {}
        if _stamps(root, (name,)) != {name: before.files[name]}:
            return {}
        return {name: Grown(Opened.at(root / name).piece(), changes.entries, before.accepted)}

    def _sign(self, config: Config) -> str:
        """What goes into the files beside the store: feeds.yaml, templates, the program, the day.

        Where a rule asks for the age of entries, each moment has its own sign.
        """
        now = self._clock()
        if self._read is None or self._read.config is not config:  # of very many sources it takes a while
            self._read = _Read.of(config)
        moment = now if self._read.asks_for_age else now.astimezone(config.timezone).date()
        parts = (self._program, _folder(config.templates) if config.templates else (), moment, self._read.sign)
        return sha256(f"{__version__} {parts}".encode("utf-8", "replace")).hexdigest()


def _days_made(files: Iterable[str], stands: Callable[[str], bool]) -> int:
    """How many pages of days were missing and are made now; where these are as many as may be, more may be missing."""
    return sum(name.startswith("day/") and not stands(name) for name in files)


def _looked_at(files: Iterable[str]) -> set[str]:
    """The files that are stamped: those that this publication wrote or left as they are, the page made once a day, and
    the folders, whose time tells when a file that is written once was lost."""
    folders = {name.rpartition("/")[0] + "/" for name in files if "/" in name}
    return {*files, TRENDS, SOURCES, "day/", *folders}


def _names_in(folder: Path) -> frozenset[str]:
    try:
        return frozenset(os.listdir(folder))  # noqa: PTH208 (names are wanted, thousands of them)
    except OSError:
        return frozenset()


def _stamps(root: Path, names: Iterable[str] | Mapping[str, object]) -> Stamps:
    return {name: _stamp(root / name) for name in names}


def _stamp(path: Path | str) -> list[int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 (of hundreds of files)
    except OSError:
        return None
    return [found.st_size, found.st_mtime_ns]


def _folder(folder: Path) -> tuple[tuple[str, list[int] | None], ...]:
    """The files of a folder and those below, as they stand; without what is kept compiled there."""
    root, found = str(folder), list[tuple[str, list[int] | None]]()
    for where, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name != "__pycache__"]
        paths = [f"{where}/{name}" for name in names]
        found += ((path[len(root) + 1 :], _stamp(path)) for path in paths)
    return tuple(sorted(found))
