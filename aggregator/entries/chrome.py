"""What a source puts around its entries, learned by repetition: the blocks that open or close most of them.

A rule for every source at once knows "Share this", never "This is a letter about small shops, written on Sundays".
That such a block stands at the same end of entry after entry shows what it is. It is left out where an entry is told
in a few words (summaries, excerpts, their reading time) and where a digest asks what it is about (topics, interests,
lenses, substance), and stays wherever its text is kept or published.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from zlib import crc32

LATEST = 20
"""So many of a source's newest entries are looked at."""
LEAST = 4  # entries: what stands in fewer may be a coincidence
MOST = 40  # blocks of a source
_REACH = 2  # other blocks that may stand between an end and a block that is repeated: a date, a number of votes


@dataclass(frozen=True, slots=True)
class Repeated:
    """A block as the newest entry has it, and in how many (`seen`) of those that were looked at (`of`) it stands."""

    text: str
    seen: int
    of: int


Chrome = Mapping[str, Repeated]
"""What was learned of a source, by the words of each block."""


def learn(texts: Sequence[str]) -> Chrome:
    """The blocks at the ends of at least 4 of a source's newest texts and of more than half of them; newest first.

    A text counts once, however often it was sent, and only if it has more than one block: what is all there is to an
    entry is not around it.
    """
    pages = [page for page in map(_blocks, dict.fromkeys(texts[:LATEST])) if len(page) > 1]
    words, start = cache(words_of), cache(_start)  # the same few blocks are looked at again and again
    least = max(LEAST, len(pages) // 2 + 1)
    found: dict[str, Repeated] = {}
    while len(found) < MOST:
        near = _begun_alike([list(_near_the_ends(page, found, words)) for page in pages], least, start)
        if not any(near):
            break
        named = {words(block): block for blocks in reversed(near) for block in blocks}
        counts = Counter(word for blocks in near for word in set(map(words, blocks)))
        often = [word for word, seen in counts.items() if seen >= least]
        if not often:
            break
        often.sort(key=lambda word: (-counts[word], word))
        found |= {w: Repeated(named[w], counts[w], len(pages)) for w in often[: MOST - len(found)]}
    return found


Ends = frozenset[int]
"""How the blocks near the ends of a text begin, as marks; none where one block is all there is."""


def ends_of(text: str) -> Ends:
    """All that `may_repeat` asks of a text; at most six marks of 32 bits."""
    page = _blocks(text)
    near = (*page[: _REACH + 1], *page[-_REACH - 1 :]) if len(page) > 1 else ()
    return frozenset(crc32(_beginning(block).encode("utf-8", "replace")) or 1 for block in near)  # 0 stands for none


def may_repeat(ends: Sequence[Ends], further: int) -> bool:
    """Whether `learn` could find something in a source's newest texts with these ends, of which so many `further` ones
    are not looked at. Most sources repeat nothing.

    What stands in most of all stands in as many of these as the further ones cannot hold. Texts that begin and end
    alike may be one that was sent twice, which counts once.
    """
    pages = len(frozenset(filter(None, ends)))
    least = max(LEAST, (pages + further) // 2 + 1) - further
    return least < 1 or any(seen >= least for seen in Counter(chain.from_iterable(ends)).values())


def _beginning(block: str) -> str:
    """The first six of `words_of`: enough to tell sentences apart."""
    return " ".join(block.split(None, 6)[:6]).casefold()


def without(text: str, chrome: Chrome) -> str:
    """A text without the blocks at its ends that its source repeats; all of it, where nothing else is in it."""
    if not chrome:
        return text
    lines = text.split("\n")
    gone = _taken(lines, chrome)
    if not gone or not any(line.strip() and place not in gone for place, line in enumerate(lines)):
        return text
    left = [line for place, line in enumerate(lines) if place not in gone]
    parts = "\n".join(left).split("\n\n")
    return "\n\n".join(stripped for part in parts if (stripped := part.strip("\n")))


def left_out(text: str, chrome: Chrome) -> list[Repeated]:
    """What `without` leaves out of a text, in its order."""
    if without(text, chrome) == text:
        return []
    lines = text.split("\n")
    return [chrome[words_of(lines[place])] for place in sorted(_taken(lines, chrome))]


def _taken(lines: Sequence[str], chrome: Chrome) -> set[int]:
    """The places of the repeated lines near either end."""
    if not chrome:
        return set()
    shown = [place for place, line in enumerate(lines) if line.strip()]
    orders = (shown, shown[::-1])
    return {place for order in orders for place, is_known in _walked(order, lines, chrome, words_of) if is_known}


def _begun_alike(near: Sequence[Sequence[str]], least: int, start: Callable[[str], str]) -> list[list[str]]:
    """Of each text the blocks that begin with two words with which blocks of so many texts begin: no others can be the
    same in so many, and most blocks are long."""
    begun = Counter[str]()
    for blocks in near:
        begun.update(set(map(start, blocks)))
    often = {one for one, seen in begun.items() if seen >= least}
    return [[block for block in blocks if start(block) in often] for blocks in near] if often else []


def _start(block: str) -> str:
    """The first two of `words_of`."""
    return " ".join(block.split(None, 2)[:2]).casefold()


def _near_the_ends(page: Sequence[str], chrome: Chrome, words: Callable[[str], str]) -> Iterator[str]:
    """The blocks that are not known yet and have at most two such blocks between them and an end."""
    places = range(len(page))
    for order in (places, places[::-1]):
        yield from (page[place] for place, is_known in _walked(order, page, chrome, words) if not is_known)


def _walked(
    order: Sequence[int], blocks: Sequence[str], chrome: Chrome, words: Callable[[str], str]
) -> Iterator[tuple[int, bool]]:
    """From an end inwards, as far as repeated blocks may stand: each place, and whether its block is known."""
    passed = 0
    if not chrome:
        yield from ((place, False) for place in order[: _REACH + 1])
        return
    for place in order:
        is_known = words(blocks[place]) in chrome
        yield place, is_known
        passed += not is_known
        if passed > _REACH:
            break


def _blocks(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


def words_of(block: str) -> str:
    """By what a block is known: its words, without case."""
    return " ".join(block.split()).casefold()
