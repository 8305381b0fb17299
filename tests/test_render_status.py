"""The page of the sources: what needs attention first, in words, with its rhythm; and its twin for programs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from lxml import html

from aggregator.records import Brought, SourceHealth, State
from aggregator.render.site import Site
from aggregator.render.status import IN_FULL, LISTED, status, status_json

SITE = Site("Future of Work", "https://example.org/fow/", ZoneInfo("Europe/Berlin"))
NOW = datetime(2026, 3, 14, 9, 12, tzinfo=UTC)


def health(title: str, state: State, **fields: object) -> SourceHealth:
    made = SourceHealth(
        url="https://notes.example/feed",
        title=title,
        state=state,
        last_success_at=NOW - timedelta(minutes=23),
        next_poll_at=NOW + timedelta(minutes=37),
        reason="every 1h",
        failures=0,
        error=None,
        entries=12,
        typical_gap_s=86400 * 3,
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def text(page: bytes) -> str:
    return " ".join(html.document_fromstring(page).text_content().split())


def test_status_json_is_the_contract() -> None:
    made = json.loads(status_json([health("A", "ok")], last_digest=date(2026, 3, 14), offline=False))
    assert made == {
        "sources": [
            {
                "url": "https://notes.example/feed",
                "title": "A",
                "state": "ok",
                "last_success_at": "2026-03-14T08:49:00Z",
                "next_poll_at": "2026-03-14T09:49:00Z",
                "reason": "every 1h",
                "failures": 0,
                "error": None,
                "entries": 12,
                "typical_gap_s": 259200,
            }
        ],
        "last_digest": "2026-03-14",
        "offline": False,
    }
    assert json.loads(status_json([], last_digest=None, offline=True))["last_digest"] is None


def test_status_shows_what_needs_attention_first() -> None:
    rows = [
        health("Fine one", "ok"),
        health("Broken one", "failing", failures=4, error="its server fails (503)"),
        health("Gone one", "gone"),
        health("Fresh one", "new", last_success_at=None, typical_gap_s=None),
    ]
    told = text(status(rows, checked_at=NOW, offline=False, site=SITE))
    names = ("Gone one", "failing, 4 times in a row", "All the others", "Fresh one", "Fine one")
    places = [told.index(name) for name in names]
    assert places == sorted(places)
    assert "4 sources, 2 worth a look" in told
    assert "its server fails (503)" in told
    assert "Last read 23 minutes ago · next in 37 minutes: every 1h · 12 entries, usually one every 3 days" in told
    assert "Never read yet" in told
    assert "offline" not in told


@pytest.mark.parametrize("state", ["paused", "gone", "quarantined", "failing", "moved", "silent", "new", "ok"])
def test_every_state_has_words(state: State) -> None:
    assert status([health("A", state)], checked_at=NOW, offline=True, site=SITE).count(b'class="state"') == 1


def test_status_says_offline_and_all_well() -> None:
    told = text(status([health("A", "ok")], checked_at=NOW, offline=True, site=SITE))
    assert "seemed to be offline" in told
    assert "1 source, all well" in told
    assert "There is no source yet" in text(status([], checked_at=NOW, offline=False, site=SITE))


def test_each_source_tells_what_it_brought_and_its_rhythm_without_colour_or_sight() -> None:
    brought = Brought((0, 3, 0, 1), news=26, folded=1, backlog=12)
    made = status([health("A", "ok")], checked_at=NOW, offline=False, site=SITE, brought=lambda _: brought)
    assert "26 in the feed, 1 copy of what others had first, 12 from before it was added" in text(made)
    chart = html.document_fromstring(made).xpath("//*[local-name()='svg']")[0]
    assert chart.get("aria-label") == "4 entries in 4 weeks, at most 3 in one; the last week: 1"
    assert chart.xpath("./*[local-name()='path']/@d")[0].count("M") == 2
    assert b"<svg" not in status(
        [health("A", "ok")], checked_at=NOW, offline=False, site=SITE, brought=lambda _: Brought((0,))
    )


def test_the_mistake_in_the_file_stands_first_and_our_own_outages_last() -> None:
    wrong = "feeds.yaml:3:5: no such key: titel, meant: title?\nfeeds.yaml:9:1: a second thing"
    outages = [(NOW - timedelta(days=2), NOW - timedelta(days=2) + timedelta(hours=3)), (NOW, None)]
    told = text(status([health("A", "gone")], checked_at=NOW, offline=True, site=SITE, wrong=wrong, outages=outages))
    places = [told.index(words) for words in ("not in force", "meant: title?", "a second thing", "seemed to be offline",
                                              "Worth a look", "until now", "3 hours")]  # fmt: skip
    assert places == sorted(places)
    assert "not in force" not in text(status([health("A", "ok")], checked_at=NOW, offline=False, site=SITE, wrong=""))


def test_two_thousand_sources_are_a_page_that_stays_small() -> None:
    weeks = Brought(tuple(range(53)), news=100)
    rows = [health(f"Source {n}", "failing" if n % 2 else "ok", failures=2) for n in range(2000)]
    made = status(rows, checked_at=NOW, offline=False, site=SITE, brought=lambda _: weeks)
    assert made.count(b"<svg") == IN_FULL
    assert len(made) < 1_500_000
    assert all(f">Source {n}<".encode() in made or f"Source {n}</a>".encode() in made for n in (0, 1, 1998, 1999))


def test_of_very_many_the_page_lists_some_and_counts_the_rest() -> None:
    rows = [health(f"Source {n}", "ok") for n in range(LISTED + 7)]
    made = status(rows, checked_at=NOW, offline=False, site=SITE)
    assert "And 7 others, each of them in status.json" in text(made)
    assert made.count(b"<tr>") == LISTED + 1


def test_who_fails_again_and_again_is_told_the_cure() -> None:
    for failures, cure in ((1, False), (5, True)):
        made = status([health("A", "failing", failures=failures)], checked_at=NOW, offline=False, site=SITE)
        assert ("aggregator doctor" in text(made)) == cure
