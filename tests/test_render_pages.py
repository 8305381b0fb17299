from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from jinja2 import DictLoader, Environment
from lxml import html

from aggregator.errors import PublishError
from aggregator.records import Attribution, Copy, MergedEntry, MergedFeed
from aggregator.render import pages
from aggregator.render.site import Compiled, Site
from aggregator.render.status import status
from tests.test_render_status import health

SITE = Site("Future of Work", "https://example.org/fow/", ZoneInfo("Europe/Berlin"))
NOW = datetime(2026, 3, 14, 9, 12, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>\"'><img src=https://evil.example/x onerror=x>"


def merged(number: int, **fields: object) -> MergedEntry:
    made = MergedEntry(
        id=f"urn:uuid:{number}",
        title=f"Entry {number}",
        link=f"https://example.org/{number}",
        source=Attribution("Notes on Work", "https://notes.example/"),
        published=NOW - timedelta(hours=number),
        updated=NOW,
        excerpt=f"What entry {number} begins with",
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def feed(*entries: MergedEntry) -> MergedFeed:
    return MergedFeed("urn:uuid:0", "Future of Work", SITE.link, SITE.link + "atom.xml", NOW, entries)


def text(page: bytes) -> str:
    return " ".join(html.document_fromstring(page).text_content().split())


def hrefs(page: bytes, path: str = "//a/@href") -> list[str]:
    return [str(found) for found in html.document_fromstring(page).xpath(path)]


# --- river ---------------------------------------------------------------------------------------------------


def test_river_groups_by_local_day_newest_first() -> None:
    late = merged(1, title="Late", published=datetime(2026, 3, 13, 23, 30, tzinfo=UTC))
    early = merged(2, title="Early", published=datetime(2026, 3, 13, 22, 30, tzinfo=UTC))
    told = text(pages.river(feed(early, late), site=SITE))
    order = ["Saturday, 14 March 2026", "Late", "00:30", "Friday, 13 March 2026", "Early", "23:30"]
    places = [told.index(word) for word in order]
    assert places == sorted(places)


def test_river_names_sources_copies_and_tags() -> None:
    one = merged(1, copies=(Copy(Attribution("The Copyist"), "https://copy.example/1"),), tags=("policy", "odd tag"))
    made = pages.river(feed(one), site=SITE, tags={"policy": "policy"})
    assert "Notes on Work · 09:12 · also in The Copyist · policy · odd tag" in text(made)
    assert {"https://copy.example/1", "https://notes.example/", "tags/policy/atom.xml"} <= set(hrefs(made))
    assert "What entry 1 begins with" in text(made)


def test_river_offers_every_feed_and_the_newest_digest() -> None:
    made = pages.river(feed(merged(1)), site=SITE, digest=date(2026, 3, 14))
    assert hrefs(made, "//link[@rel='alternate']/@href") == ["atom.xml", "rss.xml", "feed.json", "digest/atom.xml"]
    assert {"digest/2026-03-14.html", "status.html", "sources.opml", "index.html#subscribe"} <= set(hrefs(made))
    assert "Never used a feed reader?" in text(made)
    assert "digest/2026" not in pages.river(feed(merged(1)), site=SITE).decode()


def test_river_ends_after_200_entries_and_says_so() -> None:
    made = text(pages.river(feed(*(merged(number) for number in range(203))), site=SITE))
    assert "Entry 199 " in made
    assert "Entry 200 " not in made
    assert "3 older entries stand in the feed" in made


def test_an_empty_river_says_so() -> None:
    assert "Nothing here yet" in text(pages.river(feed(), site=SITE))


def test_a_day_page_has_its_day_only_and_links_back() -> None:
    made = pages.day(feed(merged(1), merged(30, title="Yesterday's")), date(2026, 3, 14), site=SITE,
                     previous=date(2026, 3, 13))  # fmt: skip
    assert "Entry 1" in text(made)
    assert "Yesterday's" not in text(made)
    assert {"../day/2026-03-13.html", "../index.html", "../digest/index.html"} <= set(hrefs(made))
    assert "../style.css" in hrefs(made, "//link/@href")


# --- calendar ------------------------------------------------------------------------------------------------


def test_calendar_has_months_newest_first_and_a_list() -> None:
    issues = [(date(2026, 2, 28), 6, 40), (date(2026, 3, 13), 7, 49), (date(2026, 3, 14), 1, 0)]
    made = pages.calendar("Future of Work", issues, site=SITE)
    assert hrefs(made, "//table/caption/text()") == ["March 2026", "February 2026"]
    assert hrefs(made, "//td/a/@href") == ["2026-03-13.html", "2026-03-14.html", "2026-02-28.html"]
    assert hrefs(made, "//li/a/@href") == ["2026-03-14.html", "2026-03-13.html", "2026-02-28.html"]
    assert "Friday, 13 March 2026, 7 minutes, 49 entries" in hrefs(made, "//td/a/@aria-label")
    assert "Saturday, 14 March 2026, no news" in hrefs(made, "//td/a/@aria-label")


def test_calendar_weeks_begin_on_monday() -> None:
    made = html.document_fromstring(pages.calendar("T", [(date(2026, 3, 1), 7, 5)], site=SITE))
    first_week = made.xpath("//tbody/tr[1]/td")
    assert [cell.text_content().strip() for cell in first_week] == [""] * 6 + ["17 min"]


def test_calendar_of_a_named_series_is_one_folder_deeper() -> None:
    assert "../../style.css" in hrefs(pages.calendar("T", [], site=SITE, series="weekly"), "//link/@href")
    assert "No digest yet" in text(pages.calendar("T", [], site=SITE))


def test_the_calendars_of_all_series_lead_to_each_other() -> None:
    def others(series: str, *every_series: str) -> list[str]:
        made = pages.calendar("T", [], site=SITE, series=series, every_series=every_series)
        return hrefs(made, "//main//a/@href")

    assert others("", "", "weekly", "policy") == ["../digest/weekly/index.html", "../digest/policy/index.html"]
    assert others("weekly", "", "weekly") == ["../../digest/index.html"]
    assert others("", "") == []


# --- one thing to say ----------------------------------------------------------------------------------------


def test_progress_shows_a_bar_and_refreshes_each_second() -> None:
    made = pages.progress(13, 36, ["A", "B", "C", "D"], site=SITE)
    assert hrefs(made, "//progress/@value") + hrefs(made, "//progress/@max") == ["13", "36"]
    assert hrefs(made, "//meta[@http-equiv='refresh']/@content") == ["1"]
    assert "Reading your 36 sources for the first time" in text(made)
    assert "Just read: D, C, B" in text(made)


def test_offline_tries_again() -> None:
    made = pages.offline(site=SITE)
    assert "You seem to be offline; trying again every minute" in text(made)
    assert hrefs(made, "//meta[@http-equiv='refresh']/@content") == ["10"]


@pytest.mark.parametrize(("root", "start"), [(None, "/fow/"), ("/", "/")])
def test_not_found_links_from_the_root_of_the_host(root: str | None, start: str) -> None:
    made = pages.not_found(site=SITE, root=root)
    assert hrefs(made) == [f"{start}index.html", f"{start}digest/index.html", f"{start}status.html"]
    assert f"{start}style.css" in hrefs(made, "//link/@href")


def test_latest_is_the_digest_itself() -> None:
    assert pages.latest(b"page") == b"page"


# --- all pages -----------------------------------------------------------------------------------------------

PAGES: dict[str, Callable[[str], bytes]] = {
    "river": lambda bad: pages.river(
        feed(merged(1, title=bad, excerpt=bad, link="javascript:x", source=Attribution(bad), tags=(bad,))),
        site=SITE, tags={bad: bad},
    ),
    "calendar": lambda bad: pages.calendar(bad, [(date(2026, 3, 14), 7, 49)], site=SITE),
    "day": lambda bad: pages.day(
        feed(merged(1, title=bad, excerpt=bad, link="javascript:x", source=Attribution(bad), tags=(bad,))),
        date(2026, 3, 14), site=SITE, previous=date(2026, 3, 13), following=date(2026, 3, 15), tags={bad: bad},
    ),
    "status": lambda bad: status([health(bad, "failing", error=bad, reason=bad)], checked_at=NOW, offline=True,
                                 site=SITE, wrong=bad),
    "progress": lambda bad: pages.progress(1, 2, [bad], site=SITE),
    "not_found": lambda bad: pages.not_found(site=replace(SITE, title=bad), root=""),
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_pages_run_nothing_load_nothing_and_stay_in_their_folder(name: str) -> None:
    made = PAGES[name](HOSTILE)
    tree = html.document_fromstring(made)
    assert not tree.xpath("//style | //img | //iframe | //@style | //@onerror")
    assert {one.get("src").rpartition("/")[2] for one in tree.xpath("//script | //*[@src]")} <= {"river.js"}
    assert not any(one.text for one in tree.xpath("//script"))
    assert not [link for link in hrefs(made, "//link/@href") if "://" in link or link.startswith("/")]
    assert "javascript:" not in "".join(hrefs(made))
    assert made == PAGES[name](HOSTILE)
    harmless = html.document_fromstring(PAGES[name]("x"))
    assert [one.tag for one in tree.iter()] == [one.tag for one in harmless.iter()]


def test_style_and_favicon_ask_no_other_host() -> None:
    assert b"url(" not in pages.style()
    assert b"@import" not in pages.style()
    assert b"prefers-color-scheme: dark" in pages.style()
    assert b"@media print" in pages.style()
    assert pages.favicon().startswith(b"<svg")


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio of two `#rrggbb` colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1])
def test_text_is_readable_in_both_schemes(scheme: int) -> None:
    block = pages.style().decode().split(":root {")[1:][scheme].split("}")[0]
    colours = {
        name.strip(): value.strip(" ;")
        for name, _, value in (line.partition(":") for line in block.splitlines())
        if value.strip().startswith("#")
    }
    for ink in ("--ink", "--quiet", "--accent"):
        for ground in ("--paper", "--wash"):
            assert _contrast(colours[ink], colours[ground]) >= 4.5


# --- templates of the user -----------------------------------------------------------------------------------


def theirs(folder: Path, **files: str) -> Site:
    """A site whose user has these templates; `_` stands for the dot in a name."""
    folder = folder / "templates"
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return replace(SITE, templates=folder)


def test_a_template_of_the_user_replaces_ours_of_the_same_name(tmp_path: Path) -> None:
    site = theirs(tmp_path, message_html="<p>{{ heading }} at {{ site.title }}", style_css="p { color: green }")
    assert pages.not_found(site=site) == b"<p>There is no such page at Future of Work"
    assert pages.style(site) == b"p { color: green }"
    assert pages.favicon(site) == pages.favicon()
    assert pages.calendar("Digests", [], site=site) == pages.calendar("Digests", [], site=SITE)


def test_theirs_may_extend_ours_and_is_seen_when_it_changes(tmp_path: Path) -> None:
    own = '{% extends "base.html" %}{% block body %}<b>{{ heading }}</b>{% endblock %}'
    page = pages.not_found(site=theirs(tmp_path, message_html=own))
    assert b"<b>There is no such page</b>" in page
    assert b"style.css" in page
    assert pages.not_found(site=theirs(tmp_path, message_html="Gone")) == b"Gone"
    assert pages.not_found(site=theirs(tmp_path, message_html="{{ lines[0] | upper }} <&>")).endswith(b"<&>")
    (tmp_path / "templates" / "message.html").unlink()
    assert pages.not_found(site=theirs(tmp_path)) == pages.not_found(site=SITE)


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("<p>\n{% if %}", "publish: templates/message.html:2: Expected an expression, got 'end of statement block';"),
        ("<p>\n\n{{ nothing }}", "publish: templates/message.html:3: 'nothing' is undefined;"),
        ("{{ heading.x.y }}", "publish: templates/message.html:1: 'str object' has no attribute 'x';"),
        ("a\n{{ 1 / 0 }}", "publish: templates/message.html:2: division by zero;"),
        ("a\n{{ heading | nope }}", "publish: templates/message.html:2: No filter named 'nope'."),
        ('{% include "other.html" %}', "publish: templates/message.html:1: "),
        ("{{ heading", "publish: templates/message.html:1: "),
    ],
)
def test_a_wrong_template_is_told_in_one_line(tmp_path: Path, template: str, told: str) -> None:
    with pytest.raises(PublishError) as caught:
        pages.not_found(site=theirs(tmp_path, message_html=template))
    assert str(caught.value).startswith(told)
    assert str(caught.value).endswith("; the last good output stays")
    assert "\n" not in str(caught.value)


def test_what_their_file_breaks_in_ours_is_theirs_too(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match=r"templates/river\.html: .*macros\.html"):
        pages.river(feed(merged(1)), site=theirs(tmp_path, macros_html="{# nothing #}"))
    (tmp_path / "templates" / "style.css").write_bytes(b"\xff\xfe")
    with pytest.raises(PublishError, match=r"templates/style\.css: "):
        pages.style(theirs(tmp_path))


def test_a_template_is_compiled_once_for_all_processes_until_it_changes(tmp_path: Path) -> None:
    def page(source: str) -> str:
        made = Environment(loader=DictLoader({"p": source}), bytecode_cache=Compiled(tmp_path))
        return made.get_template("p").render(n=2)

    def is_kept(source: str) -> bool:
        return Compiled(tmp_path).get_bucket(Environment(), "p", None, source).code is not None

    assert (page("{{ n }} entries"), is_kept("{{ n }} entries"), is_kept("{{ n }} new")) == ("2 entries", True, False)
    assert (page("{{ n }} new"), is_kept("{{ n }} new")) == ("2 new", True)
    assert len(list(tmp_path.iterdir())) == 1


def test_where_nothing_may_be_written_templates_are_compiled_each_time(tmp_path: Path) -> None:
    made = Environment(loader=DictLoader({"p": "{{ n }}"}), bytecode_cache=Compiled(tmp_path / "absent"))
    assert made.get_template("p").render(n=2) == "2"
