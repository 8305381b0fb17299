from __future__ import annotations

import pytest

from aggregator.digest.reading import count_words, reading_time_s


@pytest.mark.parametrize(
    ("words", "language", "seconds"),
    [
        (0, "en", 0),
        (-5, "en", 0),
        (1, "en", 1),
        (228, "en", 60),
        (229, "en-GB", 61),
        (179, "DE_at", 60),
        (330, "hu", 120),
        (180, None, 60),
        (180, "xx", 60),
        (180, "", 60),
    ],
)
def test_reading_time_goes_by_language(words: int, language: str | None, seconds: int) -> None:
    assert reading_time_s(words, language) == seconds


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("", "en", 0),
        ("One two three.", "en", 3),
        ("It’s a well-known 3.5 percent – isn't it?", "en", 7),
        ("... — !", None, 0),
        ("新しい仕事", "ja", 3),
        ("我们 use AI 工作", "zh", 4),
    ],
)
def test_words_are_counted_in_every_script(text: str, language: str | None, words: int) -> None:
    assert count_words(text, language) == words
