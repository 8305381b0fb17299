"""What was read before is known by its sign, and only then."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest

from aggregator.entries.identity import content_hash
from aggregator.entries.normalize import normalize, normalize_anew
from aggregator.entries.signs import SAID, SIGN, Signer, pack_signs, unpack_signs
from aggregator.records import Enclosure, Entry, Outline, ParsedEntry
from tests.makers import DAY, HOUR, NOW, entry, parsed

URL = "https://blog.example.org/feed"
NIGHT = ParsedEntry(
    id="night",
    link="/posts/night?utm_source=rss",
    title="Night &amp; day",
    summary="<p>The bakers wrote a manual.</p>",
    content="<p>The bakers wrote a <a href='/manual'>manual</a>.</p>",
    published=NOW - DAY,
)
OTHER: dict[str, Any] = {
    **dict.fromkeys(ParsedEntry._fields, "other"),
    "title_is_text": True,
    "published": NOW,
    "updated": NOW,
    "categories": ("other",),
    "duration": 7,
    "enclosures": (Enclosure("https://blog.example.org/a.mp3"),),
}


def sign(one: ParsedEntry = NIGHT, base: str = URL, **feed: str) -> bytes:
    return Signer(parsed(**feed), base).sign(one)


def test_the_same_words_have_the_same_sign_wherever_they_come_from() -> None:
    copy = NIGHT._replace(content="".join(list(NIGHT.content or "")), published=datetime(2026, 3, 13, 7, tzinfo=UTC))
    assert sign(copy) == sign()
    assert len(sign()) == SIGN


@pytest.mark.parametrize("name", ParsedEntry._fields)
def test_whatever_the_publisher_changes_it_is_another_sign(name: str) -> None:
    assert sign(NIGHT._replace(**{name: OTHER[name]})) != sign()


def test_what_else_normalizing_reads_is_in_the_sign() -> None:
    another_version = Signer(parsed(), URL, "99.0").sign(NIGHT)
    around = {sign(), sign(base="https://other.example/"), sign(title="Other"), sign(language="de"), another_version}
    assert len(around) == 5


def test_no_field_of_the_feed_that_normalizing_reads_was_forgotten() -> None:
    """Every other field of a document may change without an entry being read otherwise."""
    feed = parsed(NIGHT, self_link="https://other.example/", generator="Other 1", description="other", author="Other")
    assert normalize(feed, URL, NOW) == normalize(parsed(NIGHT), URL, NOW)


def test_signs_are_packed_24_bytes_an_entry_and_come_back() -> None:
    made = {sign(NIGHT._replace(id=str(n))): content_hash(entry(text=f"Version {n}.")) for n in range(3)}
    assert len(pack_signs(made.items())) == 3 * (SIGN + SAID)
    assert unpack_signs(pack_signs(made.items())) == made
    assert unpack_signs(b"") == {}


@pytest.mark.parametrize(
    "one",
    [
        NIGHT,
        NIGHT._replace(id=None),
        NIGHT._replace(link=None),
        NIGHT._replace(published=None, updated=NOW - HOUR),
        NIGHT._replace(published=NOW + 3 * DAY),
        NIGHT._replace(id="g" * 2000),
    ],
)
def test_a_familiar_entry_is_known_by_what_the_whole_one_is(one: ParsedEntry) -> None:
    ((before, whole),) = normalize_anew(parsed(one), URL, NOW, {})
    ((after, again),) = normalize_anew(parsed(one), URL, NOW, {before: content_hash(whole)})
    assert isinstance(again, Outline)
    assert not isinstance(whole, Outline)
    for name in ("guid", "canonical_url", "link", "title", "published"):
        assert getattr(again, name) == getattr(whole, name)
    assert (again.content, again.text, content_hash(again)) == ("", "", content_hash(whole))
    assert after == before


@pytest.mark.parametrize(
    "one", [NIGHT._replace(title=None), NIGHT._replace(title="<img src=a>"), NIGHT._replace(id=None, link=None)]
)
def test_an_entry_that_its_text_names_is_read_whole(one: ParsedEntry) -> None:
    whole = normalize_anew(parsed(one), URL, NOW, {})
    assert normalize_anew(parsed(one), URL, NOW, {sign: content_hash(entry) for sign, entry in whole}) == whole


def test_a_date_that_was_too_far_ahead_counts_when_it_is_not_any_more() -> None:
    one = parsed(NIGHT._replace(published=NOW + 3 * DAY))
    ((before, first),) = normalize_anew(one, URL, NOW, {})
    ((_, later),) = normalize_anew(one, URL, NOW + 3 * DAY, {before: content_hash(first)})
    assert isinstance(later, Outline)
    assert (first.published, later.published) == (None, NOW + 3 * DAY)


def test_guids_that_stand_twice_are_told_apart_also_where_one_is_familiar() -> None:
    twin = NIGHT._replace(link="/posts/other", title="Other")
    ((before, one),) = normalize_anew(parsed(NIGHT), URL, NOW, {})
    both = [entry for _, entry in normalize_anew(parsed(twin, NIGHT), URL, NOW, {before: content_hash(one)})]
    assert [one.guid for one in both] == [one.guid for one in normalize(parsed(twin, NIGHT), URL, NOW)]
    assert [isinstance(one, Outline) for one in both] == [False, True]


def test_a_familiar_entry_has_every_field_of_an_entry() -> None:
    assert [one.name for one in fields(Outline)][:-1] == [one.name for one in fields(Entry)]
