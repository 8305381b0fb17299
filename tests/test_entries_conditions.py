from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.entries.conditions import FIELDS, Facts, FilterError, parse_condition

NOW = datetime(2026, 3, 14, 7, tzinfo=UTC)
FACTS = Facts(
    title="Four-day week: what the minister said",
    content="A trial.\n\nRegulations follow; regulators wait. Café workers agree.",
    author="Ann Example",
    url="https://blog.example/2026/four-day-week?utm=1",
    categories=("Policy", "Working Time"),
    source="The Example Blog",
    tags=("hr", "policy"),
    language="en-GB",
    published=NOW - timedelta(days=3),
    now=NOW,
)


@pytest.mark.parametrize(
    "condition",
    [
        'title ~ "MINISTER"',
        'title ~ "^four.day"',
        "title ~ minister|king",
        r'title ~ "week\b"',
        r"""title ~ 'a\'b|week'""",
        'any has "minister, nothing"',
        'any has "regulation*"',
        'any has "cafe"',
        'any has "working time"',
        "any has Ann Example",
        'title has "four day week"',
        "content has regulators wait",
        'author = "ann   example"',
        "author != Bob",
        'url ~ "utm="',
        "url has blog.example",
        "category = policy",
        'category = "working time"',
        "category != Sport",
        'source = "the example blog"',
        "tag = hr",
        "tag == policy",
        "not tag = sales",
        "language = en",
        "language = EN-gb",
        "language != de",
        "age > 2d",
        "age >= 3d",
        "age <= 3d",
        "age < 1w",
        "title has week and age < 1w",
        "title has nothing or age < 1w",
        "not (title has nothing or tag = sales)",
        "NOT title HAS nothing AND Tag = hr",
        "title has nothing and tag = hr or tag = policy",
        "tag = hr or title has nothing and title has never",
        "not not tag = hr",
        "(((tag=hr)))",
        "title has week\n  and tag = hr",
    ],
)
def test_these_hold(condition: str) -> None:
    assert parse_condition(condition).matches(FACTS)


@pytest.mark.parametrize(
    "condition",
    [
        'title ~ "king"',
        'title has "day four"',
        "author = Ann",
        "category != policy",
        "category = work",
        "tag != hr",
        "language = e",
        "language = de",
        "age > 3d",
        "age < 3d",
        "not tag = hr",
        "tag = sales and (tag = hr or tag = policy)",
        "any has 'the example blog'",
        'content ~ "^Regulations"',
    ],
)
def test_these_do_not(condition: str) -> None:
    assert not parse_condition(condition).matches(FACTS)


def test_an_unknown_age_is_neither_more_nor_less() -> None:
    assert not parse_condition("age > 1d").matches(Facts(now=NOW))
    assert not parse_condition("age <= 1d").matches(Facts(published=NOW))


@pytest.mark.parametrize(
    ("condition", "column", "said"),
    [
        ("", 1, "a field was expected"),
        ("   ", 4, "a field was expected"),
        ("titel has x", 1, "did you mean `title`?"),
        ("text has x", 1, "did you mean `content`?"),
        ("frob has x", 1, "fields are title, any"),
        ('title "x"', 7, "~ has = !="),
        ("age has 3d", 5, "`age` knows < <= > >="),
        ("title > 3d", 7, "`title` knows ~ has"),
        ("age > 3", 7, "has no unit"),
        ("age > soon", 7, "is not a duration"),
        ('title = "x', 9, "never closed"),
        ("title = ", 9, "a value is missing"),
        ("title has ''", 11, "a value is missing"),
        ("title = a and", 14, "a field was expected"),
        ("title = a or or tag = b", 14, "a field was expected"),
        ("(title = a", 1, "a `)` is missing"),
        ("title = a)", 10, "closes nothing"),
        ('title = "a" tag = b', 13, "`and` or `or`"),
        ('title has "a", "b"', 14, "one pair of quotes"),
        ("title ~ (a|b)+", 9, "put quotes around"),
        ("title = Rock 'n' Roll", 14, "put quotes around"),
        ('title ~ "(a"', 9, "cannot be read"),
        ('title ~ "(?=a)"', 9, "look-around"),
        (r'title ~ "(a)\1"', 9, "look-around"),
        ('title ~ "((a{1000}){1000}){1000}"', 9, "cannot be read"),
        ('tag = x and title has "*"', 23, "holds no word"),
        ("(" * 40 + "title = a" + ")" * 40, 32, "inside each other"),
        ("not " * 40 + "title = a", 125, "inside each other"),
        ("title = " + "a" * 4000, 1, "longer than"),
    ],
)
def test_a_wrong_condition_says_where_and_what(condition: str, column: int, said: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_condition(condition)
    assert (caught.value.column, said in caught.value.message) == (column, True), caught.value


WORDS = st.sampled_from(
    [
        *FIELDS,
        "and",
        "or",
        "not",
        "(",
        ")",
        "~",
        "has",
        "=",
        "!=",
        "<",
        ">=",
        '"',
        "'",
        "\\",
        "a*",
        "30d",
        ",",
        "\ud800",
    ]
)


@given(st.one_of(st.text(), st.lists(WORDS).map(" ".join), st.lists(WORDS).map("".join)))
@example('title ~ "\ud800"')
@example("title has \ud800")
def test_no_text_raises_anything_but_a_filter_error(text: str) -> None:
    error = None
    try:
        parse_condition(text).matches(FACTS)
    except FilterError as caught:
        error = caught
    assert error is None or 1 <= error.column <= len(text) + 1


def test_strange_text_is_searched_and_not_raised_about() -> None:
    assert parse_condition("title ~ end").matches(Facts(title="\ud800 end"))


def test_a_regular_expression_cannot_take_for_ever() -> None:
    condition = parse_condition('content ~ "(a+)+$" or content ~ "(a|aa)+b" or content ~ "(.*a){20}b"')
    started = time.process_time()
    assert not condition.matches(Facts(content="a" * 50_000 + "!"))
    assert time.process_time() - started < 2
