from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.entries.boilerplate import strip_boilerplate
from aggregator.html import safe_html, text_of
from tests.corpus import ROOT as CORPUS
from tests.corpus import needs_corpus

TITLE = "Four days, same pay"
SITE = "Tomorrow at Work"
BODY = "<p>A bakery in Graz works four days a week. It bakes as much bread as before.</p>"


def strip(html: str, title: str = TITLE) -> str:
    return strip_boilerplate(html, title=title, source_title=SITE)


@pytest.mark.parametrize(
    "sentence",
    [
        "The post {0} appeared first on {1}.",
        "The post {0} first appeared on {1}",
        "Der Beitrag {0} erschien zuerst auf {1}.",
        "L’article {0} est apparu en premier sur {1}.",
        "Cet article {0} est apparu en premier sur {1}.",
        "La entrada {0} se publicó primero en {1}.",
        "La entrada {0} aparece primero en {1}.",
        "L'articolo {0} proviene da {1}.",
        "O post {0} apareceu primeiro em {1}.",
        "Het bericht {0} verscheen eerst op {1}.",
        "{0} bejegyzés először {1}-n jelent meg.",
        "A(z) {0} bejegyzés először a(z) {1} oldalon jelent meg.",
        "Artykuł {0} pochodzi z serwisu {1}.",
        "Inlägget {0} dök först upp på {1}.",
        "Innlegget {0} dukket først opp på {1}.",
        "Příspěvek {0} pochází z {1}.",
        "Articolul {0} apare prima dată în {1}.",
        "Сообщение {0} появились сначала на {1}.",
        "{0}, {1}",  # no known sentence, but it says nothing else
    ],
)
def test_the_footer_of_a_feed_goes_in_every_form(sentence: str) -> None:
    linked = sentence.format(f'<a href="https://a.example/x">{TITLE}</a>', f'<a href="https://a.example/">{SITE}</a>')
    assert strip(f"{BODY}\n<p>{linked}</p>") == BODY
    assert strip(f"{BODY}<p>{sentence.format(TITLE, SITE)}</p>") == BODY
    plain = "A bakery works four days."
    assert strip(f"{plain}\n\n{sentence.format(TITLE, SITE)}") == plain


def test_a_footer_inside_the_last_paragraph_goes_when_it_names_the_entry() -> None:
    footer = f"The post {TITLE} appeared first on {SITE}."
    assert strip(f"<p>The bread is good. {footer}</p>") == "<p>The bread is good.</p>"
    assert strip(f"<p>The bread is […] {footer}</p>") == "<p>The bread is…</p>"
    about_another = "<p>Much was said. The post office appeared first on Main Street.</p>"
    assert strip(about_another) == about_another


@pytest.mark.parametrize(
    ("tail", "left"),
    [
        ("<p>The week is short […]</p>", "<p>The week is short…</p>"),
        ("<p>The week is short [&hellip;]</p>", "<p>The week is short…</p>"),
        ("<p>The week is short [...]</p>", "<p>The week is short…</p>"),
        ("<p>It is short… <a href='x'>Continue reading <b>Four days, same pay</b> →</a></p>", "<p>It is short…</p>"),
        ("<p>The week is short. <a href='x'>Weiterlesen</a></p>", "<p>The week is short.</p>"),
        ("<p>The week is short.</p><p><a href='x'>Read more »</a></p>", "<p>The week is short.</p>"),
        ("<p>The week is short. <a href='x'>More about the week in Graz and beyond</a></p>", None),
        ("<p>Please <a href='x'>read more books</a></p>", None),
        ("<p>Read the room.</p>", None),
    ],
)  # fmt: skip
def test_a_tail_that_says_there_is_more(tail: str, left: str | None) -> None:
    tail = tail.replace("'x'", '"https://a.example/x"')
    assert strip(tail) == (left or tail)


@pytest.mark.parametrize(
    "chrome",
    [
        "<h3>Share this:</h3><ul><li>Click to share on X (Opens in new window) X</li><li>Facebook</li></ul>",
        "<p>Share this post</p>",
        "<p>Twitter | Facebook | LinkedIn | WhatsApp</p>",
        "<p>Subscribe now</p><p>Share</p>",
        "<p>Thanks for reading Tomorrow! Subscribe for free to receive new posts and support my work.</p>",
        "<p>never miss a single issue!</p><p>work &amp; tomorrow</p><p>We don’t spam!</p>",
        "<p>Enter your email</p><p>Subscribe</p>",
        "<p>4.5 12 votes</p><p>Article Rating</p><p>Notify of</p><p>Inline Feedbacks</p><p>View all comments</p>",
        "<h3>Leave a Reply Cancel reply</h3><p>Your email address will not be published.</p>",
        "<h3>Schreibe einen Kommentar</h3>",
        "<p>No comments yet</p>",
        "<h4>Related posts:</h4><ul><li><a href='/1'>One</a></li><li><a href='/2'>Two</a></li></ul>",
        "<p>Filed under: Work, Bread</p>",
        "<p>© 2026 Tomorrow at Work. All rights reserved.</p>",
    ],
)  # fmt: skip
def test_widgets_at_the_tail_go(chrome: str) -> None:
    assert strip(BODY + chrome) == BODY
    assert strip(f"<div>{BODY}<div>{chrome}</div></div>") == f"<div>{BODY}</div>"


@pytest.mark.parametrize(
    "chrome", ["<p>Skip to content</p>", "<p>5 min read</p>", f"<h1>{TITLE}!</h1>", "<p>Share this:</p>"]
)
def test_chrome_at_the_head_goes(chrome: str) -> None:
    assert strip(chrome + BODY) == BODY


@pytest.mark.parametrize(
    "html",
    [
        BODY,
        "",
        "no tags at all",
        f"<p>{TITLE}</p>",  # the whole entry is its title
        "<p>Share this:</p>".join([BODY, BODY]),  # in the middle it may be the author's
        f"{BODY}<p>Subscribe to the idea that bread can wait. {'Everything else will follow from it. ' * 5}</p>",
        f"{BODY}<p>We share what we know, and that is the point.</p>",
        f"{BODY}<p>Comments on this were kind, all forty of them.</p>",
        f'{BODY}<p>Share<img src="https://a.example/chart.png" alt=""></p>',
        f"{BODY}<h4>Related posts:</h4><p>There are <a href='https://a.example/1'>two</a> of them.</p>",
        f"{BODY}<p>Never miss a shift. That was the rule.</p>",
        f"{BODY}<p>This article by Ann first appeared on another site.</p>",
    ],
)  # fmt: skip
def test_what_the_author_wrote_stays(html: str) -> None:
    assert strip(html) == html


WORDS = ["Share", "Subscribe now", "Bread rises.", TITLE, "[…]", "Read more", "The post", "appeared first on", SITE]
PIECES = st.sampled_from([*WORDS, "<p>", "</p>", "<b>", "</b>", "\n", " ", "<br>", '<a href="x">', "</a>", "<img>"])


@given(st.lists(PIECES, max_size=25).map("".join))
def test_never_adds_and_never_changes_twice(html: str) -> None:
    once = strip(html)
    assert strip(once) == once
    assert set(once) <= set(html) | {"…"}
    assert "Bread rises." in once or "Bread rises." not in html


def test_a_page_of_nothing_else_takes_no_time() -> None:
    started = time.process_time()
    strip("<p>Share this:</p>" * 20_000)
    strip("<a " * 100_000)
    strip("<p>" + "The post " * 50_000)
    strip("a [" * 100_000)
    strip("<p><a href=''>" * 30_000)
    assert time.process_time() - started < 10


@needs_corpus
def test_the_chrome_of_the_founding_essays_goes_and_no_word_of_them_is_lost() -> None:
    """Pages kept as text: "skip to content" above, newsletter box, rating and comment form below the essay."""
    rows = map(json.loads, (CORPUS / "fow" / "items.jsonl").read_text(encoding="utf-8").splitlines())
    names = ("Prepare For The Future Of Work", "The Flip Side Of AI")
    essays = [row for row in rows if row["title"].startswith(names)]
    assert len(essays) == 2
    for row in essays:
        whole = safe_html(row["html"])
        kept = strip_boilerplate(whole, title=row["title"], source_title=row["site_title"])
        text = text_of(kept)
        assert not any(mark in text for mark in ("Skip to content", "miss a single episode", "Article Rating"))
        lost = set(text_of(whole).split("\n")) - set(text.split("\n"))
        assert max((len(line.split()) for line in lost), default=0) <= 25
        assert len(text.split()) >= 0.9 * len(text_of(whole).split())
