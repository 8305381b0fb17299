from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.entries.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("1h", 3600), ("1d", 86400), ("2w", 1209600), (" 6 H ", 21600)]
)
def test_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("5", "has no unit; write 5m"),
        ("0", "has no unit"),
        ("0m", "out of range"),
        ("9999999w", "out of range"),
        ("1h30m", "is not a duration"),
        ("-1h", "is not a duration"),
        ("1.5h", "is not a duration"),
        ("soon", "is not a duration"),
        ("٣h", "is not a duration"),
        ("", "is not a duration"),
    ],
)
def test_anything_else_is_refused_with_a_hint(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_duration(text)


@given(st.text())
def test_no_text_raises_anything_else(text: str) -> None:
    with suppress(ValueError):
        assert parse_duration(text) > timedelta(0)
