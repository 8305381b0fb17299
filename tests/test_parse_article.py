from __future__ import annotations

import pytest

from aggregator.errors import ParseError
from aggregator.parse.article import article, is_installed
from tests.makers import POOL, words
from tests.test_polling_full_text import MORE, STORY, TEASER, page

pytestmark = pytest.mark.skipif(not is_installed(), reason="the extra fulltext is not installed")
URL = "https://shop.example.org/four-days"


def test_the_text_of_a_page_without_what_stands_around_it() -> None:
    text = POOL.run(article, page(), URL, "text/html", title="Four days", source_title="One")
    assert text.split("\n\n") == [TEASER, STORY, MORE]


def test_nothing_in_it_is_markup_of_its_own() -> None:
    text = article(page(f"{STORY} &lt;script&gt;alert(1)&lt;/script&gt; \x07{words(80)}"), URL)
    assert "<script>alert(1)</script>" in text, "plain text, which every output escapes"
    assert "\x07" not in text


def test_the_label_of_the_answer_wins() -> None:
    body = page("Die Bäckerei heizt um Mitternacht.", words(90)).decode().encode("windows-1252")
    assert "Bäckerei" in article(body, URL, "text/html; charset=windows-1252")


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"\x00" * 1000, b"<" * 100_000, b"{}"])
def test_what_has_no_text_is_an_error_of_its_own(body: bytes) -> None:
    with pytest.raises(ParseError) as error:
        POOL.run(article, body, URL, "text/html")
    assert error.value.kind in ("not_article", "limit")


def test_a_trap_is_bounded() -> None:
    with pytest.raises(ParseError):
        POOL.run(article, b"<div>" * 400_000 + b"text " * 100_000, URL, "text/html")
