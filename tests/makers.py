"""Small makers of records, and a desk: a real store with a configuration and a clock that a test moves."""

from __future__ import annotations

import atexit
import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aggregator import ledger, sealing
from aggregator.entries.acceptance import place
from aggregator.entries.view import View
from aggregator.parse.pool import Pool
from aggregator.polling import survey
from aggregator.public import outputs
from aggregator.publish.pieces import blocks
from aggregator.records import (
    Config,
    Digest,
    Entry,
    ParsedEntry,
    ParsedFeed,
    Series,
    Source,
    SourceState,
    Standing,
    StoredEntry,
)
from aggregator.store.digests import Sealed
from aggregator.store.rows import packed
from aggregator.store.sqlite import Store, open_store
from aggregator.urls import canonical

NOW = datetime(2026, 3, 14, 7, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ONE, TWO, THREE = (f"https://{name}.example.org/feed" for name in ("one", "two", "three"))
_VOCABULARY = tuple(
    a + b for a in ("ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru") for b in ("dar", "len", "mis", "nor",
    "pal", "rik", "sun", "tam", "vel", "zon"))  # fmt: skip


def words(count: int, seed: int = 1) -> str:
    """A made-up text of so many words in sentences of twelve; another seed says something else."""
    chosen = random.Random(seed).choices(_VOCABULARY, k=count)
    sentences = (chosen[n : n + 12] for n in range(0, count, 12))
    return " ".join(" ".join(those).capitalize() + "." for those in sentences)


def changed(text: str, share: float, seed: int = 9) -> str:
    """The text with a share of its words replaced."""
    those = text.split()
    places = set(random.Random(seed).sample(range(len(those)), round(len(those) * share)))
    return " ".join("other" + word if n in places else word for n, word in enumerate(those))


def entry(guid: str = "g1", **fields: Any) -> Entry:
    """A normalized entry; title, link and text follow from the guid unless they are given."""
    link = fields.pop("link", f"https://blog.example.org/posts/{guid}")
    given = {
        "title": f"Title of {guid}",
        "text": f"What {guid} has to tell is told here in more than eight words.",
        "published": NOW - HOUR,
        "canonical_url": canonical(link) if link else None,
    } | fields
    given.setdefault("content", f"<p>{given['text']}</p>")
    return Entry(guid=guid, link=link, summary=given.pop("summary", ""), **given)


def parsed(*entries: ParsedEntry, **fields: Any) -> ParsedFeed:
    """A document with these entries."""
    given = {"title": "A Blog", "link": "https://blog.example.org/"} | fields
    return ParsedFeed("express", "rss", "rss20", "utf-8", wellformed=True, entries=entries, **given)


def stored(key: int = 1, one: Entry | None = None, **fields: Any) -> StoredEntry:
    """A stored entry that is news of source 1."""
    given = {
        "id": f"urn:uuid:{key}",
        "source_key": 1,
        "standing": "news",
        "published": NOW - HOUR,
        "first_seen": NOW,
        "changed_at": NOW - HOUR,
        "accepted": key,
        "accepted_at": NOW,
        "group": key,
    } | fields
    return StoredEntry(key=key, entry=one or entry(f"g{key}"), **given)


def source(url: str = ONE, **fields: Any) -> Source:
    """A line of feeds.yaml."""
    return Source(url, **fields)


def config(*sources: Source | str, folder: Path = Path("/nowhere"), **fields: Any) -> Config:
    """A configuration with these sources."""
    lines = tuple(one if isinstance(one, Source) else Source(one) for one in sources or (ONE,))
    given = {"timezone": ZoneInfo("UTC"), "store": ":memory:", "link": "https://reader.example.net/"} | fields
    return Config(path=folder / "feeds.yaml", output=folder / "public", sources=lines, **given)


def state(key: int = 1, url: str = ONE, **fields: Any) -> SourceState:
    """The state of a source."""
    return SourceState(key=key, first_url=url, url=url, **fields)


POOL = Pool(wall=120)
"""Workers for all tests of a process: starting them anew each time would cost more than most tests."""
atexit.register(POOL.close)

OPEN: list[Store] = []
KIND = ["sqlite"]
"""Which database keeps the stores of this test; tests/contract.py has the others take their turn."""
_LENT: list[str] = []


def memory_store() -> Store:
    """A real store that lives until its test is over (conftest.py closes it): in memory, or an empty database."""
    if KIND[-1] == "sqlite":
        OPEN.append(open_store(Path(":memory:")))
        return OPEN[-1]
    from aggregator.store.postgres import open_postgres
    from tests.postgres import take_database

    _LENT.append(take_database())
    OPEN.append(open_postgres(_LENT[-1]))
    return OPEN[-1]


def close_stores() -> None:
    """A test is over."""
    while OPEN:
        OPEN.pop().close()
    if _LENT:
        from tests.postgres import give_back

        while _LENT:
            give_back(_LENT.pop())


class Desk:
    """A store, a configuration that it follows, and the hour; one short word for each step of a pass."""

    def __init__(self, *sources: Source | str, now: datetime = NOW, **fields: Any) -> None:
        self.store = memory_store()
        self.now = now
        self.follow(config(*sources, **fields))
        with self.store.transaction():
            self.store.set_meta("feed_id", "urn:uuid:00000000-0000-5000-8000-000000000001")
            self.store.set_meta("last_pass_at", "2026-03-01T00:00:00Z")

    def follow(self, new: Config) -> None:
        """The user saved feeds.yaml."""
        self.config = new
        with self.store.transaction():
            self.store.sources.follow(new.sources, self.now)

    def change(self, **fields: Any) -> None:
        """The user changed some keys."""
        self.follow(replace(self.config, **fields))

    def key(self, url: str) -> int:
        return self.store.sources.states()[url].key

    def record(self, url: str, *entries: Entry, standing: Standing = "news") -> None:
        """A poll of a source brought these entries."""
        with self.store.transaction():
            state = self.store.sources.states()[url]
            self.store.entries.add(state, [(one, packed(one), standing) for one in entries], self.now)

    def accept(self) -> list[tuple[str, str]]:
        """A pass ends: (title, standing) in the order of acceptance."""
        view, out = self.view(), []
        with self.store.transaction():
            for waiting in self.store.entries.waiting():
                standing, group = place(waiting, self.store.entries, view.is_shown)
                if standing == "forgotten":
                    self.store.withdrawn.forget([waiting.key], self.now)
                else:
                    self.store.entries.set_marks(waiting.key, waiting.marks)
                self.store.entries.accept([(waiting.key, standing, group)], self.now)
                out.append((waiting.title, standing))
        return out

    def bring(self, url: str, *entries: Entry, standing: Standing = "news") -> list[tuple[str, str]]:
        """A pass of one source."""
        self.record(url, *entries, standing=standing)
        return self.accept()

    def all(self) -> list[StoredEntry]:
        """Every entry, in order of key."""
        return self.store.entries.get(range(1, 2000))

    def titled(self, title: str) -> StoredEntry:
        return next(one for one in self.all() if one.entry.title == title)

    def view(self) -> View:
        return View(self.config, self.store.sources.states().values(), self.now)

    def pen(self) -> sealing.Pen:
        return sealing.Pen(self.config, self.view(), survey.health(self.config, self.store, self.view(), self.now))

    def compose(self, series: Series | None = None) -> Digest:
        """The digest of what has come since the last one."""
        day = self.now.astimezone(self.config.timezone).date()
        return sealing.write(series or self.config.digest, day, self.store, self.pen(), self.now)[0]

    def seal(self, series: Series | None = None) -> Sealed | None:
        """Seal the digest that is due, if one is."""
        which = series or self.config.digest
        day = ledger.due(self.config, which, self.store, self.now)
        return sealing.seal(which, day, self.store, self.pen(), self.now) if day else None

    def files(self, standing: Iterable[str] = ()) -> dict[str, bytes]:
        """What publishing would write; `standing` files are there already."""
        there = frozenset(standing)
        found = outputs.files(self.config, self.store, self.view(), there.__contains__)
        return {name: b"".join(blocks(data)) for name, data in found.items()}


def shown(digest: Digest) -> list[str]:
    """The titles of all that a digest shows, in stories and in lines."""
    return [each.title for story in digest.stories for each in story.entries] + [each.title for each in digest.also]


def balanced(digest: Digest) -> bool:
    """The contract's arithmetic of a digest: counts against lists."""
    counts = digest.counts
    not_shown = counts.folded + counts.filtered + counts.over_cap + counts.quarantined
    return (
        counts.received == counts.shown + not_shown + counts.backlog
        and counts.shown == len(shown(digest))
        and counts.over_cap == sum(len(more.entries) for more in digest.more)
        and not_shown == len(digest.not_shown)
    )
