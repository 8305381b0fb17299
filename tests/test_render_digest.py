from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import commonmark
import markdown
import mistune
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt  # comes with rich

from aggregator.records import Digest, DigestEntry, FailedSource, NotShown, RisingTerm, SilentSource, Story
from aggregator.render import digest, issue, words
from aggregator.render.markdown import escape, link
from aggregator.render.site import Site, tongue, web_link
from aggregator.render.words import one_line
from tests.samples.digests import ARABIC, BAKERY, EMPTY, FIRST, FULL, GERMAN, NO_LINK, entry

SITE = Site("Future of Work", "https://example.org/fow/", ZoneInfo("Europe/Berlin"))
BERLIN = ZoneInfo("Europe/Berlin")
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](https://evil.example)",
    "![pixel](https://evil.example/p.gif)",
    "<https://evil.example>",
    "https://evil.example and www.evil.example",
    "# heading\n\n## another",
    "line\n---",
    "a | b\n--- | ---\n1 | 2",
    "1. one",
    "- item",
    "+ item",
    "&lt;b&gt; &#60;b&#62;",
    "```\ncode",
    "**bold** __bold__ ~~gone~~ $x$",
    "[ref]: https://evil.example",
    '"><a href="https://evil.example">',
    "{{ 7 * 7 }} {% raw %}",
    "\x1b[31mred\x07 \u202eback",
    "\ud800",
)


class Tags(HTMLParser):
    """Every start tag of a page with its attributes, and its text."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def links(self, tag: str = "a") -> list[str]:
        return [attributes["href"] or "" for name, attributes in self.found if name == tag and "href" in attributes]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def page(of: Digest = FULL) -> str:
    return digest.html(of, site=SITE).decode()


def poisoned(text: str) -> Digest:
    """The full digest with `text` as each title, source, sentence, reason, topic, error and rule."""
    bad = replace(BAKERY, title=text, source=text, also_in=((text, "https://labour.example/1"), (text, None)))
    story = Story(text, text, text, (text,), (bad, bad), "en", lead=True)
    return replace(
        FULL,
        title=text,
        introduction=(text[:1000], text[:1000]),  # a command can say no more
        leads=(story,),
        sections=((text, (replace(story, lead=False),)),),
        also=(bad,),
        more=tuple(replace(more, source=text, entries=(bad,)) for more in FULL.more),
        not_shown=tuple(replace(line, title=text, source=text, why=line.why + text) for line in FULL.not_shown),
        lenses=tuple(replace(lens, name=text, entries=(bad,)) for lens in FULL.lenses),
        trends=tuple(replace(trend, name=text, entries=(bad,)) for trend in FULL.trends),
        rising=(RisingTerm(text, (bad,), 1),),
        failed=(FailedSource(None, text, text),),
        silent=(SilentSource(text, "silent for 40 days, its rhythm is weekly"),),
        sources=(text,),
    )


# --- the contract of the JSON file ---------------------------------------------------------------------------


def test_json_has_exactly_the_keys_of_the_contract() -> None:
    document = json.loads(digest.json(FULL))
    assert list(document) == [
        "date", "covers", "received", "shown", "folded", "filtered", "over_cap", "backlog", "quarantined",
        "reading_time_s", "stories", "also", "not_shown", "sources",
    ]  # fmt: skip
    assert document["covers"] == {"from": "2026-03-13T06:00:00Z", "to": "2026-03-14T06:00:00Z"}
    assert document["date"] == "2026-03-14"
    entry_keys = {"id", "link", "title", "source", "published"}
    assert [set(story) for story in document["stories"]] == [{"title", "topic", "reason", "summary", "entries"}] * 4
    assert {frozenset(one) for story in document["stories"] for one in story["entries"]} == {frozenset(entry_keys)}
    assert {frozenset(one) for one in document["also"]} == {frozenset(entry_keys)}
    assert {frozenset(one) for one in document["not_shown"]} == {frozenset({"id", "link", "title", "source", "why"})}
    assert document["sources"] == {
        "looked_at": 9,
        "failed": [{"url": "https://broken.example/feed", "title": "Broken Almanac", "error": "HTTP 503 for two days"}],
        "silent": ["Quiet Quarterly"],
    }


def test_json_counts_add_up_and_match_the_lists() -> None:
    document = json.loads(digest.json(FULL))
    parts = ("shown", "folded", "filtered", "over_cap", "backlog", "quarantined")
    assert document["received"] == sum(document[part] for part in parts)
    assert document["shown"] == sum(len(story["entries"]) for story in document["stories"]) + len(document["also"])
    assert len(document["not_shown"]) == document["received"] - document["shown"] - document["backlog"]


def test_json_of_a_first_digest_covers_from_null() -> None:
    assert json.loads(digest.json(FIRST))["covers"]["from"] is None


# --- every format shows everything ---------------------------------------------------------------------------


def every_entry(of: Digest) -> set[DigestEntry]:
    in_stories = {one for story in of.stories for one in story.entries}
    return in_stories | set(of.also) | {one for more in of.more for one in more.entries}


@pytest.mark.parametrize("form", [digest.markdown, digest.text, digest.json, lambda d: digest.html(d, site=SITE)])
def test_every_entry_has_its_title_link_and_source_in_each_form(form) -> None:  # type: ignore[no-untyped-def]
    written = form(FULL).decode()
    for one in every_entry(FULL):
        assert one.title in written
        assert one.source in written
        assert one.link is None or one.link in written
    for line in FULL.not_shown:
        assert line.title in written
    assert "HTTP 503 for two days" in written
    assert "Quiet Quarterly" in written


@pytest.mark.parametrize("form", [digest.markdown, digest.text, lambda d: digest.html(d, site=SITE)])
def test_forms_for_people_end_and_give_account(form) -> None:  # type: ignore[no-untyped-def]
    written = form(FULL).decode()
    unwrapped = " ".join(written.split())
    assert "silent for 400 days, its rhythm is every 3 months" in unwrapped
    for expected in (
        "Saturday, 14 March 2026",
        "7 minutes",
        "Covers Friday 13 March 07:00 to Saturday 14 March 07:00 (Europe/Berlin)",
        "3 sources · New roles & skills · your interest: remote",
        "That is all for today.",
        "3 more from Bulletin of Everything",
        "15 entries arrived: 7 shown, 1 folded into another, 1 filtered by your rules,",
        "Looked at 9 sources; 1 failed and 1 fell silent.",
        "The bakery asked its night shift what the machines get wrong. They wrote the manual.",
    ):
        assert expected.replace("&", "&amp;") in unwrapped or expected in unwrapped
    assert unwrapped.index("They wrote the manual.") < unwrapped.index("That is all for today.")
    assert unwrapped.index("That is all for today.") < unwrapped.index("Minutes of a quiet meeting")


def test_a_folded_copy_is_explained_by_title_not_by_id() -> None:
    assert "the same as “The bakery that trains its own robot minders” from Shop Floor Weekly" in page()
    assert "urn:uuid" not in page()


def test_a_copy_of_what_is_over_the_cap_or_was_told_before_is_explained_too() -> None:
    over = FULL.more[0].entries[0]
    folded = NotShown(over.id, None, "A copy", "Elsewhere", f"duplicate of {over.id}")
    assert f"the same as “{over.title}” from {over.source}" in page(replace(FULL, not_shown=(folded,)))
    earlier = replace(FULL, not_shown=(replace(folded, id="urn:uuid:1", why="duplicate of urn:uuid:1"),))
    for told in (digest.html(earlier, site=SITE), digest.markdown(earlier), digest.text(earlier)):
        assert "the same text stood in an earlier digest" in " ".join(told.decode().split())
        assert "urn:uuid" not in told.decode()


def test_an_entry_over_the_cap_stands_once_on_the_page() -> None:
    assert page().count("Staffing bulletin number 2") == 1
    alone = replace(FULL, more=())
    assert "over at_most 1" in page(alone)


def test_a_story_whose_headline_is_not_its_first_entrys_lists_them_all() -> None:
    story = replace(FULL.leads[0], title="Robot minding")
    assert issue.followers(story) == story.entries
    assert issue.followers(FULL.leads[0]) == story.entries[1:]


def test_a_story_that_goes_on_says_so_in_every_form() -> None:
    lead = replace(FULL.leads[0], day=3, since=date(2026, 3, 12), reason="day 3 · 2 sources")
    of = replace(FULL, leads=(lead, *FULL.leads[1:]))
    said = "Day 3 of a continuing story"
    assert f'<a class="thread" href="2026-03-12.html">{said}</a> · <span class="why">2 sources</span>' in page(of)
    assert f"*{said}* · *2 sources*" in digest.markdown(of).decode()
    assert f"{said} · 2 sources" in " ".join(digest.text(of).decode().split())
    assert f"{said} · 2 sources" in digest.as_merged_entry(of, id="urn:x", link="https://reader.example.net/").content
    assert json.loads(digest.json(of))["stories"][0]["reason"] == "day 3 · 2 sources"
    assert said not in page()


def test_the_same_digest_gives_the_same_bytes() -> None:
    for form in (digest.markdown, digest.text, digest.json, lambda d: digest.html(d, site=SITE)):
        assert form(FULL) == form(replace(FULL))


# --- the page ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("series", "root"), [("", "../"), ("weekly", "../../")])
def test_links_within_the_site_are_relative_and_lead_back(series: str, root: str) -> None:
    tags = Tags(digest.html(replace(FULL, series=series), site=SITE))
    own = {link for link in tags.links() if "://" not in link}
    assert own == {
        "2026-03-13.html", "index.html", "2026-03-14.txt", "2026-03-14.md", "2026-03-14.json",
        f"{root}atom.xml", f"{root}index.html", f"{root}status.html",
    }  # fmt: skip
    assert f"{root}style.css" in tags.links("link")


def test_the_first_digest_has_no_way_back() -> None:
    assert "First issue: the last seven days" in page(FIRST)
    assert 'rel="prev"' not in page(FIRST)


def test_the_page_loads_nothing_from_elsewhere_and_runs_nothing() -> None:
    for tag, attributes in Tags(page(poisoned("<script src=https://evil.example>")).encode()).found:
        assert tag not in {"script", "style", "iframe", "object", "img", "base"}
        assert not {name for name in attributes if name.startswith("on") or name in {"style", "src"}}
        if tag == "link":
            assert "://" not in str(attributes["href"])


def test_a_link_that_is_not_for_browsers_is_text() -> None:
    bad = replace(BAKERY, link="javascript:alert(1)", also_in=(("X", "data:text/html,x"),))
    poisonous = replace(FULL, also=(bad, NO_LINK))
    for written in (digest.html(poisonous, site=SITE), digest.markdown(poisonous), digest.text(poisonous)):
        assert b"javascript:" not in written
        assert b"data:text" not in written
        assert b"A note without an address" in written


@pytest.mark.parametrize(
    ("language", "attributes"),
    [
        ("de", {"lang": "de"}),
        ("ar", {"lang": "ar", "dir": "rtl"}),
        ("he-IL", {"lang": "he-IL", "dir": "rtl"}),
        ("fa", {"lang": "fa", "dir": "rtl"}),
        ("ur", {"lang": "ur", "dir": "rtl"}),
        ("pt_BR", {"lang": "pt-BR"}),
        ("en-GB", {}),
        (None, {}),
        ('de" onclick="x', {}),
    ],
)
def test_language_and_direction(language: str | None, attributes: dict[str, str]) -> None:
    assert tongue(language) == attributes


def test_headlines_carry_their_language() -> None:
    assert f'lang="de"><a href="{GERMAN.link}">' in page()
    assert f'lang="ar" dir="rtl"><a href="{ARABIC.link}">' in page()


def test_a_day_without_news_says_so_and_which_sources_were_looked_at() -> None:
    for written in (page(EMPTY), digest.markdown(EMPTY).decode(), digest.text(EMPTY).decode()):
        assert "No news today. None of the 9 sources" in " ".join(written.split())
        assert "That is all for today." in written
        assert "Everything else" not in written
        assert "Shop Floor Weekly" in written
    assert "Shop Floor Weekly · The Second Shift" in Tags(page(EMPTY).encode()).text
    assert json.loads(digest.json(EMPTY))["stories"] == []


def test_lenses_show_the_entries_behind_each_number() -> None:
    after = page().split("The balance")[1].split("The account")[0]
    assert after.index("alarm") < after.index("What a four-day pilot") < after.index("opportunity")
    assert 'width="33.3"' in after
    assert 'width="100.0"' in after


def test_thirty_days_of_each_lens_are_drawn_told_and_tabulated() -> None:
    after = page().split("The last 30 days")[1].split("The account")[0]
    assert after.count("<svg") == 2
    assert "18 entries from Friday 13 February to Saturday 14 March; the most on one day: 3, Tuesday 3 March." in after
    assert after.count('<tr><th scope="row">') == 30
    assert after.index("Saturday 14 March</th><td>1</td><td>3</td>") < after.index("Friday 13 February</th>")
    assert after.index("What a four-day pilot") < after.index("and 16 older ones") < after.index("Robot minding is now")
    tags = [tag for tag, _ in Tags(page().encode()).found]
    assert tags.count("rect") == 4 + 13 + 19, "two bars of today on their grounds, a bar for each day that has an entry"


@pytest.mark.parametrize(
    ("offline", "told"),
    [
        (timedelta(hours=3), "1 fell silent. This machine was offline for 3 hours."),
        (timedelta(minutes=100), "This machine was offline for 2 hours."),
        (timedelta(minutes=20), "This machine was offline for 20 minutes."),
        (timedelta(seconds=40), None),
        (timedelta(0), None),
    ],
)
def test_time_without_network_is_told(offline: timedelta, told: str | None) -> None:
    of = replace(FULL, offline=offline)
    for written in (page(of), digest.markdown(of).decode(), digest.text(of).decode()):
        assert (told or "1 fell silent.") in " ".join(written.split())
        assert ("offline" in written) == (told is not None)


def test_trends_are_one_line_in_plain_forms() -> None:
    for written in (digest.markdown(FULL).decode(), digest.text(FULL).decode()):
        assert "\nalarm 18, opportunity 34 in the last 30 days\n" in written
        assert "Rising this week" in written
        assert "robot minders 3, Lehrlinge 4\n" in written


def test_a_rising_term_has_its_entries_below_everything_else() -> None:
    after = page().split("Everything else")[1].split("The balance")[0].split("Rising this week")[1]
    for one in FULL.rising:
        assert all(f"{one.term}<" in after and entry.title in after for entry in one.entries)
    assert after.count("and 1 older one<") == 1


def test_without_trends_nothing_stands_for_them() -> None:
    quiet_month = tuple(replace(trend, days=tuple((day, 0) for day, _ in trend.days)) for trend in FULL.trends)
    for of in (replace(FULL, trends=(), rising=()), replace(FULL, trends=quiet_month, rising=())):
        for written in (page(of), digest.markdown(of).decode(), digest.text(of).decode()):
            assert "30 days" not in written
            assert "Rising" not in written


# --- strangers' text -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
def test_html_shows_strangers_text_and_obeys_none_of_it(text: str) -> None:
    harmless, hostile = Tags(digest.html(poisoned("x"), site=SITE)), Tags(digest.html(poisoned(text), site=SITE))
    assert [(tag, set(attributes)) for tag, attributes in hostile.found] == [
        (tag, set(attributes)) for tag, attributes in harmless.found
    ]
    assert hostile.links() == harmless.links()


@pytest.mark.parametrize(
    ("strange", "escaped"),
    [
        ("[a](https://x.example)", r"\[a\](https&#58;//x.example)"),
        ("<b>", "&#60;b&#62;"),
        ("a * b _c_ `d`", r"a \* b \_c\_ \`d\`"),
        ("1. one", r"1\. one"),
        ("2026 in work", "2026 in work"),
        ("- one", r"\- one"),
        ("well-known + more", "well-known + more"),
        ("# a\n## b", r"\# a \#\# b"),
        ("a | b", "a &#124; b"),
        ("Q&A, R & D, &lt;", "Q&amp;A, R & D, &amp;lt;"),
        ("see WWW.example.com", r"see WWW\.example.com"),
        ("don't stop.", "don't stop."),
        ("a\x00b\x1bc\u202ed", "abcd"),
    ],
)
def test_markdown_escapes_only_what_means_something(strange: str, escaped: str) -> None:
    assert escape(strange) == escaped


@pytest.mark.parametrize(
    ("target", "written"),
    [
        ("https://x.example/a_(b)?c=1&d=2", "[t](<https://x.example/a_(b)?c=1&d=2>)"),
        ("https://x.example/?a=1&copy;=2", "[t](<https://x.example/?a=1&amp;copy;=2>)"),
        ("https://x.example/a> [b](https://evil.example)", "[t](<https://x.example/a%3E%20[b](https://evil.example)>)"),
        ("https://x.example/a\nb\\", "[t](<https://x.example/a%0Ab%5C>)"),
        ("javascript:x", "t"),
        (None, "t"),
    ],
)
def test_markdown_links_end_where_they_should(target: str | None, written: str) -> None:
    assert link("t", target) == written


@pytest.mark.parametrize("text", HOSTILE[:-1])
def test_markdown_keeps_its_shape_whatever_a_title_says(text: str) -> None:
    """Blocks, links and table rows are as many as with a harmless text: nothing of the stranger's became one."""
    harmless, hostile = digest.markdown(poisoned("x")).decode(), digest.markdown(poisoned(text)).decode()
    assert hostile.count("\n") == harmless.count("\n")
    assert hostile.count("](<") == harmless.count("](<")
    structure = [line.split(" ")[0] for line in harmless.split("\n") if line.startswith(("#", "|", "-", "1.", "+"))]
    assert [
        line.split(" ")[0] for line in hostile.split("\n") if line.startswith(("#", "|", "-", "1.", "+"))
    ] == structure


PLAIN_READERS = {
    "commonmark": commonmark.commonmark,
    "markdown": markdown.markdown,
    "markdown-it": MarkdownIt().render,
    "mistune": mistune.html,
}


@pytest.mark.parametrize("text", ["plain", *HOSTILE[:-1], "costs $5 | $6 ~ R&D <b> www.example.com https://x.example/"])
def test_every_common_renderer_shows_the_same_words_and_links(text: str) -> None:
    source = digest.markdown(poisoned(text)).decode()
    seen = {name: (_words_of(read(source)), _links_of(read(source))) for name, read in PLAIN_READERS.items()}
    assert len(set(seen.values())) == 1, seen


def _words_of(page: str) -> str:
    return "".join(unescape(re.sub(r"</?[a-z][a-z0-9]*(?: [^>]*)?/?>", "", page)).split())


def _links_of(page: str) -> tuple[str, ...]:
    return tuple(unescape(found) for found in re.findall(r'<a href="([^"]*)"', page))


@given(st.text(max_size=300) | st.text(alphabet="\\`*_[]{}()<>#+-.!|~&;:/w1 \n\tab$=^\"'", max_size=60))
def test_a_markdown_reader_shows_exactly_the_strangers_text(strange: str) -> None:
    """As a paragraph and as a list line, read by an independent CommonMark parser with tables and strikethrough."""
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    for lead in ("", "- "):
        inline = [token for token in reader.parse(lead + escape(strange)) if token.type == "inline"]
        parts = [part for token in inline for part in token.children or []]
        assert {part.type for part in parts} <= {"text"}
        assert "".join(part.content for part in parts) == one_line(strange)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_markdown_reader_finds_only_the_digests_own_links(text: str) -> None:
    def links(of: Digest) -> list[str]:
        tokens = MarkdownIt("commonmark").enable("table").parse(digest.markdown(of).decode())
        assert not [token for token in tokens if token.type in {"html_block", "fence", "code_block"}]
        parts = [part for token in tokens for part in token.children or []]
        assert not [part for part in parts if part.type in {"html_inline", "image", "code_inline"}]
        return [str(part.attrs["href"]) for part in parts if part.type == "link_open"]

    assert links(poisoned(text)) == links(poisoned("x"))


@given(st.text(max_size=400), st.text(max_size=400))
def test_text_is_72_columns_without_control_characters(title: str, sentence: str) -> None:
    strange = replace(BAKERY, title=title, source=sentence)
    story = Story(title, title, sentence, (sentence,), (strange, strange), lead=True)
    written = digest.text(replace(FULL, leads=(story,), also=(strange,))).decode()
    for line in written.split("\n"):
        assert len(line) <= 72 or line.lstrip().startswith("https://")
        assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or char in "\u202e\u2066" for char in line)


def test_text_never_breaks_a_link() -> None:
    long = entry(90, "Long", "S", link="https://example.org/" + "a" * 100)
    assert f"\n    {long.link}\n" in digest.text(replace(FULL, also=(long,))).decode()


def test_a_text_that_vanishes_leaves_no_hole() -> None:
    assert "\n\n\n" not in digest.markdown(poisoned("\ud800")).decode()


def test_a_monstrous_title_is_cut() -> None:
    assert len(one_line("a" * 1_000_000)) == 2001


def test_web_links_only() -> None:
    assert web_link("https://example.org/") == "https://example.org/"
    assert [web_link(bad) for bad in ("", None, "ftp://x", "javascript:alert(1)", "//x.example", "mailto:a@b")] == [
        None
    ] * 6


# --- words ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "to", "said"),
    [
        (datetime(2026, 3, 10, 6, tzinfo=UTC), datetime(2026, 3, 14, 6, tzinfo=UTC),
         "Covers 4 days, from Tuesday 10 March 07:00 to Saturday 14 March 07:00 (Europe/Berlin)"),
        (datetime(2026, 3, 28, 6, tzinfo=UTC), datetime(2026, 3, 29, 5, tzinfo=UTC),
         "Covers Saturday 28 March 07:00 to Sunday 29 March 07:00 (Europe/Berlin)"),
        (datetime(2025, 12, 31, 6, tzinfo=UTC), datetime(2026, 1, 1, 6, tzinfo=UTC),
         "Covers Wednesday 31 December 2025 07:00 to Thursday 1 January 07:00 (Europe/Berlin)"),
        (None, datetime(2026, 3, 14, 6, tzinfo=UTC),
         "First issue: the last seven days, up to Saturday 14 March 07:00 (Europe/Berlin)"),
    ],
)  # fmt: skip
def test_what_a_digest_covers(since: datetime | None, to: datetime, said: str) -> None:
    assert words.covers(replace(FULL, date=date(2026, to.month, to.day), covers_from=since, covers_to=to)) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(5, "5 seconds"), (100, "2 minutes"), (7200, "2 hours"), (86400 * 2, "2 days"), (86400 * 90, "3 months")],
)
def test_spans(seconds: int, said: str) -> None:
    assert words.span(seconds) == said


@pytest.mark.parametrize(("seconds", "said"), [(0, "1 minute"), (61, "1 minute"), (412, "7 minutes")])
def test_reading_time(seconds: int, said: str) -> None:
    assert words.minutes(seconds) == said


# --- as an entry of the digest feed --------------------------------------------------------------------------


def test_a_digest_is_one_entry_of_the_digest_feed() -> None:
    address = "https://example.org/fow/digest/2026-03-14.html"
    made = digest.as_merged_entry(FULL, id="urn:uuid:1", link=address)
    assert (made.id, made.link, made.published) == ("urn:uuid:1", address, FULL.covers_to)
    assert made.title == "Future of Work: Saturday, 14 March 2026"
    assert made.excerpt == "4 stories in 7 minutes"
    tags = Tags(made.content.encode())
    assert all(one.startswith("https://") for one in tags.links())
    assert tags.links()[-1] == address
    assert {tag for tag, _ in tags.found} <= {"p", "h2", "h3", "a", "ul", "li", "small", "strong", "bdi"}
    assert "Robot minding is now a trade in three towns" in tags.text
    assert "<script" not in digest.as_merged_entry(poisoned("<script>"), id="x", link=address).content
