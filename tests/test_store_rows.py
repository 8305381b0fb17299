from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.entries.duplicates import marks
from aggregator.entries.identity import content_hash
from aggregator.records import Enclosure, Entry, Hints, Packed
from aggregator.store.rows import (
    pack_entry,
    pack_hints,
    pack_marks,
    packed,
    to_text,
    to_time,
    unpack_entry,
    unpack_head,
    unpack_hints,
    unpack_marks,
    unpack_text,
)
from tests.makers import NOW, entry, words

FULL = Entry(
    "guid", "https://e.example/a", "https://www.e.example/a", "Title", "<p>s</p>", "<p>c</p>", "c", "Jo", NOW, NOW,
    "de",
    ("work", "skills"), (Enclosure("https://e.example/a.mp3", "audio/mpeg", 7), Enclosure("https://e.example/b")),
    "https://e.example/a#comments", "https://e.example/a.png", 0)  # fmt: skip
BARE = Entry("guid", None, None, "", "", "", "")


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (NOW, "2026-03-14T07:00:00Z"),
        (datetime(2026, 3, 14, 8, 0, 0, 999999, tzinfo=timezone(timedelta(hours=1))), "2026-03-14T07:00:00Z"),
        (None, None),
    ],
)
def test_times_are_utc_text_in_whole_seconds(moment: datetime | None, text: str | None) -> None:
    assert to_text(moment) == text
    assert to_time(text) == (moment.replace(microsecond=0) if moment else None)


@given(st.datetimes(datetime(1995, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))
def test_text_sorts_as_time_does(moment: datetime) -> None:
    assert (str(to_text(moment)) <= str(to_text(NOW))) == (moment.replace(microsecond=0) <= NOW)


@pytest.mark.parametrize("one", [FULL, BARE])
def test_an_entry_comes_back_whole(one: Entry) -> None:
    assert unpack_entry(pack_entry(one)) == one


@pytest.mark.parametrize("one", [FULL, BARE])
def test_what_older_versions_packed_is_read_for_ever(one: Entry) -> None:
    assert unpack_entry(as_before(one)) == one


def as_before(one: Entry) -> bytes:
    data = {name: value for name, value in asdict(one).items() if value or value == 0}
    old = json.dumps(data, default=to_text, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(old.encode(), 1)


@pytest.mark.parametrize("pack", [pack_entry, as_before])
@pytest.mark.parametrize("one", [FULL, BARE])
def test_a_part_of_an_entry_is_read_alone(one: Entry, pack: Callable[[Entry], bytes]) -> None:
    shorter = replace(one, summary="", content=one.content[:2])
    assert unpack_entry(pack(one), lambda content: content[:2]) == shorter
    assert unpack_text(pack(one)) == one.text
    head = unpack_head(pack(one))
    assert (head.get("title", ""), head.get("link"), head.get("language")) == (one.title, one.link, one.language)


@given(st.tuples(*[st.text()] * 4), st.none() | st.text(), st.tuples(st.text(min_size=1)))
def test_any_text_comes_back_but_for_what_utf_8_cannot_hold(
    texts: tuple[str, str, str, str], author: str | None, categories: tuple[str, ...]
) -> None:
    back = unpack_entry(pack_entry(Entry("g", None, None, *texts, author or None, categories=categories)))
    assert (back.title, back.summary, back.content, back.text, back.author, back.categories) == (
        *map(_storable, texts),
        _storable(author) if author else None,
        tuple(map(_storable, categories)),
    )


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


@pytest.mark.parametrize(
    "hints",
    [
        Hints(),
        Hints(ttl=timedelta(minutes=90), skip_hours=(0, 23), skip_days=("monday",), hubs=("https://hub.example/",),
              new_feed_url="https://e.example/new", prev_archive="https://e.example/archive"),
    ],
)  # fmt: skip
def test_hints_come_back_whole(hints: Hints) -> None:
    assert unpack_hints(pack_hints(hints)) == hints


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_marks_come_back(those: list[int]) -> None:
    assert unpack_marks(pack_marks(those)) == tuple(those)


def test_packed_is_all_that_the_store_wants_to_know() -> None:
    one = entry("g1", text=words(80))
    assert packed(one) == Packed(pack_entry(one), content_hash(one), marks(one))
