"""trends.html from a real store: what is counted, once; when the page is made again; what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest
from lxml import html

from aggregator.entries.view import View
from aggregator.public import TRENDS as PAGE
from aggregator.public.year import MOST_AT_ONCE, _sign, trends_files
from aggregator.records import Rule, WordList
from aggregator.store.days import Counted
from tests.makers import DAY, HOUR, NOW, ONE, TWO, Desk, entry, source, words
from tests.test_render_pages import text

TOPICS = (WordList("Robots", ("robot*",)), WordList("Hours", ("hours",)))
LENSES = (WordList("alarm", ("robot*", "layoff*")),)


def desk(*titles: tuple[str, float]) -> Desk:
    """One entry for each title, published so many days ago, accepted now."""
    made = Desk(ONE, source(TWO, title="Second"), topics=TOPICS, lenses=LENSES)
    for number, (title, ago) in enumerate(titles):
        url = (ONE, TWO)[number % 2]
        made.record(url, entry(f"g{number}", title=title, text="x", published=made.now - ago * DAY))
    made.accept()
    return made


def page(desk: Desk, *, stands: bool = False, most: int = MOST_AT_ONCE) -> dict[str, str] | None:
    """What each row of the page says, by its name, and the page's own words under ""; None if it is not made."""
    made = trends_files(desk.config, desk.store, desk.view(), lambda _: stands, most=most).get("trends.html")
    if made is None:
        return None
    rows = html.document_fromstring(made).xpath("//ul[@class='rows']/li")
    return {"": text(made)} | {row[0].text_content(): row[2].text_content() for row in rows}


def robots(desk: Desk, *, stands: bool = True, most: int = MOST_AT_ONCE) -> str:
    """How many entries the page counts under the topic, as it is made now."""
    made = page(desk, stands=stands, most=most)
    return made["Robots"].partition(";")[0] if made else "not made"


def test_it_counts_by_topic_lens_and_source() -> None:
    told = page(desk(("Robot hours", 0.1), ("Hours of layoffs", 8), ("Something", 9), ("Robots", 200)))
    assert told is not None
    assert told["Robots"] == "2 entries; last four weeks 0, four before 0"
    assert told["Hours"] == "1 entry; last four weeks 1, four before 0"
    assert told["alarm"].startswith("3 entries;")
    assert "Second2 50 %" in told[""]


def test_what_is_older_than_a_year_hidden_or_backlog_is_not_counted() -> None:
    made = desk(("Robots", 400), ("Robots again", 3), ("Robots hidden", 3))
    made.bring(ONE, entry("b", title="Robots before", published=NOW - 3 * DAY), standing="backlog")
    with made.store.transaction():
        made.store.withdrawn.hide([made.titled("Robots hidden").key], NOW)
    assert robots(made) == "1 entry"


def test_without_lists_and_rules_the_same_is_counted_and_nothing_is_read() -> None:
    made = desk(("Robots", 400), ("Robots again", 3), ("Robots hidden", 3), ("Hours", 2), ("Copied", 1))
    made.bring(ONE, entry("b", title="Robots before", published=NOW - 3 * DAY), standing="backlog")
    made.bring(TWO, entry("c", title="Copied", text="x", link="https://blog.example.org/posts/g4"))
    with made.store.transaction():
        made.store.withdrawn.hide([made.titled("Robots hidden").key], NOW)
    pages, seen = [], []
    for filters in (), (Rule("drop", 'title has "nothing is called so"'),):
        made.change(topics=(), lenses=(), filters=filters)
        pages.append(trends_files(made.config, made.store, made.view(), lambda _: False))
        seen.append({on: list(day["sources"].items()) for on, day in _days(made).items() if day["entries"]})
    assert pages[0] == pages[1]
    assert seen[0] == seen[1]
    assert sum(number for day in seen[0].values() for _, number in day) == 3


def _days(made: Desk) -> Mapping[date, Counted]:
    return made.store.days.counted(_sign(made.config), made.now.date() - 400 * DAY)


def test_an_empty_store_has_a_page() -> None:
    told = page(Desk(ONE))
    assert told is not None
    assert "Nothing to count yet" in told[""]


def test_it_is_made_once_a_day_with_news() -> None:
    made = desk(("Robots", 1))
    assert [robots(made), robots(made)] == ["1 entry", "not made"]
    made.now += HOUR
    made.bring(ONE, entry("later", title="Robots", published=made.now))
    assert robots(made) == "not made"
    made.now += DAY
    assert robots(made) == "not made", "the passing of time alone changes nothing"
    made.bring(ONE, entry("next", title="Robots", published=made.now))
    assert robots(made) == "3 entries"


@pytest.mark.parametrize("change", ["lists", "rules", "sources", "withdrawn"])
def test_it_is_made_again_when_what_it_is_counted_by_changes(change: str) -> None:
    made = desk(("Robots", 1), ("Robot hours", 3))
    assert robots(made) == "2 entries"
    if change == "lists":
        made.change(topics=(WordList("Robots", ("hours",)),))
    elif change == "rules":
        made.change(filters=(Rule("drop", 'title has "hours"'),))
    elif change == "sources":
        made.change(sources=made.config.sources[:1])
    else:
        key = made.titled("Robots").key
        with made.store.transaction():
            made.store.withdrawn.note([key], (), made.now)
            made.store.withdrawn.forget([key], made.now)
    assert robots(made, stands=change == "withdrawn") == "1 entry"  # another feeds.yaml, and no page stands


def test_missing_days_are_counted_by_and_by_the_newest_first() -> None:
    made = desk(*((f"Robots {n}", n + 0.1) for n in range(150)))
    told = [robots(made, most=40) for _ in range(9)]
    assert told[-1] == "not made", "what is whole is made no more"
    numbers = [int(one.split()[0]) for one in told if one != "not made"]
    assert numbers[0] < 60
    assert numbers == sorted(numbers)
    assert numbers[-1] == 150


def test_the_rules_are_asked_about_the_entries_of_the_last_two_weeks_only() -> None:
    made = desk(*((f"Robots {n}", n + 0.1) for n in range(100)))
    page(made)
    made.now += 2 * DAY
    made.bring(ONE, entry("new", title="Robots", published=made.now))
    seen: list[str] = []

    class Watching(View):
        def tags(self, stored):  # type: ignore[no-untyped-def]
            seen.append(stored.entry.title)
            return super().tags(stored)

    view = Watching(made.config, made.store.sources.states().values(), made.now)
    trends_files(made.config, made.store, view, lambda _: True)
    assert 10 < len(seen) < 20


def test_what_sources_repeat_around_their_entries_is_in_no_topic_and_does_not_rise() -> None:
    made = Desk(ONE, source(TWO, title="Second"), topics=TOPICS, lenses=LENSES)
    for n in range(24):
        hello = "Zeppelin robots: a letter about small shops, sent on Sundays.\n\n" if n > 12 else ""
        for url, seed in ((ONE, n), (TWO, 50 + n)):
            told = entry(f"g{seed}", title=f"Title {seed}", text=hello + words(30, seed), published=made.now - HOUR)
            made.bring(url, told)
        made.now += DAY
    assert robots(made) == "0 entries"
    page = trends_files(made.config, made.store, made.view(), lambda _: False)[PAGE]
    assert "zeppelin" not in text(page).casefold()
