"""Tags are made to match."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from aggregator.parse.balance import DEEPEST, balanced


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<a><b>x</b></a>", "<a><b>x</b></a>"),
        ("<a><b>x</a>", "<a><b>x</b></a>"),
        ("<a>x</b></a>", "<a>x</a>"),
        ("<a><b>x", "<a><b>x</b></a>"),
        ("<a><b>x</b", "<a><b>x</b></a>"),
        ("<a><b/>x</a>", "<a><b/>x</a>"),
        ("<c><item>1<item>2</item></c>", "<c><item>1</item><item>2</item></c>"),
        ('<a t=">">x', '<a t=">">x</a>'),
        ("<a><![CDATA[</a>]]>", "<a><![CDATA[</a>]]></a>"),
        ("<a><![CDATA[x", "<a><![CDATA[x]]></a>"),
        ("<a><!-- <b> -->x", "<a>x</a>"),
    ],
)
def test_balanced(text: str, expected: str) -> None:
    assert balanced(text) == expected


def test_too_deep_is_refused() -> None:
    assert balanced("<a>" * (DEEPEST + 1)) is None


@given(st.lists(st.sampled_from(["<a>", "</a>", "<b x='1'>", "</b>", "<item>", "</item>", "<c/>", "t"]), max_size=30))
def test_any_mixture_becomes_well_formed(pieces: list[str]) -> None:
    etree.fromstring(balanced("<r>" + "".join(pieces)) or "")
