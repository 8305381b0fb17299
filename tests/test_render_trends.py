"""The page of a year: drawn as plain SVG that says the same in words and in a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from lxml import html

from aggregator.records import DigestEntry, RisingTerm, Topical, Year
from aggregator.render.trends import trends_page
from tests.test_render_pages import HOSTILE, NOW, SITE, hrefs, text

MONDAYS = tuple(date(2026, 1, 5) + timedelta(weeks=n) for n in range(10))
LINE = DigestEntry("u:1", "https://x.example/1", "On minders", "Notes", NOW)
YEAR = Year(
    weeks=MONDAYS,
    until=date(2026, 3, 14),
    entries=(0, 4, 4, 4, 4, 4, 4, 4, 8, 2),
    topics=(Topical("AI at work", (0, 1, 1, 1, 1, 2, 2, 2, 4, 1)), Topical("Hours", (0,) * 10)),
    lenses=(Topical("alarm", (0, 1, 0, 0, 0, 0, 0, 0, 1, 0)),),
    sources=(("Notes on Work", 30), ("The Second Shift", 6)),
    others=(3, 2),
    rising=(RisingTerm("robot minders", (LINE,), 5, 1),),
)


def page(year: Year | None = YEAR) -> bytes:
    return trends_page(year, site=SITE)


def test_each_topic_and_lens_is_drawn_and_told() -> None:
    tree = html.document_fromstring(page())
    drawn = tree.xpath("//*[local-name()='svg' and @role='img']")
    assert [one[0].text for one in drawn] == [
        "AI at work, week by week", "Hours, week by week", "alarm, week by week", "All entries, week by week",
    ]  # fmt: skip
    assert drawn[0][1].text == "15 entries; last four weeks 10, four before 4"
    paths = [path.get("d") for path in drawn[0].xpath("./*[local-name()='path']")]
    assert [path.count("M") for path in paths] == [8, 1]
    assert "M81 40v-40h8v40z" in paths[0], "the tallest bar of all topics fills its row"
    assert drawn[0].get("aria-labelledby") == "topic1-name topic1-told"
    assert len(set(hrefs(page(), "//@id"))) == len(hrefs(page(), "//@id"))


def test_the_table_has_the_same_numbers_by_month() -> None:
    rows = html.document_fromstring(page()).xpath("//table[@class='numbers']//tr")
    assert [[cell.text_content() for cell in row] for row in rows] == [
        ["Weeks that began in", "All", "AI at work", "Hours", "alarm"],
        ["March 2026", "10", "5", "0", "1"],
        ["February 2026", "16", "7", "0", "0"],
        ["January 2026", "12", "3", "0", "1"],
    ]


def test_rising_terms_and_shares_are_told() -> None:
    told = text(page())
    assert "robot minders 5 entries this week, 1 in the month before" in told
    assert "https://x.example/1" in hrefs(page())
    assert "Notes on Work30 79 %" in told
    assert "3 other sources: 2 entries, 5 %" in told


@pytest.mark.parametrize("weeks", [13, 53])
def test_names_of_months_have_one_size_however_many_weeks_are_drawn(weeks: int) -> None:
    mondays = tuple(date(2025, 3, 17) + timedelta(weeks=n) for n in range(weeks))
    year = replace(YEAR, weeks=mondays, entries=(1,) * weeks, topics=(), lenses=())
    (scale,) = html.document_fromstring(page(year)).xpath("//*[@class='scale']")
    assert scale.get("viewbox") == "0 0 530 22"
    places = [int(name.get("x")) for name in scale.xpath("./*[local-name()='text']")]
    assert places == sorted(places)
    assert places[-1] < 530 - 25, "the last name ends with the chart"


def test_without_topics_the_hollow_bar_is_told_too() -> None:
    for year in (YEAR, replace(YEAR, topics=())):
        assert text(page(year)).count("The hollow bar is the week that is not over") == 1


def test_nothing_yet_says_so() -> None:
    assert "Nothing to count yet" in text(page(None))
    assert "Nothing to count yet" in text(page(replace(YEAR, entries=(0,) * 10)))
    bare = text(page(replace(YEAR, topics=(), lenses=(), rising=(), sources=(), others=(0, 0))))
    assert "Nothing stands out" in bare
    assert "Topics" not in bare


def test_strange_names_stay_text() -> None:
    def named(name: str) -> bytes:
        line = replace(LINE, link="javascript:x", title=name, source=name)
        return page(
            replace(YEAR, topics=(Topical(name, YEAR.entries),), sources=((name, 3),),
                    rising=(RisingTerm(name, (line,), 5, 1),))
        )  # fmt: skip

    kinds = [[one.tag for one in html.document_fromstring(named(name)).iter()] for name in (HOSTILE, "x")]
    assert kinds[0] == kinds[1]
    assert "javascript:" not in "".join(hrefs(named(HOSTILE)))
