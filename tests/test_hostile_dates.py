"""Hostile dates and ids (section D): nothing before 1995 or after the poll, no entry lost or announced twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from aggregator.entries.match import match
from aggregator.parse.document import parse_and_normalize
from aggregator.records import Entry
from tests.corpus import ROOT as CORPUS
from tests.corpus import needs_corpus
from tests.makers import DAY, HOUR, NOW, ONE, Desk

FILE = CORPUS / "hostile" / "dates.txt"
COLLECTED = (
    [line for line in FILE.read_text("utf-8").splitlines() if not line.startswith("#")] if FILE.is_file() else []
)
CASES: dict[str, list[str | None]] = {f"D{number:02}": [text] for number, text in enumerate(COLLECTED, 1)}
CASES |= {f"D{number:02}": [] for number in range(len(COLLECTED) + 1, 18)}
CASES |= {
    "D18": [format_datetime(NOW + DAY), (NOW + DAY).isoformat(), (NOW + timedelta(hours=23)).isoformat()],
    "D19": [format_datetime(NOW + 3653 * DAY), (NOW + 3653 * DAY).isoformat()],
    "D20": [
        None, "", " ", "Thu, 01 Jan 1970 00:00:01 GMT", "30 Jun 2015 23:59:60 GMT", "Sun, 06 Nov 94 08:49:37 GMT",
        "vendredi 13 mars 2026", "13 de marzo de 2026", "2026-03-13T10:00:00+25:00", "1e400", "9" * 10_000,
    ],
}  # fmt: skip


LONG = "g" * 65_536 + "{n}"


def item(inside: str) -> bytes:
    return f"<rss version='2.0'><channel><title>x</title>{inside}</channel></rss>".encode()


def entries(body: bytes, url: str = ONE) -> tuple[Entry, ...]:
    return parse_and_normalize(body, url, None, NOW)[1]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, id=name, marks=[pytest.mark.hostile(name), *([] if name >= "D18" else [needs_corpus])])
        for name in CASES
    ],
)
def test_a_hostile_date_comes_out_sane_or_not_at_all(name: str) -> None:
    for number, text in enumerate(CASES[name]):
        date = "" if text is None else f"<pubDate>{text}</pubDate>"
        found = entries(item(f"<item><title>Entry {number}</title><guid>{number}</guid>{date}</item>"))
        assert len(found) == 1
        desk = Desk(ONE)
        desk.bring(ONE, *found)
        shown = desk.titled(f"Entry {number}").published
        assert datetime(1995, 1, 1, tzinfo=UTC) <= shown <= NOW
        assert f"<published>{shown:%Y-%m-%dT%H:%M:%S}" in desk.files()["atom.xml"].decode()


def announced(*polls: bytes) -> list[list[str]]:
    """What each poll of one source announces."""
    desk, told, before = Desk(ONE), [], None
    for number, body in enumerate(polls):
        now = NOW + number * HOUR
        changes = match(
            parse_and_normalize(body, ONE, None, now)[1], desk.store.entries.known(desk.key(ONE)), before, now
        )
        told.append([entry.title for entry, standing in changes.new if standing == "news"])
        for entry, standing in changes.new:
            desk.bring(ONE, entry, standing=standing)
        before = now
    return told


def three(guid: str, scheme: str = "https", host: str = "blog.example") -> bytes:
    """Three entries; `{n}` in the guid is their number."""
    return item(
        "".join(
            f"<item><title>Entry {n}</title><link>{scheme}://{host}/{n}</link><guid>{guid.format(n=n)}</guid>"
            f"<pubDate>{format_datetime(NOW - n * HOUR)}</pubDate><description>What {n} tells.</description></item>"
            for n in (1, 2, 3)
        )
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(three(""), three(""), id="D21", marks=pytest.mark.hostile("D21")),
        pytest.param(three(LONG), three(LONG), id="D22", marks=pytest.mark.hostile("D22")),
        pytest.param(three("same"), three("same"), id="D23", marks=pytest.mark.hostile("D23")),
        pytest.param(three("{n}"), three("{n}"), id="D24", marks=pytest.mark.hostile("D24")),
        pytest.param(three("/{n}"), three("/{n}"), id="D25", marks=pytest.mark.hostile("D25")),
        pytest.param(
            three("http://blog.example/{n}", "http"), three("https://blog.example/{n}"), id="D26",
            marks=pytest.mark.hostile("D26"),
        ),
    ],
)  # fmt: skip
def test_each_entry_is_announced_once_whatever_its_guid(first: bytes, second: bytes) -> None:
    assert announced(first, second) == [["Entry 1", "Entry 2", "Entry 3"], []]
