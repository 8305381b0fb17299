"""Each source's health, from a real store."""

from __future__ import annotations

from dataclasses import replace

from aggregator.polling import survey
from aggregator.records import Source
from tests.makers import DAY, HOUR, NOW, ONE, THREE, TWO, Desk, entry, source


def test_health_of_each_source_in_the_order_of_the_file() -> None:
    desk = Desk(source(ONE, title="The Desk"), TWO, source(THREE, paused=True))
    with desk.store.transaction():
        for url, given in ((ONE, {"success_at": NOW, "next_poll_at": NOW + HOUR, "reason": "every 1 h"}),
                           (TWO, {"failures": 3, "error": "not found (404)", "next_poll_at": NOW}),
                           (THREE, {"next_poll_at": NOW})):  # fmt: skip
            desk.store.sources.save(replace(desk.store.sources.states()[url], **given))  # type: ignore[arg-type]
    desk.bring(ONE, *(entry(f"g{n}", published=NOW - n * DAY) for n in range(5)))
    rows = survey.health(desk.config, desk.store, desk.view(), desk.now)
    told = [(row.title, row.state, row.entries, row.typical_gap_s, row.next_poll_at, row.error) for row in rows]
    assert told == [
        ("The Desk", "ok", 5, 86400, NOW + HOUR, None),
        ("two.example.org", "failing", 0, None, NOW, "not found (404)"),
        ("three.example.org", "paused", 0, None, None, None),
    ]
    desk.bring(ONE, entry("held"), standing="held")
    assert survey.health(desk.config, desk.store, desk.view(), desk.now)[0].state == "quarantined"


def test_a_line_that_no_pass_has_seen_is_left_out() -> None:
    desk = Desk(ONE)
    longer = replace(desk.config, sources=(Source(TWO), Source(ONE)))
    assert [one.url for one in survey.followed(longer, desk.store.sources.states()).sources] == [ONE]
