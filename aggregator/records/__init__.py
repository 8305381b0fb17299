"""The records that flow through the house: frozen, slotted, tuples instead of lists, aware UTC times.

One type per moment of the data's life:
`Config(sources) -> Source + SourceState -> Response -> ParsedFeed -> Entry -> Changes -> PollResult`, and on the
way out `StoredEntry -> MergedFeed` and `StoredEntry -> Story -> Digest`. No behaviour beyond what a value can
answer about itself, no I/O, no clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aggregator.records.config import Config, LocalDate, Republish, Rule, Series, Source, WordList
from aggregator.records.kept import (
    Brought,
    Changes,
    Entry,
    Gap,
    HostRest,
    Outage,
    Outcome,
    Outline,
    Packed,
    PollResult,
    SourceHealth,
    SourceState,
    Standing,
    State,
    StoredEntry,
    Subscription,
    Waiting,
)
from aggregator.records.merged import FORGOTTEN, Attribution, Copy, MergedEntry, MergedFeed, Related, Tombstone
from aggregator.records.wire import Enclosure, Hints, ParsedEntry, ParsedFeed, Redirect, Response

if TYPE_CHECKING:
    from aggregator.records.digest import (
        Counts,
        Digest,
        DigestEntry,
        FailedSource,
        LensCount,
        LensTrend,
        Missed,
        More,
        NotShown,
        RisingTerm,
        SilentSource,
        Story,
        Topical,
        Year,
    )

__all__ = [
    "FORGOTTEN",
    "Attribution",
    "Brought",
    "Changes",
    "Config",
    "Copy",
    "Counts",
    "Digest",
    "DigestEntry",
    "Enclosure",
    "Entry",
    "FailedSource",
    "Gap",
    "Hints",
    "HostRest",
    "LensCount",
    "LensTrend",
    "LocalDate",
    "MergedEntry",
    "MergedFeed",
    "Missed",
    "More",
    "NotShown",
    "Outage",
    "Outcome",
    "Outline",
    "Packed",
    "ParsedEntry",
    "ParsedFeed",
    "PollResult",
    "Redirect",
    "Related",
    "Republish",
    "Response",
    "RisingTerm",
    "Rule",
    "Series",
    "SilentSource",
    "Source",
    "SourceHealth",
    "SourceState",
    "Standing",
    "State",
    "StoredEntry",
    "Story",
    "Subscription",
    "Tombstone",
    "Topical",
    "Waiting",
    "WordList",
    "Year",
]


def __getattr__(name: str) -> Any:
    """What digests are made of, where it is asked for: making these classes takes longer than most commands need."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from aggregator.records import digest  # noqa: PLC0415

    return getattr(digest, name)
