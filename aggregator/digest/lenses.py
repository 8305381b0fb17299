"""Topics, lenses and interests: which of the user's words stand in an entry. Counted, never interpreted."""

from __future__ import annotations

from collections.abc import Sequence

from aggregator.entries.words import Folded, Words, compile_words, fold
from aggregator.records import Entry, WordList

LEAD_WORDS = 120


def haystack(entry: Entry, tags: Sequence[str] = (), text: str | None = None) -> Folded:
    """What an entry is about: its title, tags, categories and the first 120 words, folded for matching.

    `text` is what of the entry's text is worth telling, if that is not all of it.
    """
    lead = " ".join((entry.text if text is None else text).split(None, LEAD_WORDS)[:LEAD_WORDS])
    return fold(" . ".join((entry.title, *tags, *entry.categories, lead)))


class Lists:
    """Named word lists, compiled once."""

    def __init__(self, lists: Sequence[WordList]) -> None:
        self._lists = tuple((one.name, compile_words(one.patterns)) for one in lists)

    def __bool__(self) -> bool:
        return bool(self._lists)

    def first(self, text: Folded) -> str | None:
        """The first list with a word in the text."""
        return next((name for name, words in self._lists if words.matches_in(text)), None)

    def all(self, text: Folded) -> tuple[str, ...]:
        """Every list with a word in the text."""
        return tuple(name for name, words in self._lists if words.matches_in(text))


class Interests:
    """The user's weights for words, compiled once."""

    def __init__(self, interests: Sequence[tuple[str, float]]) -> None:
        self._weights: tuple[tuple[Words, float], ...] = tuple(
            (compile_words((pattern,)), weight) for pattern, weight in interests
        )

    def __bool__(self) -> bool:
        return bool(self._weights)

    def found(self, text: Folded) -> tuple[tuple[str, float], ...]:
        """The words that stand in the text, with their weights, in the user's order."""
        return tuple((words.patterns[0], weight) for words, weight in self._weights if words.matches_in(text))
