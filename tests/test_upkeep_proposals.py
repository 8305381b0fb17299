"""Proposals for feeds.yaml: each with its evidence, none on one sighting, at most one edit for a source."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aggregator.polling.rhythm import Silence
from aggregator.records import Source
from aggregator.upkeep.proposals import Proposal, Record, proposals
from tests.makers import ONE, THREE, TWO, state

NOW = datetime(2026, 3, 14, 7, 0, tzinfo=UTC)
DAY = timedelta(days=1)
QUIET = Silence(days=40, typical=7, longest=14, limit=30)


def record(url: str = ONE, line: int = 2, articles: Mapping[str, datetime] | None = None, **fields: Any) -> Record:
    quiet, paused = fields.pop("silence", None), fields.pop("paused", False)
    known = state(line, url, **{"success_at": NOW, "polled_at": NOW} | fields)
    return Record(Source(url, line=line, paused=paused), known, articles or {}, quiet)


def articles(first: int, last: int, site: str = "a") -> dict[str, datetime]:
    return {f"https://{site}.example/{n}": NOW - n * DAY for n in range(first, last)}


def found(*records: Record, **more: Any) -> list[Proposal]:
    return proposals(records, more.get("better", {}), more.get("https", ()))


MOVED = {"moved_to": "https://new.example/feed", "moved_since": NOW - 9 * DAY, "moved_seen": 12}


@pytest.mark.parametrize(
    ("one", "kind", "evidence", "keys", "remove"),
    [
        (record(**MOVED), "moved",
         "redirects for good to https://new.example/feed, seen 12 times since 2026-03-05",
         {"url": "https://new.example/feed"}, False),
        (record(gone=True, gone_at=NOW - 3 * DAY, failures=3), "gone",
         "its server says that it is gone for good (410) since 2026-03-11", {}, True),
        (record(silence=QUIET), "silent",
         "silent for 40 days, its rhythm is weekly, its longest pause was 14 days", {"paused": True}, False),
        (record(failures=9, error="not found (404)", success_at=NOW - 5 * DAY), "broken",
         "not found (404), 9 times in a row since 2026-03-09", {}, False),
        (record(quiet_polls=25), "validators",
         "25 polls in a row brought the whole feed again though nothing in it was new", {}, False),
    ],
)  # fmt: skip
def test_what_is_found_is_told_with_its_evidence(
    one: Record, kind: str, evidence: str, keys: dict[str, object], remove: bool
) -> None:
    (told,) = found(one)
    assert (told.kind, told.evidence, dict(told.keys), told.remove) == (kind, evidence, keys, remove)
    assert told.has_edit or told.advice


@pytest.mark.parametrize(
    "one",
    [
        record(),
        record(**MOVED | {"moved_seen": 2}),  # a maintenance page redirects, too
        record(**MOVED | {"moved_since": NOW - DAY}),
        record(failures=2, error="its server fails (500)", success_at=NOW - 9 * DAY),
        record(failures=9, error="its server fails (500)", success_at=NOW - DAY),  # a bad day
        record(gone_at=NOW, failures=1),  # one 410 may be a slip
        record(quiet_polls=19),
        record(paused=True, **MOVED),  # the user has decided
        record(paused=True, silence=QUIET),
    ],
)
def test_nothing_is_proposed_on_one_sighting(one: Record) -> None:
    assert found(one) == []


def test_a_move_to_the_https_of_the_same_address_needs_no_patience() -> None:
    (told,) = found(
        record("http://a.example/feed", moved_to="https://a.example/feed", moved_since=NOW - DAY / 24, moved_seen=1)
    )
    assert told.keys == {"url": "https://a.example/feed"}


def test_a_source_that_moved_to_another_one_is_a_duplicate_of_it() -> None:
    (told,) = found(record(**MOVED | {"moved_to": TWO + "/"}), record(TWO, 7))
    assert (told.kind, told.remove) == ("duplicate", True)
    assert told.evidence.endswith("which stands on line 7")


def test_two_sources_that_end_at_one_address_leave_one() -> None:
    """The edit must stay a valid file: no address stands in it twice."""
    told = found(record(ONE, 2, **MOVED), record(TWO, 7, **MOVED))
    assert [(one.kind, one.remove) for one in told] == [("moved", False), ("duplicate", True)]
    assert told[1].evidence.endswith("which is that of line 2 then")
    (told_of_broken,) = found(
        record(ONE, 2, failures=1, error="not found (404)"), record(TWO, 3), better={ONE: TWO + "/"}
    )
    assert (told_of_broken.kind, told_of_broken.remove) == ("duplicate", True)
    assert told_of_broken.evidence.endswith("which stands on line 3")


@pytest.mark.parametrize("first", [ONE, TWO])
def test_of_two_that_are_one_never_both_are_taken_out(first: str) -> None:
    """One redirects to the other and so brings its entries: one line stays, with the address that answers."""
    target = TWO if first == ONE else ONE
    moved = record(first, 2, articles(0, 9), **MOVED | {"moved_to": target})
    told = found(*sorted([moved, record(target, 5, articles(0, 9))], key=lambda one: one.source.line))
    assert [one.remove for one in told].count(True) == 1
    stays = next((one for one in told if not one.remove), None)
    assert stays is None or stays.keys == {"url": target}


def test_two_sources_with_the_same_entries() -> None:
    first, same, other = record(ONE, 2, articles(0, 20)), record(TWO, 3, articles(0, 19)), record(THREE, 4)
    (told,) = found(first, same, other)
    assert (told.source.url, told.remove) == (TWO, True)
    assert told.evidence == f"19 of 19 entries are those of {ONE} on line 2"


def test_of_two_that_are_the_same_the_one_that_works_stays() -> None:
    broken = record(ONE, 2, articles(0, 20), failures=9, error="not found (404)", success_at=NOW - 9 * DAY)
    told = found(broken, record(TWO, 3, articles(0, 20)))
    assert [(one.kind, one.source.url) for one in told] == [("duplicate", ONE)]


@pytest.mark.parametrize(
    "other",
    [
        articles(0, 4),  # too few to say
        articles(0, 20, "b"),
        articles(0, 8) | articles(8, 20, "b"),  # a column that also stands in the magazine
        {url: when for n, (url, when) in enumerate(articles(0, 30).items()) if n % 3 == 0},  # a category of the blog
    ],
)
def test_some_entries_in_common_are_no_duplicate(other: dict[str, datetime]) -> None:
    assert found(record(ONE, 2, articles(0, 30)), record(TWO, 3, other)) == []


def test_what_a_look_at_the_web_has_found() -> None:
    broken = record(ONE, 2, failures=1, error="not found (404)", success_at=NOW - DAY)
    plain = record("http://plain.example/feed", 3)
    told = found(broken, plain, better={ONE: TWO}, https=["http://plain.example/feed"])
    assert [(one.kind, dict(one.keys)) for one in told] == [
        ("broken", {"url": TWO}),
        ("https", {"url": "https://plain.example/feed"}),
    ]
    assert TWO in told[0].evidence


def test_a_source_has_one_proposal_and_they_stand_in_the_order_of_the_file() -> None:
    records = [
        record(ONE, 2, silence=QUIET, **MOVED),
        record(TWO, 3, articles(0, 9)),
        record(THREE, 4, articles(0, 9), silence=QUIET),
    ]
    assert [(one.kind, one.source.line) for one in found(*records)] == [("moved", 2), ("duplicate", 4)]
