"""How long a text takes to read, from its number of words and its language."""

from __future__ import annotations

import re
from math import ceil

DEFAULT_WORDS_A_MINUTE = 180
"""For a language that is not measured: a little below the mean of the table, 184."""

_CHARACTERS_A_WORD = 2

# Words a minute, healthy native speakers of 18 to 35 years, reading ALOUD: Trauzettel-Klosinski and Dietz,
# "Standardized Assessment of Reading Performance: The New International Reading Speed Texts IReST", IOVS 53(9),
# 2012, the one table that measures 17 languages on equal texts. Silent reading is faster (Brysbaert, "How many words
# do we read per minute?", Journal of Memory and Language 109, 2019: English non-fiction 238 silent, 183 aloud in
# other studies), so these numbers are cautious: a digest ends early rather than late. Chinese and Japanese are the
# characters a minute there (255 and 357) at `_CHARACTERS_A_WORD`. Hungarian was not measured: ours lies between
# Finnish (161) and Polish (166) on the one hand and German (179) on the other; an assumption, not a finding.
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
    """Seconds of reading for so many words (of `count_words`), rounded up; `language` is a BCP 47 tag."""
    primary = (language or "").lower().replace("_", "-").split("-")[0]
    return ceil(max(words, 0) * 60 / _WORDS_A_MINUTE.get(primary, DEFAULT_WORDS_A_MINUTE))


def count_words(text: str, language: str | None) -> int:
    """The words of a text; Chinese and Japanese script counts two characters as one, whatever the `language` says."""
    characters = 0 if text.isascii() else len(_WITHOUT_SPACES.findall(text))
    if not characters:
        return len(_WORD.findall(text))
    spaced = _WITHOUT_SPACES.sub(" ", text)
    return ceil(characters / _CHARACTERS_A_WORD) + len(_WORD.findall(spaced))
