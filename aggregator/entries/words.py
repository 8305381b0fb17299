"""Word patterns, as topics, lenses, interests and the filter word `has` use them.

A pattern is a `word`, a phrase of `two words` (quotes around it change nothing), or either with a `*` at its end:
`stem*` meets every word that begins so. Case, accents, the kind of white space and hyphens between words
("entry-level", "entry level") and the direction of apostrophes do not matter. Text is folded once into its words
(`fold`); a pattern is then a plain substring of that, so that matching costs a fast scan and nothing can backtrack.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import NewType

Folded = NewType("Folded", str)
"""Text as `fold` gives it: a space, then every word and every full stop between phrases, each followed by a space."""

_LONGEST_PATTERN = 200

# Accents of the scripts that are written with and without them; elsewhere (Devanagari, Thai) marks make the word.
_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u00ad\u200b-\u200d\u2060]+")
# Letters, digits and the marks of the scripts of South and South-East Asia, which Python does not count as letters.
_WORD = "\u0900-\u0dff\u0e00-\u0eff\u0f00-\u109f\u1780-\u17ff"
# What may stand between the words of one phrase; any other character ends the phrase.
_JOINTS = "_&+'`\"\u00b4\u2018-\u201f\u02bc\u00ab\u00bb\\-\u058a\u2010-\u2013\u2043\u2212\ufe63\uff0d"
_JOINT = re.compile(f"[{_JOINTS}]")
_BREAK = re.compile(f"[^\\w\\s{_WORD}{_JOINTS}]+")
# Scripts that put no space between words: each sign stands alone, and a word is a phrase of signs.
_UNSPACED = re.compile("[\u3041-\u3096\u309d-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
# Signs of Latin texts and of print: none of them changes the one beside it, so that each can be folded by itself.
_LATIN = (range(0x80, 0x250), range(0x2000, 0x20D0), range(0x2100, 0x2150))
_ASCII = bytes(range(0x80))


def fold(text: str) -> Folded:
    """`text` reduced to its words, lower case and without accents, in a form in which patterns can be looked up."""
    plain = text if text.isascii() else _spelled(text)
    if plain.isascii():
        plain = plain.encode().translate(_folded_ascii()).decode()
        while ".." in plain:
            plain = plain.replace("..", ".")
        plain = plain.replace(".", " . ")
    else:
        plain = _JOINT.sub(" ", _BREAK.sub(" . ", _unaccented(text)))
    return Folded(f" {' '.join(plain.split())} ")


def _spelled(text: str) -> str:
    """A text of Latin letters in ASCII, where only its few signs are looked at; another text as it is."""
    beyond = text.encode("utf-8", "surrogatepass").translate(None, _ASCII)
    signs, latin = set(beyond.decode("utf-8", "surrogatepass")), _latin()
    if signs <= latin.keys():
        for sign in signs:
            text = text.replace(sign, latin[sign])
    return text


def _unaccented(text: str) -> str:
    lower = text.casefold()
    if lower.isascii():
        return lower
    lower = _ACCENTS.sub("", unicodedata.normalize("NFKD", lower)).casefold()
    return _UNSPACED.sub(r" \g<0> ", unicodedata.normalize("NFKC", lower))


@cache
def _latin() -> Mapping[str, str]:
    """What each sign of _LATIN is spelled as, its joints as spaces and its breaks as full stops."""
    return {sign: _sign(sign) for sign in map(chr, chain.from_iterable(_LATIN))}


@cache
def _folded_ascii() -> bytes:
    """The same of ASCII, as a table for `bytes.translate`."""
    return bytes(ord(_sign(chr(code))) if code < 0x80 else code for code in range(0x100))


def _sign(sign: str) -> str:
    return _JOINT.sub(" ", _BREAK.sub(".", _unaccented(sign)))


def split_patterns(text: str) -> tuple[str, ...]:
    """The patterns of a comma-separated list, without empty ones."""
    return tuple(stripped for part in text.split(",") if (stripped := part.strip()))


@dataclass(frozen=True, slots=True)
class Words:
    """Patterns made ready by `compile_words`; `patterns` as written, `needles` what is looked for in folded text."""

    patterns: tuple[str, ...]
    needles: tuple[str, ...]

    def matches(self, text: str) -> bool:
        """Any pattern stands in `text`."""
        return self.matches_in(fold(text))

    def found(self, text: str) -> tuple[str, ...]:
        """The patterns that stand in `text`, in the order in which they were given."""
        return self.found_in(fold(text))

    def matches_in(self, folded: Folded) -> bool:
        """As `matches`, for text that was folded before (one text, many word lists)."""
        return any(needle in folded for needle in self.needles)

    def found_in(self, folded: Folded) -> tuple[str, ...]:
        """As `found`, for text that was folded before."""
        return tuple(pattern for pattern, needle in zip(self.patterns, self.needles, strict=True) if needle in folded)


def compile_words(patterns: Sequence[str]) -> Words:
    """Make `patterns` ready for matching; a comma inside one separates two. Raises ValueError saying which is wrong."""
    single = tuple(_each(patterns))
    return Words(tuple(_unquoted(pattern) for pattern in single), tuple(_needle(pattern) for pattern in single))


def _each(patterns: Iterable[str]) -> Iterable[str]:
    for pattern in patterns:
        parts = split_patterns(pattern)
        if not parts:
            raise ValueError("a word is missing here")
        yield from parts


def _unquoted(pattern: str) -> str:
    for quote in "\"'":
        if len(pattern) > 1 and pattern[0] == quote == pattern[-1]:
            return pattern[1:-1].strip()
    return pattern


def _needle(written: str) -> str:
    pattern = _unquoted(written)
    if len(pattern) > _LONGEST_PATTERN:
        raise ValueError(f"`{pattern[:30]}...` is too long for a word or phrase ({_LONGEST_PATTERN} characters)")
    stem = pattern.endswith("*")
    words = pattern.removesuffix("*")
    if "*" in words:
        raise ValueError(f"`{pattern}`: a `*` may only stand at the end, for every word that begins so")
    folded = fold(words).strip(" .")
    if not folded:
        raise ValueError(f"`{pattern}` holds no word to look for")
    if stem and not words[-1].isalnum():
        raise ValueError(f"`{pattern}`: the `*` must follow a letter, without a space")
    return f" {folded}" if stem else f" {folded} "
