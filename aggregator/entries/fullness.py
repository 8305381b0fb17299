"""How much of its entries a feed gives away: whole texts, teasers, titles."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Literal

from aggregator.records import Entry

Fullness = Literal["full", "excerpt", "titles", "none"]
FULL_WORDS, FEW_WORDS = 200, 8


def fullness(entries: Sequence[Entry]) -> Fullness:
    """By the middle entry: the whole text, a teaser, or a title only; `none` where there is no entry."""
    if not entries:
        return "none"
    words = median(len(entry.text.split()) for entry in entries)
    return "full" if words > FULL_WORDS else "excerpt" if words > FEW_WORDS else "titles"
