from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from aggregator.polling.outages import MOST, after, lasts, offline_between
from tests.makers import DAY, HOUR, NOW


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def kept(*hours: tuple[float, float]) -> str:
    """Outages from and to so many hours before now."""
    return json.dumps([[text(NOW - began * HOUR), text(NOW - ended * HOUR)] for began, ended in hours])


def test_an_outage_from_its_first_pass_to_its_end() -> None:
    meta: dict[str, str] = {}
    assert not lasts(meta.get)
    for hour, offline in enumerate((False, True, True, False, False, True, False)):
        now = NOW + hour * HOUR
        meta |= after(meta.get, offline=offline, now=now)
        assert bool(meta["offline_since"]) == lasts(meta.get) == offline
    assert json.loads(meta["outages"]) == [
        [text(NOW + HOUR), text(NOW + 3 * HOUR)],
        [text(NOW + 5 * HOUR), text(NOW + 6 * HOUR)],
    ]


def test_what_is_old_is_forgotten_and_there_is_a_bound() -> None:
    old = kept((61 * 24, 60 * 24), (60 * 24 + 1, 60 * 24 - 1))
    made = after({"offline_since": text(NOW - HOUR), "outages": old}.get, offline=False, now=NOW)
    assert json.loads(made["outages"]) == json.loads(kept((60 * 24 + 1, 60 * 24 - 1), (1, 0)))
    before = {"offline_since": text(NOW), "outages": kept(*[(2, 1)] * (MOST + 9))}
    many = after(before.get, offline=False, now=NOW)
    assert len(json.loads(many["outages"])) == MOST


@pytest.mark.parametrize(
    ("outages", "since", "hours"),
    [
        ((), None, 0),
        (((5, 2),), None, 3),
        (((5, 2), (1, 0)), None, 4),
        (((30, 20),), None, 4),  # the part inside
        (((30, 25),), None, 0),
        (((30, -30),), None, 24),
        (((5, 2), (4, 1)), None, 4),  # a clock that was set back: once
        (((5, 1), (4, 2)), None, 4),
        (((4, 1), (5, 2)), None, 4),
        ((), 3, 3),  # still going on
        ((), 40, 24),
        (((5, 2),), 3, 5),
        ((), -1, 0),
        (((2, 5),), None, 0),  # ends before it begins
    ],
)
def test_the_hours_within_a_day(outages: tuple[tuple[float, float], ...], since: float | None, hours: float) -> None:
    began = text(NOW - since * HOUR) if since is not None else None
    found = offline_between(NOW - DAY, NOW, since=began, kept=kept(*outages) if outages else None)
    assert found == timedelta(hours=hours)


def test_an_empty_text_is_no_outage() -> None:
    assert offline_between(NOW - DAY, NOW, since="", kept="") == timedelta(0)
