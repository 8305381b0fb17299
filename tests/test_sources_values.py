from __future__ import annotations

import re
from collections.abc import Callable
from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.sources import storage, values

READERS = [
    values.text, values.duration, values.reading_time, values.clock, values.url, values.proxy, values.home,
    values.url_or_none, values.text_or_none, storage.store, values.auth, values.address, values.header_name,
    values.header_value, values.tag, values.tags, values.pattern, values.patterns, values.condition, values.days,
    values.series_name,
]  # fmt: skip


@pytest.mark.parametrize(
    ("read", "written", "value"),
    [
        (values.text, " a\n b ", "a b"),
        (values.text, 1984, "1984"),
        (values.duration, "6h", timedelta(hours=6)),
        (values.reading_time, "ALL", None),
        (values.reading_time, "7m", timedelta(minutes=7)),
        (values.clock, "7:00", time(7, 0)),
        (values.clock, "23:59", time(23, 59)),
        (values.url, " https://example.org/feed ", "https://example.org/feed"),
        (values.url, "HTTP://example.org:8080", "HTTP://example.org:8080"),
        (values.url, "http://[::1]:8900/feed", "http://[::1]:8900/feed"),
        (values.url, "https://b\u00fccher.example/", "https://b\u00fccher.example/"),
        (values.url, "http://localhost/feed", "http://localhost/feed"),
        (values.home, "https://example.org/fow", "https://example.org/fow/"),
        (values.url_or_none, "none", None),
        (values.text_or_none, "None", None),
        (values.proxy, "none", ""),
        (values.proxy, "http://me:word@proxy.example:3128", "http://me:word@proxy.example:3128"),
        (storage.store, "postgresql://db/fow", "postgresql://db/fow"),
        (storage.store, "data/x.db", "data/x.db"),
        (storage.store, "postgresql://fow:${FOW_1}@db/fow", "postgresql://fow:${FOW_1}@db/fow"),
        (storage.store, "postgresql://fow@db:5432/fow?sslmode=require", "postgresql://fow@db:5432/fow?sslmode=require"),
        (storage.store_anywhere, "postgresql://fow:word@db/fow", "postgresql://fow:word@db/fow"),
        (values.auth, "env:LOGIN", "env:LOGIN"),
        (values.auth, "file:secrets/login.txt", "file:secrets/login.txt"),
        (values.address, "ann@example.org", "ann@example.org"),
        (values.header_name, "X-Token", "X-Token"),
        (values.header_value, 1, "1"),
        (values.tags, ["a", 2030, "a"], ("a", "2030")),
        (values.tags, "a, b", ("a", "b")),
        (values.patterns, [996, '"two words", stem*'], ("996", "two words", "stem*")),
        (values.patterns, "a, b", ("a", "b")),
        (values.patterns, [], ()),
        (values.days, ["sun", "Monday", "weekdays"], (0, 1, 2, 3, 4, 6)),
        (values.days, "weekend", (5, 6)),
        (values.series_name, "weekly-2", "weekly-2"),
    ],
)
def test_what_a_value_means(read: Callable[[object], object], written: object, value: object) -> None:
    assert read(written) == value


@pytest.mark.parametrize(
    ("read", "written", "said"),
    [
        (values.text, True, "here it is true; put it in quotes"),
        (values.text, [1], "here it is a list"),
        (values.text, " ", "must not be empty"),
        (values.duration, 90, "write 90m for minutes"),
        (values.reading_time, "7", "or `all`"),
        (values.reading_time, "30s", "at least 1m"),
        (values.clock, "24:00", "is not a time of day"),
        (values.clock, 7, "is not a time of day"),
        (values.url, "example.org/feed", "did you mean `https://example.org/feed`?"),
        (values.url, "www.example.org", "did you mean `https://www.example.org`?"),
        (values.url, "//example.org/feed", "did you mean `https://example.org/feed`?"),
        (values.url, "https:/example.org/feed", "did you mean `https://example.org/feed`?"),
        (values.url, "https:example.org/feed", "did you mean `https://example.org/feed`?"),
        (values.url, "feed://example.org/x", "did you mean `https://example.org/x`?"),
        (values.url, "feed:https://example.org/x", "did you mean `https://example.org/x`?"),
        (values.url, "localhost:8900/x", "did you mean `https://localhost:8900/x`?"),
        (values.url, "ftp://example.org/x", "`ftp:` is not read"),
        (values.url, "javascript:alert(1)", "is not read"),
        (values.url, "file:///etc/passwd", "is not read"),
        (values.url, "nonsense", "is not an address"),
        (values.url, "https://", "names no host"),
        (values.url, "https:///feed", "names no host"),
        (values.url, "https://exa<mple.org/", "names no host"),
        (values.url, "https://example.org:port/", "is not an address"),
        (values.url, "http://[::1/", "is not an address"),
        (values.url, "https://a.example - https://b.example", "one line holds one address"),
        (values.url, "https://a.example/\u202e", "holds no spaces"),
        (values.url, "https://ann:secret@example.org/feed", "use `auth: env:NAME`"),
        (values.url, "https://example.org/" + "a" * 5000, "longer than"),
        (storage.store, "mysql://db", "postgresql://"),
        (storage.store, "postgresql://fow:word@db/fow", "${NAME}"),
        (storage.store, "postgresql://fow:a${NAME}@db/fow", "${NAME}"),
        (storage.store, "postgresql://db/fow?user=fow&password=word", "${NAME}"),
        (values.auth, "ann:secret", "write `env:NAME` or `file:PATH`"),
        (values.auth, "env:", "secrets do not stand"),
        (values.address, "ann", "is not a mail address"),
        (values.header_name, "Authorization", "use `auth"),
        (values.header_name, "a b", "cannot be the name of a header"),
        (values.header_value, "caf\u00e9", "ASCII"),
        (values.tag, "---", "no letter or digit"),
        (values.tags, {"a": 1}, "must be a list of tags"),
        (values.patterns, ["*"], "holds no word"),
        (values.pattern, "a, b", "one word or phrase"),
        (values.days, ["someday"], "write mon, tue"),
        (values.days, [], "names no day"),
        (values.series_name, "../up", "cannot name a folder"),
        (values.series_name, ".", "cannot name a folder"),
        (values.condition, True, "must be a condition"),
        (values.condition, "titel = x", "did you mean `title`"),
    ],
)
def test_what_is_wrong_and_what_was_meant(read: Callable[[object], object], written: object, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        read(written)


@given(
    st.sampled_from(READERS),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=5,
    ),
)
def test_no_value_raises_anything_but_a_value_error(read: Callable[[object], object], written: object) -> None:
    said = "fine"
    try:
        read(written)
    except ValueError as error:
        said = str(error)
    assert said
    assert "\n" not in said


@pytest.mark.hostile("L24")
@pytest.mark.parametrize("read", [values.url, values.proxy, values.home, values.url_or_none])
@pytest.mark.parametrize(
    "address",
    [
        "socks5://me:hunter2@proxy.example:1080",
        "socks5h://me:hunter2@proxy.example:1080",
        "http:https://me:hunter2@blog.example/",
        "ftp://me:hunter2@blog.example/feed?token=hunter2",
        "me:hunter2@blog.example/feed",
        "http://me:hunter2@[blog.example/",
        "http://me:hunter2@blog.example:port/",
        "http://me:hunter2@bl og.example/",
        "blog.example/feed?key=hunter2",
        "http://me:hun[ter2@blog.example/",
    ],
)
def test_a_mistake_in_an_address_is_told_without_its_secrets(read: Callable[[object], object], address: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        read(address)
    assert "hunter2" not in str(caught.value)
    assert "hun[ter2" not in str(caught.value)


def test_a_proxy_that_is_not_http_is_said() -> None:
    with pytest.raises(ValueError, match="`socks5:` is not read"):
        values.proxy("socks5://127.0.0.1:1080")
