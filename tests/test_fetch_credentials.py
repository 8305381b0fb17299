from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest

from aggregator.errors import FetchError
from aggregator.fetch.credentials import login, own_headers, without_user
from aggregator.records import Source

URL = "https://blog.example/feed"


def basic(secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(secret.encode()).decode()}


def test_a_secret_comes_from_the_environment_a_file_or_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("me:pä:ss\n", encoding="utf-8")
    monkeypatch.setenv("FEED_SECRET", "me:pä:ss")
    for source in (
        Source(URL, auth="env:FEED_SECRET"),
        Source(URL, auth=f"file:{tmp_path / 'secret'}"),
        Source("https://me:p%C3%A4:ss@blog.example/feed"),
        Source("https://eve:other@blog.example/feed", auth="env:FEED_SECRET"),
    ):
        assert own_headers(source) == basic("me:pä:ss")
    assert own_headers(Source(URL, headers=(("X-Token", "t"),))) == {"X-Token": "t"}
    assert own_headers(Source("https://me@blog.example/feed")) == basic("me:")


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("env:NO_SUCH_SECRET", "not to be had from env:NO_SUCH_SECRET"),
        ("env:NO_COLON", "env:NO_COLON holds no user:password"),
        ("file:{}/missing", "not to be had from file:"),
        ("file:{}", "not to be had from file:"),
        ("file:{}/binary", "not to be had from file:"),
        ("file:{}/empty", "holds no user:password"),
    ],
)
def test_a_secret_that_is_not_there_is_said_without_it(
    where: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLON", "hunter2")
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"hunter2:\xff")
    with pytest.raises(FetchError) as caught:
        own_headers(Source(URL, auth=where.format(tmp_path)))
    assert (caught.value.kind, words in str(caught.value), "hunter2" in str(caught.value)) == ("auth", True, False)


def test_an_address_without_and_with_its_user() -> None:
    assert without_user("HTTP://me:pw@Host.example:80/a@b?c#d") == "HTTP://Host.example:80/a@b?c"
    assert without_user("http://host.example/a@b") == "http://host.example/a@b"
    assert login("http://me:p%40w@host.example/") == (b"me", b"p@w")
    assert login("http://host.example/@") is None
