from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.entries.identity import content_hash, names_a_page
from aggregator.entries.normalize import normalize
from aggregator.records import Enclosure, Entry, ParsedEntry
from tests.makers import DAY, NOW, entry, parsed

FEED_URL = "https://blog.example.org/feed"


def one(**given: object) -> Entry:
    return normalize(parsed(ParsedEntry(**given)), FEED_URL, NOW)[0]  # type: ignore[arg-type]


def guids(*entries: ParsedEntry) -> list[str]:
    return [made.guid for made in normalize(parsed(*entries), FEED_URL, NOW)]


@pytest.mark.parametrize(
    "raw",
    ["https://blog.example.org/?p=12", "tag:blog.example.org,2026:12", "12", "posts/12", "  spaced  ", "é", "ID-a"],
)
def test_the_raw_guid_is_never_rewritten(raw: str) -> None:
    assert one(id=raw, link="https://blog.example.org/posts/twelve").guid == raw


@pytest.mark.fault(24)
def test_without_a_guid_the_canonical_url_stands_for_it() -> None:
    assert one(link="http://www.blog.example.org/a/?utm_source=rss").guid == "https://blog.example.org/a"


def test_without_guid_and_link_what_it_says_is_its_guid_whatever_its_date_and_place() -> None:
    story = ParsedEntry(title="Night shift", summary="The bakers wrote a manual.", published=NOW)
    other = ParsedEntry(title="Day shift", summary="Nobody wrote anything.")
    first, again = guids(story, other), guids(other, story._replace(published=NOW + timedelta(hours=3)))
    assert first == again[::-1]
    assert len(set(first)) == 2
    assert first[0].startswith("sha256:")


def test_untitled_entries_are_told_apart_by_their_text() -> None:
    assert len(guids(ParsedEntry(summary="One thing."), ParsedEntry(summary="Another thing."))) == 2


def test_a_guid_of_64_kilobytes_is_hashed_and_keeps_its_difference() -> None:
    long = "x" * 65536
    made = guids(ParsedEntry(id=long + "a", title="a"), ParsedEntry(id=long + "b", title="b"))
    assert len(set(made)) == 2
    assert all(len(guid) < 100 for guid in made)


@pytest.mark.fault(24)
@pytest.mark.parametrize(
    ("entries", "count"),
    [
        ([ParsedEntry(id="same", link=f"https://e.example/{n}/", title=f"t{n}") for n in range(4)], 4),
        ([ParsedEntry(id="same", title=f"t{n}") for n in range(4)], 4),
        ([ParsedEntry(id="https://e.example/", link="https://e.example/", title=f"t{n}") for n in range(4)], 4),
        ([ParsedEntry(id="k" * 998, title=f"t{n}") for n in range(4)], 4),
        ([ParsedEntry(id="same", link="https://e.example/a", title=f"t{n}") for n in range(2)], 1),
        ([ParsedEntry(id="same", title="t"), ParsedEntry(id="same", title="t")], 1),
    ],
    ids=[
        "links differ",
        "no links, titles differ",
        "all link to the front page",
        "a long guid",
        "listed twice",
        "equal",
    ],
)
def test_one_guid_for_all(entries: list[ParsedEntry], count: int) -> None:
    made = guids(*entries)
    assert len(made) == len(set(made)) == count
    assert guids(*reversed(entries)) == made[::-1] if count > 1 else True


@pytest.mark.fault(27)
@pytest.mark.parametrize(
    ("published", "updated", "expected"),
    [
        (NOW - DAY, None, NOW - DAY),
        (None, NOW - DAY, NOW - DAY),
        (None, None, None),
        (datetime(1970, 1, 1, tzinfo=UTC), None, None),
        (datetime(1970, 1, 1, tzinfo=UTC), NOW - DAY, NOW - DAY),
        (datetime(1994, 12, 31, tzinfo=UTC), None, None),
        (datetime(1995, 1, 1, tzinfo=UTC), None, datetime(1995, 1, 1, tzinfo=UTC)),
        (NOW + timedelta(hours=5), None, NOW + timedelta(hours=5)),  # a wrong zone; the store shows it as of now
        (NOW + timedelta(days=2), None, None),
        (NOW + timedelta(days=3650), NOW - DAY, NOW - DAY),
    ],
)
def test_dates_are_sane_or_none(
    published: datetime | None, updated: datetime | None, expected: datetime | None
) -> None:
    assert one(title="t", published=published, updated=updated).published == expected


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("https://e.example/a?utm_source=rss&id=7&fbclid=x", "https://e.example/a?id=7"),
        ("http://e.example/A/", "http://e.example/A/"),
        ("/posts/a", "https://blog.example.org/posts/a"),
        ("a?b=1", "https://blog.example.org/a?b=1"),
        ("//cdn.example.org/a", "https://cdn.example.org/a"),
        ("javascript:alert(1)", None),
        ("mailto:me@example.org", None),
        ("", None),
        (None, None),
    ],
)
def test_the_link_is_absolute_safe_and_without_tracking(link: str | None, shown: str | None) -> None:
    assert one(title="t", link=link).link == shown


def test_relative_addresses_in_the_content_stand_on_the_entry() -> None:
    made = one(
        link="https://blog.example.org/2026/a/", title="t", content='<p><img src="b.png"> <a href="../c">c</a></p>'
    )
    assert 'src="https://blog.example.org/2026/a/b.png"' in made.content
    assert 'href="https://blog.example.org/2026/c"' in made.content


def test_a_base_of_its_own_goes_before_its_link() -> None:
    made = one(
        link="https://blog.example.org/a", base="https://cdn.example.org/x/", title="t", content='<img src="b.png">'
    )
    assert 'src="https://cdn.example.org/x/b.png"' in made.content


def test_nothing_private_or_dangerous_comes_through() -> None:
    made = one(
        title="<b>Hi</b> <script>x</script>there",
        link="https://e.example/a",
        author="Jane\nDoe",
        author_email="jane@e.example",
        content="<p onclick=x>hello<script>alert(1)</script></p>",
        summary="<iframe src='//x'></iframe>s",
        comments="javascript:x",
        image="data:image/png;base64,xx",
        categories=("work\n", "work", " "),
        enclosures=(
            Enclosure("javascript:x"),
            Enclosure("a.mp3", "audio/mpeg", 3),
            Enclosure("a.mp3", "audio/mpeg", 3),
        ),
    )
    told = repr(made)
    assert not [bad for bad in ("script", "onclick", "iframe", "javascript", "data:", "jane@") if bad in told]
    assert (made.title, made.author, made.categories) == ("Hi there", "Jane Doe", ("work",))
    assert made.enclosures == (Enclosure("https://blog.example.org/a.mp3", "audio/mpeg", 3),)
    assert "author_email" not in {field.name for field in fields(Entry)}


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ({"title": "A &amp; B"}, "A & B"),
        ({"enclosures": (Enclosure("https://c.example/a/Show%20%3112.mp3?x=1"),)}, "Show 112"),
        ({"title": "a <b> c", "title_is_text": True}, "a <b> c"),
        ({"summary": "Nobody gave this a title."}, "Nobody gave this a title."),
        ({"link": "https://e.example/a"}, "https://e.example/a"),
        ({}, "Untitled"),
    ],
)
def test_every_entry_has_a_title(given: dict[str, object], title: str) -> None:
    assert one(**given).title == title


def test_text_is_that_of_the_fuller_one() -> None:
    assert one(title="t", summary="<p>short</p>", content="<p>much longer</p><p>text</p>").text == "much longer\n\ntext"
    assert one(title="t", summary="<p>the teaser says more</p>", content="<p>x</p>").text == "the teaser says more"


@pytest.mark.parametrize(
    ("field", "value", "same"),
    [
        ("published", NOW, True), ("updated", NOW, True), ("guid", "other", True), ("categories", ("x",), True),
        ("link", "https://e.example/moved", True), ("title", "x", False), ("content", "<p>x</p>", False),
        ("summary", "x", False), ("author", "x", False), ("enclosures", (Enclosure("https://e.example/a.mp3"),), False),
    ],
)  # fmt: skip
def test_the_hash_is_of_what_the_entry_says(field: str, value: object, same: bool) -> None:
    assert (content_hash(replace(entry(), **{field: value})) == content_hash(entry())) is same  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "answer"),
    [(None, False), ("https://e.example", False), ("https://e.example/a", True), ("https://e.example?p=1", True)],
)
def test_a_front_page_is_no_articles_own(url: str | None, answer: bool) -> None:
    assert names_a_page(url) is answer


_ANY = st.none() | st.text(max_size=40)


_NAMES = ("id", "link", "title", "summary", "content", "author", "image", "comments", "base")


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(_NAMES, _ANY)).map(lambda said: ParsedEntry(**said)), max_size=6))
def test_whatever_comes_every_guid_is_there_once_and_can_be_stored(entries: list[ParsedEntry]) -> None:
    made = normalize(parsed(*entries), FEED_URL, NOW)
    assert len({one.guid for one in made}) == len(made) <= len(entries)
    assert bool(made) == bool(entries)
    for each in made:
        assert each.title
        assert each.guid
        f"{each.guid}{each.canonical_url}{each.link}{each.title}".encode()
