from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from math import log
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from aggregator.digest.rising import MOST_TERMS, Rise, surprise, terms_of
from aggregator.digest.trends import Met, trends
from aggregator.entries.words import fold
from aggregator.records import StoredEntry, WordList
from tests.makers import DAY, HOUR, NOW, config, entry, stored, words

LENSES = (WordList("alarm", ("layoff*",)), WordList("opportunity", ("new job*",)))
CONFIG = config(lenses=LENSES, timezone=ZoneInfo("Europe/Berlin"))


def told(key: int, title: str, ago: timedelta, source: int = 0, **fields: Any) -> StoredEntry:
    """An entry of a source of its own (unless given), published and accepted so long ago."""
    when = NOW - ago
    one = entry(f"g{key}", title=title, text=fields.pop("text", ""))
    return stored(key, one, source_key=source or key, published=when, accepted_at=when, **fields)


def both(entries: Iterable[StoredEntry], **fields: Any) -> tuple[tuple[Met, ...], tuple[Rise, ...]]:
    those = tuple(entries)

    def news(start: datetime, end: datetime) -> list[StoredEntry]:
        return [one for one in those if start < one.published <= end]

    view = fields.pop("config", CONFIG)
    return trends(news, lambda one: one.standing == "news", view, NOW, NOW.date(), **fields)


def month(count: int = 60, first_key: int = 100) -> list[StoredEntry]:
    """Thirty days of other news, each with words of its own."""
    return [told(first_key + n, words(6, seed=n), 8 * DAY + n * 12 * HOUR) for n in range(count)]


def rising(*entries: StoredEntry, before: Iterable[StoredEntry] | None = None) -> list[tuple[str, int, int]]:
    _, found = both([*entries, *(month() if before is None else before)])
    return [(one.term, one.number, one.before) for one in found]


# --- lenses ---------------------------------------------------------------------------------------------------


def test_each_lens_has_thirty_local_days_that_end_today() -> None:
    alarm, opportunity = both([])[0]
    assert (alarm.name, opportunity.name) == ("alarm", "opportunity")
    assert [day for day, _ in alarm.days] == [date(2026, 2, 13) + n * DAY for n in range(30)]
    assert {number for _, number in alarm.days + opportunity.days} == {0}


@pytest.mark.parametrize(
    ("ago", "day"),
    [
        (timedelta(0), date(2026, 3, 14)),
        (7 * HOUR + timedelta(minutes=59), date(2026, 3, 14)),  # 00:01 in Berlin
        (8 * HOUR + timedelta(minutes=1), date(2026, 3, 13)),
        (20 * DAY, date(2026, 2, 22)),
        (29 * DAY + 7 * HOUR, date(2026, 2, 13)),
        (30 * DAY, None),
        (45 * DAY, None),
    ],
)
def test_an_entry_counts_on_the_local_date_of_its_publication(ago: timedelta, day: date | None) -> None:
    alarm, opportunity = both([told(1, "Layoffs at the mill", ago)])[0]
    assert [on for on, number in alarm.days if number] == ([day] if day else [])
    assert not any(number for _, number in opportunity.days)
    assert len(alarm.entries) == bool(day)


def test_an_article_counts_once_whatever_its_copies_and_never_if_it_is_hidden() -> None:
    copies = [told(n, "Layoffs and new jobs", n * DAY, group=1) for n in (1, 2, 20)]
    hidden = told(9, "Layoffs again", DAY, standing="backlog")
    assert [sum(number for _, number in one.days) for one in both([*copies, hidden])[0]] == [1, 1]


def test_the_newest_entries_stand_behind_a_lens() -> None:
    those = [told(n, "Layoffs", (n % 29) * DAY + n * timedelta(minutes=1)) for n in range(1, 401)]
    (alarm, _), _ = both(those)
    assert sum(number for _, number in alarm.days) == 400
    newest = sorted(those, key=lambda one: one.published, reverse=True)[:20]
    assert [one.key for one in alarm.entries] == [one.key for one in newest]


def test_no_lenses_no_trend() -> None:
    assert both([told(1, "Layoffs", DAY)], config=config())[0] == ()


# --- rising terms ---------------------------------------------------------------------------------------------


def test_a_term_rises_that_several_sources_have_this_week_and_nobody_had_before() -> None:
    week = [told(n, f"{'Apprentices' if n < 4 else 'Others'} at {words(2, seed=50 + n)}", n * DAY) for n in range(6)]
    found = both([*week, *month()])[1]
    assert [(one.term, one.before) for one in found] == [("Apprentices", 0)]
    assert [one.key for one in found[0].entries] == [one.key for one in week[:4]]


@pytest.mark.parametrize(
    ("sources", "reason"),
    [((1, 2), "two entries are no trend"), ((1, 1, 1, 1), "one source is no trend")],
)
def test_a_few_entries_or_one_source_make_no_trend(sources: tuple[int, ...], reason: str) -> None:
    week = [told(n, f"Apprentices {words(1, seed=70 + n)}", DAY, source) for n, source in enumerate(sources)]
    assert rising(*week) == [], reason


def test_the_newest_entries_are_listed_and_all_are_counted() -> None:
    week = [told(n, f"Apprentices {words(1, seed=70 + n)}", (n % 5) * DAY + n * HOUR) for n in range(1, 31)]
    (rise,) = both([*week, *month()])[1]
    assert (len(rise.entries), rise.number) == (20, 30)
    times = [one.published for one in rise.entries]
    assert times == sorted((one.published for one in week), reverse=True)[:20]


def test_three_entries_of_two_sources_make_one() -> None:
    week = [told(n, f"Apprentices {words(1, seed=70 + n)}", DAY, 1 + n % 2) for n in range(3)]
    assert rising(*week, *(told(10 + n, words(3, seed=80 + n), DAY) for n in range(9))) == [("Apprentices", 3, 0)]


def test_what_is_in_the_news_every_week_does_not_rise() -> None:
    usual = [told(100 + n, f"Robots {words(3, seed=n)}", 8 * DAY + n * 12 * HOUR) for n in range(60)]
    assert rising(*(told(n, f"Robots {words(2, seed=40 + n)}", DAY) for n in range(6)), before=usual) == []


def test_a_store_that_is_younger_than_two_weeks_counts_its_lenses_alone() -> None:
    week = [*(told(n, f"Layoffs {words(1, seed=n)}", n * DAY) for n in range(5)), told(9, "Layoffs", 20 * DAY)]
    young, known = (both([*week, *month()], began=NOW - ago) for ago in (13 * DAY, 15 * DAY))
    assert [one.term for one in known[1]] == ["Layoffs"]
    assert young == (known[0], ())


def test_nothing_rises_without_two_weeks_of_history() -> None:
    week = [told(n, "Apprentices wanted", n * DAY) for n in range(5)]
    young = [told(100 + n, words(6, seed=n), 8 * DAY + n * HOUR) for n in range(60)]  # 8 to 11 days old
    assert rising(*week, before=young) == []
    assert rising(*week, before=[*young, told(999, "Old", 14 * DAY)]) != []
    backdated = stored(998, entry("x"), published=NOW - 20 * DAY, accepted_at=NOW - DAY)
    assert rising(*week, before=[*young, backdated]) == [], "history is what was watched"
    assert rising(*week, before=[]) == []


def test_a_phrase_stands_for_its_words_and_is_written_as_most_write_it() -> None:
    titles = ("Skills passport now", "A Skills Passport for all", "The skills passport", "Skills-passport tried out",
              "Skills passport: who pays?")  # fmt: skip
    assert rising(*(told(n, title, DAY) for n, title in enumerate(titles))) == [("Skills passport", 5, 0)]


def test_words_that_are_not_worth_telling_neither_rise_nor_count() -> None:
    week = [
        told(n, words(3, seed=n), n * HOUR, text="Layoffs by airship. " + words(8, seed=50 + n)) for n in (1, 2, 3, 4)
    ]
    assert "airship" in " ".join(rise.term for rise in both([*week, *month()])[1])
    lenses, rises = both([*week, *month()], text=lambda one: one.entry.text.partition(". ")[2])
    assert "airship" not in " ".join(rise.term for rise in rises)
    assert sum(number for _, number in lenses[0].days) == 0


def test_at_most_five_the_most_surprising_first() -> None:
    names = [f"{letter}berg" for letter in "klmnprst"]
    week = [told(10 * n + m, name, m * DAY, m + 1) for n, name in enumerate(names) for m in range(4 + n % 3)]
    found = rising(*week)
    assert len(found) == MOST_TERMS
    assert [count for _, count, _ in found] == sorted((count for _, count, _ in found), reverse=True)
    assert found == rising(*week)


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("Skills passport", "", {"skills", "passport", "skills passport"}),
        ("The entry-level job", "", {"entry", "level", "job", "entry level", "level job"}),
        ("Pay of nurses", "", {"pay", "nurses"}),  # no phrase across a stop word
        ("Pay. Nurses", "", {"pay", "nurses"}),  # nor a full stop
        ("Pay", "Nurses", {"pay", "nurses"}),  # nor title and text
        ("AI in 2026", "", {"ai"}),
        ("Die Lehre für alle", "", {"lehre"}),
        ("L'emploi à l'école", "", {"emploi", "ecole"}),
        ("A munka és a jövő", "", {"munka", "jovo"}),
        ("x " * 50 + "a" * 41, "", set()),
        ("", "w " * 60 + "late", set()),  # beyond the lead
    ],
)
def test_terms(title: str, text: str, expected: set[str]) -> None:
    assert terms_of(entry("a", title=title, text=text)) == expected


def test_no_topic_of_this_program_is_grammar() -> None:
    for subject in ("AI", "KI", "work", "jobs", "Arbeit", "emploi", "trabajo", "munka", "lavoro", "werk", "trabalho"):
        assert terms_of(entry("a", title=subject, text="")) == {fold(subject).strip()}


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((10, 100, 10, 100), 0.0),  # no change
        ((5, 100, 30, 100), 0.0),  # a fall
        ((3, 10, 0, 0), 0.0),  # nothing to compare with
        ((0, 0, 0, 0), 0.0),
        # twice the sum of observed times the log of observed over expected, by hand: 6 = 20 * 6 / 20
        ((6, 10, 0, 10), 2 * (6 * log(6 / 3) + 4 * log(4 / 7) + 10 * log(10 / 7))),
    ],
)
def test_surprise_is_the_log_likelihood_ratio(counts: tuple[int, int, int, int], expected: float) -> None:
    assert surprise(*counts) == pytest.approx(expected)


def test_more_of_the_same_is_more_surprising() -> None:
    assert surprise(3, 60, 0, 240) < surprise(6, 60, 0, 240) < surprise(6, 60, 0, 480)
    assert surprise(6, 60, 2, 240) < surprise(6, 60, 0, 240)
