from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from aggregator.records import Attribution
from aggregator.render.opml import opml

DESK = Attribution("The Desk", "https://desk.example.org/", "https://desk.example.org/feed")
BENCH = Attribution("Bench & Co", None, "https://bench.example.org/rss")
LETTER = Attribution("A Private Letter", "https://letter.example.org/?key=s3cret", id="urn:uuid:letter")


def body(*sources: tuple[Attribution, tuple[str, ...]]) -> etree._Element:
    return etree.fromstring(opml("Future of Work", sources))[1]


def shape(outline: etree._Element) -> dict[str, list[str]]:
    """Text of each top outline -> the texts inside."""
    return {str(top.get("text")): [str(inner.get("text")) for inner in top] for top in outline}


def test_a_source_in_full() -> None:
    ((outline,),) = (list(folder) for folder in body((DESK, ("policy", "labour, paid"))))
    assert dict(outline.attrib) == {
        "text": "The Desk",
        "title": "The Desk",
        "type": "rss",
        "xmlUrl": "https://desk.example.org/feed",
        "htmlUrl": "https://desk.example.org/",
        "category": "policy,labour  paid",
    }


def test_what_is_not_known_is_left_out() -> None:
    (outline,) = body((BENCH, ()))
    assert set(outline.attrib) == {"text", "title", "type", "xmlUrl"}


def test_the_first_tag_is_the_folder_in_order_of_appearance() -> None:
    more = replace(DESK, title="More")
    found = shape(
        body((DESK, ("work",)), (BENCH, ()), (more, ("policy", "work")), (replace(more, title="Z"), ("work",)))
    )
    assert found == {"work": ["The Desk", "Z"], "Bench & Co": [], "policy": ["More"]}
    assert list(found) == ["work", "Bench & Co", "policy"]


def test_a_private_source_is_left_out_with_the_folder_that_only_it_has() -> None:
    document = opml("Future of Work", [(LETTER, ("letters",)), (DESK, ())])
    assert shape(etree.fromstring(document)[1]) == {"The Desk": []}
    assert b"s3cret" not in document


def test_the_head_has_the_title_and_a_date_only_when_given_one() -> None:
    created = datetime(2026, 3, 14, 7, 0, tzinfo=UTC)
    head = etree.fromstring(opml("A & B", [], created=created))[0]
    assert [(child.tag, child.text) for child in head] == [
        ("title", "A & B"),
        ("dateCreated", "Sat, 14 Mar 2026 07:00:00 GMT"),
    ]
    assert b"dateCreated" not in opml("A & B", [])


def test_the_same_sources_give_the_same_bytes() -> None:
    sources = [(DESK, ("work",)), (BENCH, ())]
    assert opml("T", sources) == opml("T", iter(sources))


@pytest.mark.parametrize("title", ["", "\x00"])
def test_a_source_without_a_title_is_called_by_its_address(title: str) -> None:
    (outline,) = body((replace(DESK, title=title), ()))
    assert outline.get("text") == "https://desk.example.org/feed"


@given(st.text(st.characters(exclude_categories=()), max_size=40))
def test_whatever_the_text_the_document_is_well_formed(text: str) -> None:
    document = opml(text, [(Attribution(text, text, f"https://{text}"), (text,))])
    assert len(etree.fromstring(document).xpath("//outline[@xmlUrl]")) == 1
