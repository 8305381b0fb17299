"""The digest as the HTML part of a mail: whole in itself, safe, and never so long that it is clipped."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from aggregator import ledger
from aggregator.records import Digest, FailedSource, LensCount, NotShown
from aggregator.render import digest, issue, mail
from tests.makers import config
from tests.samples.digests import ARABIC, BAKERY, EMPTY, FIRST, FULL, GERMAN, NO_LINK, entry
from tests.test_render_digest import HOSTILE, SITE, Tags, every_entry, poisoned

PAGE = "https://example.org/fow/digest/2026-03-14.html"
ALLOWED = {
    "html", "head", "meta", "title", "body", "div", "h1", "h2", "h3", "p", "br", "ul", "li", "a", "span", "bdi",
}  # fmt: skip


def made(of: Digest = FULL) -> Tags:
    return Tags(mail.html(of, site=SITE))


def many(of: int, longest: int = 60) -> Digest:
    """A day with so many more lines under "Everything else"."""
    title = "word " * (longest // 5)
    return replace(FULL, also=tuple(entry(100 + n, f"{n} {title}", f"Source {n % 40}") for n in range(of)))


def read_all(stories: int) -> Digest:
    """A day of `read_in: all` with so many stories in two sections."""
    (pilot,) = FULL.sections[0][1]
    all_of_them = tuple(
        replace(pilot, title=one.title, summary=("One sentence of it. " * 10,), entries=(one,))
        for one in (entry(n, f"Story {n}", "S") for n in range(stories))
    )
    half = stories // 2
    return replace(FULL, leads=all_of_them[:3], sections=(("A", all_of_them[3:half]), ("B", all_of_them[half:])))


# --- what stands in it ---------------------------------------------------------------------------------------


def test_everything_is_in_it() -> None:
    page = made()
    for one in every_entry(FULL):
        assert one.title in page.text
        assert one.source in page.text
        assert one.link is None or one.link in page.links()
    for line in FULL.not_shown:
        assert line.title in page.text
    said = (FULL.title, issue.THE_END, issue.accounting(FULL), issue.looked_at(FULL), "Broken Almanac",
            "Quiet Quarterly", "Saturday, 14 March 2026", "Covers Friday 13 March 07:00",
            "3 more from Bulletin of Everything", "opportunity: 3 entries", "Other news",
            FULL.stories[0].reason)  # fmt: skip
    for words in said:
        assert words in page.text


def test_an_introduction_comes_before_the_stories_and_is_text() -> None:
    page = made(replace(FULL, introduction=("A <b>word</b> before.",)))
    assert page.text.index("A <b>word</b> before.") < page.text.index(FULL.stories[0].title)


def test_it_says_what_the_page_says_in_its_order() -> None:
    on_the_page = Tags(digest.html(FULL, site=SITE))
    titles = [one.title for story in FULL.stories for one in story.entries] + [one.title for one in FULL.also]
    for page in (made(), on_the_page):
        below = page.text.index("The balance")
        places = [page.text.index(title) for title in titles]
        assert places == sorted(places)
        assert max(places) < below
        assert page.text.index(titles[-3]) < page.text.index(issue.THE_END) < page.text.index("Everything else")


def test_a_quiet_day() -> None:
    page = made(EMPTY)
    assert issue.quiet(EMPTY) in page.text
    assert issue.THE_END in page.text
    assert "They are: Shop Floor Weekly · The Second Shift · Notes on Work" in page.text
    assert "Everything else" not in page.text


def test_a_first_issue_and_a_named_series() -> None:
    assert "First issue: the last seven days" in made(FIRST).text
    weekly = replace(FULL, series="weekly")
    assert "· weekly" in made(weekly).text
    assert "https://example.org/fow/digest/weekly/2026-03-14.html" in made(weekly).links()


@pytest.mark.parametrize("series", ["", "weekly"])
def test_the_page_it_links_is_where_the_ledger_says(series: str) -> None:
    there = config(link="https://example.org/fow/")
    of = replace(FULL, series=series)
    assert mail.address(of, SITE) == ledger.address(there, series, FULL.date)


def test_languages_are_marked() -> None:
    marked = {(tag, attributes.get("lang"), attributes.get("dir")) for tag, attributes in made().found}
    assert ("h3", "de", None) in marked
    assert ("h3", "ar", "rtl") in marked
    assert GERMAN.title in made().text
    assert ARABIC.title in made().text


# --- a mail program needs nothing else -----------------------------------------------------------------------


@pytest.mark.parametrize("of", [FULL, FIRST, EMPTY, many(2000), read_all(900), *map(poisoned, HOSTILE)])
def test_it_is_self_contained(of: Digest) -> None:
    page = made(of)
    assert {tag for tag, _ in page.found} <= ALLOWED
    attributes = {name for _, attributes in page.found for name in attributes}
    assert attributes <= {"lang", "dir", "style", "href", "charset", "name", "content"}
    assert {tag for tag, attributes in page.found if "href" in attributes} <= {"a"}
    for href in page.links():
        assert urlsplit(href).scheme in ("http", "https")
        assert urlsplit(href).netloc


def test_styles_stand_in_the_tags_and_set_no_colours_that_fail_in_the_dark() -> None:
    text = mail.html(FULL, site=SITE).decode()
    styles = set(re.findall(r'style="([^"]*)"', text))
    assert not [style for style in styles if re.search(r"url|expression|@|background|position|(?<!-)color:#", style)]
    assert "max-width:600px" in text
    assert '<meta name="color-scheme" content="light dark">' in text
    assert "<table" not in text
    assert "class=" not in text


def test_what_is_no_web_address_is_text() -> None:
    for link in ("javascript:alert(1)", "//x.example", "mailto:a@b.example", "https://x.example/" + "a" * 3000):
        bad = replace(BAKERY, link=link, also_in=(("Elsewhere", link),))
        page = made(replace(FULL, also=(bad,), leads=(), sections=(), more=(), not_shown=(), lenses=()))
        assert page.links() == ["https://broken.example/feed", PAGE]
        assert BAKERY.title in page.text
    assert NO_LINK.title in made().text


# --- its size ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("of", [many(150), many(150, 200)])
def test_what_fits_is_written_out(of: Digest) -> None:
    page = made(of)
    assert len(mail.html(of, site=SITE)) <= mail.LIMIT
    assert of.also[-1].link in page.links()
    assert "mail programs cut" not in page.text


def test_what_does_not_fit_is_said_and_linked() -> None:
    of = many(1000)
    data, page = mail.html(of, site=SITE), made(of)
    assert len(data) <= mail.LIMIT
    assert "Everything else 1,000 entries, one line each, 1 minute : on the page, because mail pro" in page.text
    assert page.links().count(PAGE) == 2
    assert of.also[0].title not in page.text
    for story in of.stories:
        assert story.title in page.text
    assert "Join our free webinar" in page.text


def test_then_the_names_of_the_account_and_then_stories_are_left_to_the_page() -> None:
    lines = tuple(NotShown(f"urn:{n}", None, f"Hidden {n} " + "x" * 90, "Vendor", "rule 1") for n in range(900))
    page = made(replace(FULL, not_shown=lines))
    assert "Hidden 0" not in page.text
    assert "The names behind these numbers : on the page" in page.text
    assert issue.accounting(FULL) in page.text
    assert all(story.title in page.text for story in FULL.stories)

    page = made(read_all(900))
    told = [n for n in range(900) if f"https://example.org/{n}" in page.links()]
    assert told == list(range(len(told))), "the first ones, in order"
    assert 50 < len(told) < 900
    assert f"{900 - len(told)} more stories : on the page" in page.text


@pytest.mark.parametrize(
    "of",
    [
        many(5000, 3000),
        read_all(3000),
        poisoned("職" * 5000),
        poisoned("<&'\">" * 20_000),
        replace(FULL, failed=tuple(FailedSource(None, "&" * 900, "&" * 900) for _ in range(300))),
        replace(FULL, lenses=tuple(LensCount("&" * 900, (BAKERY,)) for _ in range(300))),
        replace(FULL, leads=(replace(FULL.leads[0], entries=(BAKERY,) * 3000),)),
    ],
)
def test_no_day_is_too_big(of: Digest) -> None:
    data = mail.html(of, site=SITE)
    assert len(data) <= mail.LIMIT
    assert issue.accounting(of) in Tags(data).text
    assert PAGE in Tags(data).links()
