"""The quick reader of a file without mistakes gives what the model gives, and leaves to it what is not without."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from aggregator.sources.model import DigestKeys, FeedsFile, Part, RuleLine, SeriesKeys, SourceLine
from aggregator.sources.plain import keys_of

BLOG = "https://blog.example/feed"
CONDITION = 'title has "x"'
VALUES = (
    "a", "", " two  words ", BLOG, "ftp://x.example/", "https://a:b@c.example/", "1h", "5m", "07:00", "25:00", "all",
    "none", "NONE", "env:NAME", "file:x", "weekend", "UTC", "Europe/Berlin", "Nowhere", "full", "link", "x@y.example",
    CONDITION, "title has", "postgresql://db/x", "X-Token", "Authorization", "--", "a, b", "'", "true", "\u00e4",
    0, 1, 5, 1000, 1001, -1, 2.5, 1e400, float("nan"), 10**400, True, False, None,
)  # fmt: skip
PLAIN = st.sampled_from(VALUES)
ANY = st.one_of(PLAIN, PLAIN, st.lists(PLAIN, max_size=2), st.dictionaries(st.sampled_from("abx"), PLAIN, max_size=2))


def names(part: type[Part]) -> st.SearchStrategy[str]:
    return st.sampled_from([*part.model_fields, "nonsense"])


def maps(part: type[Part], **inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Maps with some keys of a part; `inner` says what stands under a key, most of the time."""
    fitting = {name: st.one_of(inner.get(name, ANY), ANY) for name in part.model_fields}
    own = st.fixed_dictionaries({}, optional=fitting)
    return st.one_of(own, own, own, st.dictionaries(names(part), ANY, max_size=2), ANY)


RULES = maps(RuleLine, drop=st.just(CONDITION), when=st.just(CONDITION))
SOURCE = {
    "url": st.just(BLOG),
    "headers": st.dictionaries(st.sampled_from(["X-A", "X-B", "a b", "Authorization"]), PLAIN, max_size=2),
    "filters": st.lists(RULES, max_size=2),
}
SOURCES = st.one_of(st.just(BLOG), maps(SourceLine, **SOURCE))
SERIES = st.dictionaries(st.sampled_from(["weekly", " weekly ", "a/b"]), maps(SeriesKeys), max_size=2)
FILES = maps(
    FeedsFile,
    defaults=maps(SourceLine, **SOURCE),
    digest=maps(DigestKeys),
    digests=SERIES,
    interests=st.dictionaries(st.sampled_from(["remote", " remote", "layoff*", "a, b"]), PLAIN, max_size=2),
    topics=st.dictionaries(st.sampled_from(["A", " A", "B"]), ANY, max_size=2),
    filters=st.lists(RULES, max_size=2),
    sources=st.lists(SOURCES, max_size=2),
)


def judged(data: Any) -> dict[str, Any] | None:
    """What the model says: the keys as values, or None where it finds a mistake."""
    try:
        return FeedsFile.model_validate(data).model_dump(exclude_unset=True)
    except ValidationError:
        return None


@given(FILES)
def test_any_file_is_read_as_the_model_reads_it(data: Any) -> None:
    assert keys_of(data) == judged(data)


@given(SOURCES)
def test_any_source_is_read_as_the_model_reads_it(line: Any) -> None:
    assert keys_of({"sources": [line]}) == judged({"sources": [line]})


@given(RULES)
def test_any_rule_is_read_as_the_model_reads_it(rule: Any) -> None:
    assert keys_of({"filters": [rule]}) == judged({"filters": [rule]})


FIT = {
    "timezone": "UTC", "store": "a.db", "defaults": {"tags": ["a"]}, "digest": {"at": "07:00"}, "contact": "me",
    "digests": {"weekly": {"days": "fri"}}, "topics": {"A": ["b"]}, "lenses": {"A": "b"}, "interests": {"remote": 2},
    "filters": [{"drop": CONDITION}], "sources": [BLOG], "reading_lists": [BLOG], "at": "6:30", "read_in": "5m",
    "mail_to": ["x@y.example"], "days": ["mon"], "tags": "a, b", "every": "1h", "at_most": 3, "full_text": True,
    "republish": "link", "private": True, "allow_private": False, "paused": True, "headers": {"X-A": 1},
    "auth": "env:NAME", "score": 2,
}  # fmt: skip


@pytest.mark.parametrize(
    ("part", "around"),
    [
        (FeedsFile, lambda keys: keys),
        (SourceLine, lambda keys: {"sources": [{"url": BLOG} | keys]}),
        (SourceLine, lambda keys: {"defaults": {name: value for name, value in keys.items() if name != "url"}}),
        (DigestKeys, lambda keys: {"digest": keys}),
        (SeriesKeys, lambda keys: {"digests": {"weekly": keys}}),
        (RuleLine, lambda keys: {"filters": [{"drop": CONDITION} | keys]}),
        (RuleLine, lambda keys: {"filters": [{"when": CONDITION} | keys]}),
        (FeedsFile, lambda keys: {"interests": {"remote": next(iter(keys.values()))}}),
    ],
)
def test_every_key_takes_each_value_as_the_model_does(part: type[Part], around: Any) -> None:
    for name in part.model_fields:
        for value in (FIT.get(name, BLOG), *VALUES, [BLOG], ["a", 1], {"a": None}):
            data = around({name: value})
            assert keys_of(data) == judged(data), (name, value)


def test_every_key_of_the_model_is_known() -> None:
    whole = {name: FIT.get(name, BLOG) for name in FeedsFile.model_fields}
    line = {name: FIT.get(name, BLOG) for name in SourceLine.model_fields}
    assert keys_of(whole | {"sources": [line]}) is not None
