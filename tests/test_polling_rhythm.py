"""Silence beyond a source's own rhythm: what is told, in which words, and how rarely it is wrong (seeded)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.polling.rhythm import gaps_of, in_words, longest_likely, silence, typical
from benchmarks.silence import RHYTHMS, measure
from tests.world import World

NOW = datetime(2026, 3, 14, 7, 0, tzinfo=UTC)
DAY = timedelta(days=1)
WEEKLY = [7.0 * n for n in range(60)]


def days_ago(*days: float) -> list[datetime]:
    return [NOW - day * DAY for day in days]


def told(*days: float) -> str | None:
    found = silence(NOW, days_ago(*days))
    return found.words if found else None


@pytest.mark.parametrize(
    ("published", "words"),
    [
        ((), None),
        ((400, 401, 402), None),  # too few to know its rhythm
        ([40 + day for day in WEEKLY], "silent for 40 days, its rhythm is weekly"),
        ([29 + day for day in WEEKLY], None),  # holidays
        ([40 + day for day in WEEKLY[:10]], None),  # not known for a year: this may be its summer
        ([110 + day for day in WEEKLY[:10]], "silent for 110 days, its rhythm is weekly"),
        ([40 + n for n in range(30)], "silent for 40 days, its rhythm is daily"),
        ([60 + 30 * n for n in range(14)], None),
        ([90 + 30 * n for n in range(16)], "silent for 90 days, its rhythm is monthly"),
        ([80, *(80 + 60 + day for day in WEEKLY)], None),  # it has paused for 60 days before
        ([91, *(91 + 60 + day for day in WEEKLY)], "silent for 91 days, its rhythm is weekly"),
        ([5, 600, 601, 602, 603, 604], None),  # it was dead once, and is back
        ([-3, *range(40, 80)], None),  # a date in the future
    ],
)  # fmt: skip
def test_silence_is_judged_by_its_own_rhythm(published: list[float], words: str | None) -> None:
    assert told(*published) == words


def test_ten_entries_a_day_are_one_day_of_writing() -> None:
    many = [40 + n + part / 20 for n in range(30) for part in range(10)]
    assert gaps_of(days_ago(*(40 + n for n in range(30)))) == pytest.approx([1.0] * 29)
    assert max(gaps_of(days_ago(*many))) < 2
    assert told(*many) == "silent for 40 days, its rhythm is daily"


@pytest.mark.parametrize(
    ("days", "words"),
    [(1, "daily"), (3, "every 3 days"), (7, "weekly"), (10, "every 10 days"), (14, "every two weeks"),
     (21, "every 3 weeks"), (30, "monthly"), (61, "every 2 months"), (365, "yearly"), (800, "slower than yearly")],
)  # fmt: skip
def test_a_rhythm_in_words(days: float, words: str) -> None:
    assert in_words(days) == words


@given(st.lists(st.floats(1.0, 400.0), min_size=3, max_size=60))
def test_what_has_been_before_is_never_an_alarm(gaps: list[float]) -> None:
    """Any gap that the source has made already may come again, and nothing under a month is told."""
    assert longest_likely(gaps) >= max(30.0, *gaps)


@pytest.mark.parametrize("name", sorted(RHYTHMS))
def test_a_source_that_lives_is_hardly_ever_called_silent(name: str) -> None:
    """The short form of benchmarks/silence.py: 20 sources of each rhythm over two years, at most one alarm in 50."""
    found = measure(RHYTHMS[name], sources=20, years=2, seed=4)
    assert found.rate < 0.02 + 0.01  # one alarm more than allowed in so few years is chance


@pytest.mark.parametrize(
    ("name", "days"), [("daily", 31), ("daily on weekdays", 31), ("weekly with jitter", 45), ("monthly", 100)]
)
def test_a_source_that_died_is_told_soon(name: str, days: int) -> None:
    assert max(measure(RHYTHMS[name], sources=20, years=1, seed=4).delays) <= days


def test_silence_is_shown_in_status_and_digest(world: World) -> None:
    """Daily for a month, then nothing for forty days: the terminal, the page and the digest say so."""
    world.blog("Busy", "fresh")
    quiet = world.blog("Quiet", *(f"t{n}" for n in range(10)), ages=tuple(24.0 * n for n in range(10)))
    world.write()
    world.poll()
    world.now += timedelta(days=40)
    world.post(world.blogs[0], "news")
    world.poll("--force")
    words = "silent for 40 days, its rhythm is daily"
    line = next(line for line in world.run("status").splitlines() if "Quiet" in line)
    assert line.startswith("silent")
    assert words in line
    assert words in world.public("status.html").read_text("utf-8")
    world.run("digest")
    day = world.now.date().isoformat()
    assert world.digest(day)["sources"]["silent"] == ["Quiet"]
    for kind in ("html", "md", "txt"):
        assert words in " ".join(world.public(f"digest/{day}.{kind}").read_text("utf-8").split())
    assert quiet.requests


def test_a_machine_that_was_off_finds_no_source_silent_before_it_has_read_it(world: World) -> None:
    world.blog("Daily", *(f"t{n}" for n in range(10)), ages=tuple(24.0 * n for n in range(10)))
    path = world.write()
    world.poll()
    world.now += timedelta(days=40)
    before = path.read_bytes()
    assert world.run("status").startswith("ok ")
    assert "silent" not in world.run("doctor", "--offline", "--fix", code=1)
    assert path.read_bytes() == before
    world.poll("--force")
    assert "silent for 40 days, its rhythm is daily" in world.run("status")
    assert "its longest pause was 1 day\n" in world.run("doctor", "--offline", code=1)


@pytest.mark.parametrize(
    ("published", "days"),
    [
        ((), None),
        (range(0, 35, 7), None),  # four gaps
        (range(0, 42, 7), 7.0),
        ((0, 0.1, 0.2, 7, 7.1, 14, 21, 21.3, 28, 35), 7.0),  # several in a day are one
        ([n / 24 for n in range(30)], None),  # all within two days
        ((0, 1, 2, 40, 41, 42), 1.0),
    ],
)
def test_what_is_usual(published: list[float], days: float | None) -> None:
    found = typical([NOW + 5 * DAY / 24 - day * DAY for day in published])
    assert found == (None if days is None else pytest.approx(days, abs=0.2))
