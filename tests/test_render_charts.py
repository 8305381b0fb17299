from __future__ import annotations

from datetime import date

import pytest

from aggregator.records import LensTrend
from aggregator.render.charts import HEIGHT, STEP, by_day, lens_charts
from tests.samples.digests import trend


def test_bars_stand_on_the_ground_one_for_each_day_that_has_entries() -> None:
    (chart,) = lens_charts([trend("alarm", "0201")])
    assert (chart.name, chart.total, chart.width) == ("alarm", 3, 4 * STEP)
    assert [(bar.x, bar.y, bar.height) for bar in chart.bars] == [(11, 0, HEIGHT), (31, HEIGHT / 2, HEIGHT / 2)]
    assert all(bar.y + bar.height == HEIGHT and 0 < bar.width < STEP for bar in chart.bars)
    assert [bar.label for bar in chart.bars] == ["Thursday 12 March: 2 entries", "Saturday 14 March: 1 entry"]


def test_all_lenses_share_one_scale() -> None:
    small, large = lens_charts([trend("alarm", "01"), trend("opportunity", "40")])
    assert (small.bars[0].height, large.bars[0].height) == (HEIGHT / 4, HEIGHT)


def test_one_entry_beside_a_thousand_is_seen() -> None:
    days = ((date(2026, 3, 13), 1000), (date(2026, 3, 14), 1))
    (chart,) = lens_charts([LensTrend("alarm", days)])
    assert chart.bars[1].height >= HEIGHT / 20


@pytest.mark.parametrize("trends", [(), (trend("alarm", "000"),), (trend("alarm", "000"), trend("b", "000"))])
def test_nothing_is_not_drawn(trends: tuple[LensTrend, ...]) -> None:
    assert lens_charts(trends) == ()


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ("012", "3 entries from Thursday 12 March to Saturday 14 March; the most on one day: 2, Saturday 14 March."),
        ("220", "4 entries from Thursday 12 March to Saturday 14 March; the most on one day: 2, Thursday 12 March."),
        ("001", "1 entry from Thursday 12 March to Saturday 14 March; the most on one day: 1, Saturday 14 March."),
        ("000", "0 entries from Thursday 12 March to Saturday 14 March."),
    ],
)
def test_a_chart_in_words(numbers: str, told: str) -> None:
    assert lens_charts([trend("alarm", numbers), trend("other", "999")])[0].description == told


def test_a_chart_as_a_table() -> None:
    assert by_day([trend("alarm", "012"), trend("opportunity", "340")]) == (
        (date(2026, 3, 14), (2, 0)),
        (date(2026, 3, 13), (1, 4)),
        (date(2026, 3, 12), (0, 3)),
    )
    assert by_day([]) == ()
