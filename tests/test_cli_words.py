"""What the terminal says, harmless whatever strangers wrote."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aggregator.cli.words import clock_time, count, digest_line, failure_line, link_line, minutes, pass_lines, safe
from aggregator.records import Config, Source
from aggregator.report import Failure, Pass
from aggregator.store.digests import Sealed
from tests.makers import config, memory_store

NOW = datetime(2026, 3, 14, 7, 0, tzinfo=UTC)
CONFIG = Config(Path("feeds.yaml"), Path("public"), "x.db", ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\x1b[31mred", "a [31mred"),
        ("one\r\ntwo\u2028three", "one  two three"),
        ("\u202egnp.exe", " gnp.exe"),
        ("\x1b]8;;http://x\x07y", " ]8;;http://x y"),
    ],
)
def test_no_control_character_reaches_the_terminal(text: str, shown: str) -> None:
    assert safe(text) == shown


@pytest.mark.parametrize(("number", "words"), [(0, "0 sources"), (1, "1 source"), (1200, "1,200 sources")])
def test_numbers(number: int, words: str) -> None:
    assert count(number, "source") == words


@pytest.mark.parametrize(("seconds", "words"), [(0, "1 minute"), (89, "1 minute"), (420, "7 minutes")])
def test_reading_times(seconds: int, words: str) -> None:
    assert minutes(seconds) == words


def test_times_are_local_and_say_another_day() -> None:
    assert clock_time(NOW, CONFIG, date(2026, 3, 14)) == "08:00"
    assert clock_time(NOW, CONFIG, date(2026, 3, 13)) == "Sat 14 Mar 08:00"


@pytest.mark.parametrize(
    ("error", "retry", "end"),
    [
        ("refused (403, anti-bot)", NOW, "refused (403, anti-bot) · feeds.yaml:7 · next try 08:00"),
        (
            "an HTML page, not a feed; its feed seems to be https://a.example/x",
            NOW,
            "https://a.example/x · feeds.yaml:7 · next try 08:00",
        ),
        ("gone (410)", None, "gone (410) · feeds.yaml:7 · not asked again"),
    ],
)
def test_a_failure_says_what_comes_next(error: str, retry: datetime | None, end: str) -> None:
    failure = Failure(Source("https://hr.example/feed", line=7), "HR", error, retry)
    line = failure_line(failure, CONFIG, NOW)
    assert line.startswith("  hr.example")
    assert line.endswith(end)


@pytest.mark.parametrize(
    ("link", "served", "for_all", "end"),
    [
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/", False, None),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8081/", False, "to http://127.0.0.1:8081/"),
        (
            "http://127.0.0.1:8080/",
            "http://127.0.0.1:8080/",
            True,
            "for others set `link:` in feeds.yaml to its address",
        ),
        ("https://example.org/fow/", "http://127.0.0.1:8081/", True, None),
    ],
)
def test_a_link_at_which_nobody_finds_the_feeds_is_told(link: str, served: str, for_all: bool, end: str | None) -> None:
    told = link_line(link, served, "feeds.yaml", for_all=for_all)
    assert told is None if end is None else told is not None and told.endswith(end)


def test_of_what_others_brought_no_sources_are_told() -> None:
    now = datetime(2026, 3, 14, 7, tzinfo=UTC)
    told = pass_lines(Pass(now, now, new=1), config(), memory_store(), first=False)
    assert list(told) == ["1 entry new, brought by workers or hubs"]


def test_a_digest_says_where_it_is() -> None:
    sealed = Sealed(1, "", date(2026, 3, 14), None, NOW, 60, 425)
    assert digest_line(sealed, "http://x/digest/latest.html", first=True) == (
        "Your first digest   http://x/digest/latest.html   7 minutes"
    )
