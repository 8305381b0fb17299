"""How long a text takes to read, from its number of words and its language."""

from __future__ import annotations

import re
from math import ceil

DEFAULT_WORDS_A_MINUTE = 180
"""For a language that is not measured: below the mean of the table, so that a digest ends early rather than late."""

_CHARACTERS_A_WORD = 2

# Silent reading by adults, words a minute. Trauzettel-Klosinski and Dietz, "Standardized assessment of reading
# performance: the new International Reading Speed Texts IReST", IOVS 53(9), 2012. English: 228 there, 238
# for non-fiction in the meta-analysis of Brysbaert, "How many words do we read per minute?", Journal of Memory and
# Language 109, 2019; the smaller one is taken, for a digest is read by people whose first language is another one.
# Chinese and Japanese count characters there (255 and 357), at about two characters a word. Hungarian was not
# measured: as Finnish and Turkish, long words with many endings, it is read more slowly than English; between both.
_WORDS_A_MINUTE = {
    "ar": 138,
    "de": 179,
    "en": 228,
    "es": 218,
    "fi": 161,
    "fr": 195,
    "he": 187,
    "hu": 165,
    "it": 188,
    "ja": 178,
    "nl": 202,
    "pl": 166,
    "pt": 181,
    "ru": 184,
    "sl": 180,
    "sv": 199,
    "tr": 166,
    "zh": 128,
}
_WITHOUT_SPACES = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_WORD = re.compile(r"[^\W_]+(?:['\u2019.,-][^\W_]+)*")


def reading_time_s(words: int, language: str | None) -> int:
    """Seconds of silent reading for so many words (of `count_words`), rounded up; `language` is a BCP 47 tag."""
    primary = (language or "").lower().replace("_", "-").split("-")[0]
    return ceil(max(words, 0) * 60 / _WORDS_A_MINUTE.get(primary, DEFAULT_WORDS_A_MINUTE))


def count_words(text: str, language: str | None) -> int:
    """The words of a text; Chinese and Japanese script counts two characters as one, whatever the `language` says."""
    characters = len(_WITHOUT_SPACES.findall(text))
    if not characters:
        return sum(1 for _ in _WORD.finditer(text))
    spaced = _WITHOUT_SPACES.sub(" ", text)
    return ceil(characters / _CHARACTERS_A_WORD) + sum(1 for _ in _WORD.finditer(spaced))
