"""The precedence of each field, element by element, and that the page which shows it says the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aggregator.parse import precedence
from aggregator.parse.feed import parse

PAGE = (Path(__file__).parent.parent / "docs" / "normalization.md").read_text("utf-8")
SPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "googleplay": "http://www.google.com/schemas/play-podcasts/1.0",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "pheedo": "http://www.pheedo.com/namespace/pheedo",
    "xhtml": "http://www.w3.org/1999/xhtml",
}
DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in SPACES.items())
DATES = [f"2026-01-{day:02}" for day in range(1, 20)]
WORDS = [f"word{number}" for number in range(20)]
LINKS = [f"http://e.example/{number}" for number in range(20)]

ENTRY = {
    "id": (precedence.ID, WORDS),
    "link": (precedence.ORIGINAL_LINK, LINKS),
    "title": (precedence.TITLE, WORDS),
    "summary": (precedence.SUMMARY, WORDS),
    "content": (precedence.CONTENT, WORDS),
    "published": (precedence.PUBLISHED, DATES),
    "updated": (precedence.UPDATED, DATES),
    "author": (precedence.AUTHOR, WORDS),
    "rights": (precedence.RIGHTS, WORDS),
    "language": (precedence.LANGUAGE, ["en", "de", "fr"]),
    "source_title": (precedence.SOURCE, WORDS),
}
FEED = {
    "title": (precedence.TITLE, WORDS),
    "description": (precedence.FEED_DESCRIPTION, WORDS),
    "updated": (precedence.FEED_UPDATED, DATES),
    "published": (precedence.FEED_PUBLISHED, DATES),
    "author": (precedence.FEED_AUTHOR, WORDS),
    "copyright": (precedence.FEED_COPYRIGHT, WORDS),
    "language": (precedence.FEED_LANGUAGE, ["en", "de", "fr", "hu"]),
}
# Inside these a value stands one element deeper.
DEEPER = {
    "atom:author": "<atom:name>{}</atom:name>",
    "atom:source": "<atom:title>{}</atom:title>",
}


def _rows(tables: dict[str, tuple[tuple[str, ...], list[str]]]) -> list[tuple[str, int]]:
    return [(field, place) for field, (table, _) in tables.items() for place in range(len(table))]


def _document(table: tuple[str, ...], values: list[str], place: int, frame: str) -> bytes:
    """All elements of a table from `place` on, the best one last."""
    inner = [f"<{name}>{DEEPER.get(name, '{}').format(values[at])}</{name}>" for at, name in enumerate(table)]
    channel = frame.format("".join(reversed(inner[place:])))
    return f'<rss version="2.0" {DECLARED}><channel>{channel}</channel></rss>'.encode()


def _plain(value: object) -> str:
    return value.strftime("%Y-%m-%d") if hasattr(value, "strftime") else str(value)


@pytest.mark.parametrize(("field", "place"), _rows(ENTRY))
def test_an_entry_takes_the_first_that_there_is(field: str, place: int) -> None:
    table, values = ENTRY[field]
    (entry,) = parse(_document(table, values, place, "<item>{}</item>")).entries
    assert _plain(getattr(entry, field)) == values[place]


@pytest.mark.parametrize(("field", "place"), _rows(FEED))
def test_a_feed_takes_the_first_that_there_is(field: str, place: int) -> None:
    table, values = FEED[field]
    feed = parse(_document(table, values, place, "{}<item/>"))
    assert _plain(getattr(feed, field)) == values[place]


@pytest.mark.parametrize(("field", "place"), _rows({k: v for k, v in ENTRY.items() if k != "language"}))
def test_an_element_of_white_space_holds_nothing(field: str, place: int) -> None:
    table, values = ENTRY[field]
    blank = "".join(f"<{name}> \n </{name}>" for name in table[:place])
    (entry,) = parse(_document(table, values, place, f"<item>{blank}{{}}</item>")).entries
    assert _plain(getattr(entry, field)) == values[place]


def test_all_categories_are_taken_each_once() -> None:
    inner = (
        "<category>a</category><atom:category term='t' label='b'/><dc:subject>c</dc:subject>"
        "<media:category>d</media:category><itunes:category text='e'/><itunes:keywords>f, a</itunes:keywords>"
    )
    document = f"<rss {DECLARED}><channel>{inner}<item>{inner}</item></channel></rss>".encode()
    feed = parse(document)
    assert feed.entries[0].categories == ("a", "b", "c", "d", "e", "f")
    assert feed.categories == ("a", "b", "c", "e", "f")


@pytest.mark.parametrize(
    ("section", "field", "table"),
    [("Entry", field, table) for field, (table, _) in ENTRY.items()]
    + [("Feed", field, table) for field, (table, _) in FEED.items() if field != "title"]
    + [("Entry", "categories", precedence.CATEGORIES), ("Feed", "categories", precedence.FEED_CATEGORIES)],
)
def test_the_page_says_the_same(section: str, field: str, table: tuple[str, ...]) -> None:
    rows = PAGE.partition(f"### {section}\n")[2].partition("###")[0].partition("## 2")[0]
    row = next(line for line in rows.splitlines() if line.startswith(f"| `{field}` |"))
    written = [name.lower() for name in re.findall(r"`([^`]+)`", row.split("|")[2].partition("; JSON")[0])]
    assert [name for name in dict.fromkeys(written) if name in table] == list(table)


def test_a_shape_is_remembered_and_a_monstrous_one_is_not() -> None:
    usual = ("title", "link", "pubdate")
    assert precedence.narrowed(usual) is precedence.narrowed(usual)
    monstrous = (*usual, *(f"x{number}" for number in range(100)))
    assert precedence.narrowed(monstrous) == precedence.narrowed(usual)
    assert precedence.narrowed(monstrous) is not precedence.narrowed(monstrous)
