"""Every form of date that feeds carry, and garbage that must not become one."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.dates import parse_date
from tests.corpus import ROOT as CORPUS
from tests.corpus import needs_corpus

READ = {
    # RFC 822 as it should be, and with every sloppiness
    "Thu, 12 Mar 2026 08:15:30 +0100": "2026-03-12T07:15:30",
    "12 Mar 2026 08:15 GMT": "2026-03-12T08:15:00",
    "Thu,12 Mar 26 08:15:30 EST": "2026-03-12T13:15:30",
    "Thu, 12 Mar 2026 08:15 EDT": "2026-03-12T12:15:00",
    "Thu, 12 Mar 2026 08:15:30 PST": "2026-03-12T16:15:30",
    "Thu, 12 Mar 2026 08:15 +0530": "2026-03-12T02:45:00",
    "Thu, 12 Mar 1999 08:15:30 PDT": "1999-03-12T15:15:30",
    "12 Mar 99 08:15:30 Z": "1999-03-12T08:15:30",
    "Thu, 12th March 2026 08:15:30 CEST": "2026-03-12T06:15:30",
    "Thursday, March 12, 2026 - 3:09pm": "2026-03-12T15:09:00",
    "Mar. 12, 2026, 12:37 a.m.": "2026-03-12T00:37:00",
    "12 Mar 2026 12:00 PM": "2026-03-12T12:00:00",
    "Thu, 12 Mar 2026 08:15:30 GMT-07:00": "2026-03-12T15:15:30",
    "Thu, 12 Mar 2026 08:15:30 Europe/Berlin": "2026-03-12T07:15:30",
    "Thu Mar 12 2026 08:15:30 GMT+0000 (Coordinated Universal Time)": "2026-03-12T08:15:30",
    "Thu Mar 12 08:15:30 2026": "2026-03-12T08:15:30",
    "Thu (a comment), 12(th) Mar(ch) 2026 08:15 +0000": "2026-03-12T08:15:00",
    "12-Mar-2026 08:15": "2026-03-12T08:15:00",
    "Mon, 09 Mar 2026": "2026-03-09T00:00:00",
    "Mar 2026": "2026-03-01T00:00:00",
    # W3CDTF and the rest of ISO 8601
    "2026": "2026-01-01T00:00:00",
    "2026-03": "2026-03-01T00:00:00",
    "2026-03-12": "2026-03-12T00:00:00",
    "20260312": "2026-03-12T00:00:00",
    "260312": "2026-03-12T00:00:00",
    "2026-071": "2026-03-12T00:00:00",
    "2026-W11-4": "2026-03-12T00:00:00",
    "2026-03-12T08:15Z": "2026-03-12T08:15:00",
    "2026-03-12T08:15:30.987654321-05:00": "2026-03-12T13:15:30",
    "2026-03-12 08:15:30 UTC": "2026-03-12T08:15:30",
    "2026-03-12T08:15:30 +0200": "2026-03-12T06:15:30",
    "2026-03-12T24:00:00Z": "2026-03-13T00:00:00",
    "2026-06-30T23:59:60Z": "2026-07-01T00:00:00",
    "20260312081530": "2026-03-12T08:15:30",
    # Unix seconds and milliseconds
    "1773303330": "2026-03-12T08:15:30",
    "1773303330123": "2026-03-12T08:15:30",
    # numbers only: a weekday or the size of the numbers tell, else the custom of the mark
    "2026/03/12 08:15:30": "2026-03-12T08:15:30",
    "26/03/2026": "2026-03-26T00:00:00",
    "03/12/2026 4:20 pm PST": "2026-03-13T00:20:00",
    "12.03.26": "2026-03-12T00:00:00",
    "12-03-2026 08:15": "2026-03-12T08:15:00",
    # other languages
    "Do, 12 Mär 2026 08:15:30 +0100": "2026-03-12T07:15:30",
    "Donnerstag, 12. März 2026 um 08:15 Uhr": "2026-03-12T08:15:00",
    "jeu., 12 févr. 2026 08:15:30 +0000": "2026-02-12T08:15:30",
    "mar., 01 déc. 2026 16:11:02 +0000": "2026-12-01T16:11:02",
    "12 de agosto de 2026": "2026-08-12T00:00:00",
    "gio, 12 dic 2026 08:15:30 +0000": "2026-12-12T08:15:30",
    "2026-március-12T8:15+01:00": "2026-03-12T07:15:00",
    "qui, 12 fev 2026 08:15:30 -0300": "2026-02-12T11:15:30",
    "do 12 mrt 2026 08:15": "2026-03-12T08:15:00",
    "czw., 12 października 2026": "2026-10-12T00:00:00",
    "12 maj 2026": "2026-05-12T00:00:00",
    "Чт, 12 марта 2026 08:15:30 +0300": "2026-03-12T05:15:30",
    "Πεμ, 12 Ιούλ 2026 12:00:00 EST": "2026-07-12T17:00:00",
    "2026년 03월 12일 08:15:30": "2026-03-11T23:15:30",
    "2026-03-12 오후 8:15:30": "2026-03-12T11:15:30",
    "2026年3月12日 08:15": "2026-03-12T08:15:00",
    "  2026-03-12\n": "2026-03-12T00:00:00",
}

REFUSED = [
    "",
    "1Mär1z",
    " ",
    "invalid",
    "yesterday",
    "3 hours ago",
    "12:30",
    "013",
    "22013",
    "0000-00-00",
    "2026-13-01",
    "2026-02-30",
    "31 Feb 2026 10:00:00 GMT",
    "2026-03-12T25:00:00Z",
    "2026-03-12T10:61:00Z",
    "2026-03-12T10:14:61Z",
    "9999-12-31T23:59:59-99:99",
    "9999-12-31T23:59:59-01:00",
    "Sun, 16 Dec 2012 1:2:3:4 GMT",
    "Sun, Dec x 2012 11:47:32 GMT",
    "Sun, 16 Dec zz 11:47:32 GMT",
    "Sun, 16 Dec 2012 11:47:32 +zz:00",
    "Thu, 12 Mar 2026 08:15:30 Nowhere/Land",
    "12 Mar 2026 14 Apr 2027",
    "99999999999999",
    "12 March 2026" + " " * 500 + "x",
]


@pytest.mark.parametrize(("text", "expected"), READ.items())
def test_a_date_is_read(text: str, expected: str) -> None:
    assert parse_date(text) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", REFUSED)
def test_garbage_is_no_date(text: str) -> None:
    assert parse_date(text) is None


_PIECES = [
    "12",
    "2026",
    "Mar",
    "mars",
    ":",
    "08:15",
    "+0100",
    "T",
    "-",
    "/",
    ".",
    " ",
    "PM",
    "오후",
    "年",
    "Z",
    "x",
    "9",
]


@given(st.one_of(st.text(max_size=200), st.lists(st.sampled_from(_PIECES), max_size=12).map("".join)))
def test_it_never_raises_and_is_always_utc(text: str) -> None:
    moment = parse_date(text)
    assert moment is None or moment.tzinfo is UTC


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)))
def test_the_usual_forms_come_back(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    assert parse_date(moment.isoformat()) == moment
    assert parse_date(moment.strftime("%a, %d %b %Y %H:%M:%S +0000")) == moment


@needs_corpus
def test_the_collected_dates() -> None:
    """Of all dates that other projects collected, all but one in fifty are read as they say."""
    lines = (CORPUS / "corpus" / "oracle" / "values-dates" / "values.jsonl").read_text("utf-8").splitlines()
    wrong = [value["input"] for value in map(json.loads, lines) if not _agrees(value["input"], value["expect"])]
    assert len(wrong) <= len(lines) / 50, wrong


def _agrees(text: str, expected: str | None) -> bool:
    moment = parse_date(text)
    if expected == "parseable":
        return moment is not None
    if expected is not None and expected.startswith("invalid"):
        return True
    return (moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None) == expected
