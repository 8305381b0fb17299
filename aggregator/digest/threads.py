"""The day's candidates as stories: what is told together, and what goes on from the digests of the last days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from aggregator.entries.stories import MOST_DAYS, Earlier, group
from aggregator.entries.terms import Vocabulary
from aggregator.records import LocalDate, StoredEntry

ENOUGH = 1000  # texts: what is rare in so many is rare
Dated = tuple[LocalDate, StoredEntry]
"""An entry that a digest showed, with the date of that digest."""


@dataclass(frozen=True, slots=True)
class Thread:
    """One story of the day; `since` is the date of the first digest that told it, None when this is the first.

    `before` are the entries by which earlier digests told it.
    """

    entries: tuple[StoredEntry, ...]
    since: LocalDate | None = None
    before: tuple[StoredEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Threads:
    """A day's stories in order of acceptance, each candidate in exactly one, and each one's novelty by its key."""

    all: tuple[Thread, ...]
    novelty: Mapping[int, float]

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """The stories of several entries, those of earlier digests among them, as keys of their groups."""
        every = (tuple(one.group for one in (*thread.before, *thread.entries)) for thread in self.all)
        return tuple(groups for groups in every if len(groups) > 1)


def threads(
    date: LocalDate, candidates: Sequence[StoredEntry], others: Sequence[StoredEntry], told: Sequence[Dated]
) -> Threads:
    """The stories of the digest of `date`, against what the digests of the 14 days before told.

    `others` are further entries of the day: they only say which words are rare.
    """
    days = {stored.key: day for day, stored in told if timedelta(0) < date - day <= timedelta(days=MOST_DAYS)}
    before = [stored for _, stored in told if stored.key in days]
    every = {stored.key: stored for stored in (*before, *candidates)}
    every |= {stored.key: stored for stored in others[: max(0, ENOUGH - len(every))]}
    vocabulary = Vocabulary(every.values())
    earlier = Earlier(before, vocabulary)
    stories = [(story, earlier.continued(story) if before else ()) for story in group(candidates, vocabulary)]
    found = Threads(
        tuple(Thread(story, min((days[one.key] for one in old), default=None), old) for story, old in stories),
        {stored.key: earlier.novelty(stored) if before else 1.0 for stored in candidates},
    )
    vocabulary.let_go()
    return found
