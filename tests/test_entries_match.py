from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.entries.identity import content_hash
from aggregator.entries.match import match, safer_links
from aggregator.entries.normalize import normalize
from aggregator.entries.recognition import is_mostly_known, share_known
from aggregator.parse.feed import parse
from aggregator.records import Entry, Outline
from aggregator.store.entries import Known
from tests.corpus import ROOT as CORPUS
from tests.corpus import needs_corpus
from tests.makers import DAY, HOUR, NOW, changed, entry, words


class Memory:
    """What a source's earlier polls left behind; `poll` gives (guid, standing) of new entries."""

    def __init__(self) -> None:
        self.known: list[Known] = []
        self.before: datetime | None = None
        self.updated: list[str] = []

    def poll(self, *entries: Entry, now: datetime = NOW) -> list[tuple[str, str]]:
        changes = match(entries, self.known, self.before, now)
        by_key = {old.key: old for old in self.known}
        self.updated = [entry.title for _, entry in changes.updated]
        by_key |= {key: _known(key, one, "news", by_key[key].published) for key, one in changes.updated}
        for one, standing in changes.new:
            key = len(by_key) + 1
            by_key[key] = _known(key, one, standing, min(one.published or now, now))
        self.known, self.before = list(by_key.values()), now
        assert len({old.guid for old in self.known}) == len(self.known)
        assert changes.seen == len(entries)
        return [(one.guid, standing) for one, standing in changes.new]

    def titles(self) -> list[str]:
        return [old.title for old in self.known]


def _known(key: int, one: Entry, standing: str, published: datetime) -> Known:
    return Known(key, one.guid, one.canonical_url, one.title, content_hash(one), published, standing)  # type: ignore[arg-type]


def posts(count: int, *, newest: datetime = NOW - HOUR, gap: timedelta = DAY, name: str = "p") -> list[Entry]:
    """A blog's document, newest first, a day apart."""
    return [entry(f"{name}{n}", published=newest - n * gap) for n in range(count)]


def after_a_poll(*entries: Entry) -> Memory:
    memory = Memory()
    memory.poll(*entries)
    return memory


LATER = NOW + HOUR


# --- the first poll ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ages", "news"),
    [
        ((1, 2, 3, 4, 5, 6, 6.5), (0, 1, 2, 3, 4)),  # days; at most 5
        ((8, 9, 400), ()),
        ((7, 6.99), (1,)),
        ((6, 1, 8, 2), (0, 1, 3)),
        ((3, 3, 3, 3, 3, 3), (0, 1, 2, 3, 4)),  # ties in document order
        ((None, 8, None), (0, 2)),  # undated counts as today
        ((None, None, None, None, None, None, 1), (0, 1, 2, 3, 4)),
        ((), ()),
    ],
)
def test_the_first_poll_announces_the_newest_five_of_a_week(
    ages: tuple[float | None, ...], news: tuple[int, ...]
) -> None:
    document = [entry(f"g{n}", published=None if age is None else NOW - age * DAY) for n, age in enumerate(ages)]
    expected = [(f"g{n}", "news" if n in news else "backlog") for n in range(len(ages))]
    assert Memory().poll(*document) == expected


def test_an_empty_first_poll_makes_the_source_known() -> None:
    memory = after_a_poll()
    assert memory.poll(*posts(9, newest=LATER, gap=timedelta(minutes=1)), now=LATER) == [
        (f"p{n}", "news") for n in range(9)
    ]


# --- nothing new ---------------------------------------------------------------------------------------------


def everything(change: Callable[[int, Entry], Entry]) -> Callable[[list[Entry]], list[Entry]]:
    return lambda document: [change(n, one) for n, one in enumerate(document)]


def dated(moment: datetime, one: Entry) -> Entry:
    return replace(one, published=moment)


def moved(url: str, one: Entry, guid: str | None = None) -> Entry:
    return replace(one, guid=guid or url, link=url, canonical_url=url)


@pytest.mark.fault(19, 20, 25)
@pytest.mark.parametrize(
    ("change", "edited"),
    [
        (lambda document: document, 0),
        (lambda document: document[::-1], 0),
        (lambda document: [], 0),
        (everything(lambda n, one: replace(one, published=NOW - n * HOUR, updated=NOW)), 0),
        (everything(lambda n, one: replace(one, published=LATER)), 0),
        (everything(lambda n, one: replace(one, published=None)), 0),
        (everything(lambda n, one: replace(one, guid=f"random-{n}")), 10),
        (everything(lambda n, one: replace(one, guid=f"random-{n}", title=f"Edited {n}")), 10),
        (everything(lambda n, one: moved(f"https://new.example.net/posts/p{n}", one)), 10),
        (everything(lambda n, one: moved(f"https://new.example.net/?id={n}", one)), 10),
        (everything(lambda n, one: dated(NOW - DAY * (n + 0.5), moved(f"https://new.example.net/?id={n}", one))), 10),
        (everything(lambda n, one: moved(f"https://new.example.net/?id={n}", replace(one, published=None))), 10),
        (everything(lambda n, one: moved(f"{one.link}?sid=2", one, one.guid)), 10),
        (lambda document: [replace(document[0], title="Edited"), *document[1:]], 1),
        (lambda document: [replace(document[0], guid="x", link=None, canonical_url=None), *document[1:]], 1),
    ],
    ids=["same", "reordered", "emptied", "dates moved", "dated now", "dates gone", "random guids",
         "random guids, titles", "new host", "new paths", "new paths, other hours", "new paths, no dates",
         "session ids", "one edited", "one guid and link changed"],
)  # fmt: skip
def test_a_known_source_announces_nothing_twice(change: Callable[[list[Entry]], list[Entry]], edited: int) -> None:
    document = posts(10)
    memory = after_a_poll(*document)
    assert memory.poll(*change(document), now=LATER) == []
    assert len(memory.updated) == edited
    assert memory.poll(*document, now=LATER + HOUR) == []  # and back again
    assert memory.poll(*change(document), now=LATER + 2 * HOUR) == []


@pytest.mark.parametrize(("path", "news"), [("2026/the-long-story", 0), ("?p=12345&lang=de", 0), ("p/1", 1)])
def test_a_path_that_says_enough_is_known_on_another_host(path: str, news: int) -> None:
    memory = after_a_poll(moved(f"https://old.example.org/{path}", entry("a")))
    edited = moved(f"https://new.example.net/{path}", entry("b", published=LATER))
    assert len(memory.poll(edited, now=LATER)) == news


def test_a_new_system_with_new_dates_is_recognised_by_what_its_entries_say() -> None:
    document = [entry(f"p{n}", text=words(80, n), published=NOW - n * DAY) for n in range(10)]
    memory = after_a_poll(*document)
    alone = moved("https://new.example.net/?id=3", replace(document[3], published=LATER))
    assert memory.poll(*document[:3], alone, *document[4:], now=LATER) == []
    moved_in = [
        moved(f"https://new.example.net/?id={n}", replace(one, published=LATER)) for n, one in enumerate(document)
    ]
    assert memory.poll(*moved_in, now=LATER) == []


def test_an_entry_listed_twice_under_random_guids_does_not_multiply() -> None:
    one = entry("a")
    memory = after_a_poll(replace(one, guid="r1"), replace(one, guid="r2"))
    assert memory.poll(replace(one, guid="r3"), replace(one, guid="r4"), now=LATER) == []
    assert len(memory.known) == 2


# --- news ----------------------------------------------------------------------------------------------------


@pytest.mark.fault(23)
def test_news_beside_what_is_known() -> None:
    memory = after_a_poll(*posts(10))
    assert memory.poll(entry("fresh", published=LATER), *posts(9), now=LATER) == [("fresh", "news")]


def test_a_guid_used_again_for_another_article_is_news_and_the_first_one_stays() -> None:
    memory = after_a_poll(entry("today", title="Monday's story", link="https://blog.example.org/monday"))
    second = entry("today", title="Tuesday's story", link="https://blog.example.org/tuesday", published=LATER)
    ((guid, standing),) = memory.poll(second, now=LATER)
    assert (standing, memory.titles()) == ("news", ["Monday's story", "Tuesday's story"])
    assert guid.startswith("today\n")
    assert memory.poll(second, now=LATER + HOUR) == []
    assert memory.poll(replace(second, content="<p>Corrected.</p>"), now=LATER + HOUR) == []
    assert memory.updated == ["Tuesday's story"]
    third = entry("today", title="Wednesday's story", link="https://blog.example.org/wednesday", published=LATER)
    assert [standing for _, standing in memory.poll(third, now=LATER + 2 * HOUR)] == ["news"]


@pytest.mark.parametrize("edited", [entry("a", title="Another"), entry("a", link="https://blog.example.org/moved")])
def test_a_title_or_a_link_alone_is_an_edit(edited: Entry) -> None:
    memory = after_a_poll(entry("a"))
    assert memory.poll(edited, now=LATER) == []
    assert len(memory.updated) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"link": "https://blog.example.org/", "canonical_url": "https://blog.example.org"},
        {"link": "https://blog.example.org/news-and-notes", "canonical_url": "https://blog.example.org/news-and-notes"},
        {"link": None, "canonical_url": None},
        {"title": "Daily briefing"},
        {"title": "Daily briefing", "content": "", "text": ""},
        {"title": "Open thread", "text": "What is on your mind today? Tell us below.", "content": "<p>Tell us.</p>"},
    ],
    ids=[
        "all link to the front page",
        "all link to one page",
        "no links",
        "one title",
        "one title, nothing else",
        "form letters",
    ],
)
def test_a_short_window_loses_no_entry(fields: dict[str, str | None]) -> None:
    """A document holds only the newest; what left it must not be taken for what came."""
    made = [replace(entry(f"g{n}", published=NOW + n * HOUR), **fields) for n in range(12)]  # type: ignore[arg-type]
    memory = after_a_poll(*made[:2])
    for n in range(2, 12):
        assert memory.poll(made[n], made[n - 1], now=NOW + n * HOUR + timedelta(minutes=5)) == [(f"g{n}", "news")]
    assert len(memory.known) == 12


def test_two_vacancies_of_one_title_on_one_day_are_two() -> None:
    memory = after_a_poll(entry("v1", title="Baker wanted", published=NOW - 3 * HOUR))
    assert memory.poll(entry("v2", title="Baker wanted", published=NOW - timedelta(minutes=1)), now=NOW) == [
        ("v2", "news")
    ]


# --- floods --------------------------------------------------------------------------------------------------


@pytest.mark.fault(21)
def standings(changes: Sequence[tuple[str, str]]) -> list[str]:
    return [standing for _, standing in changes]


def test_a_feed_that_grows_backwards_announces_three_and_holds_the_rest() -> None:
    memory = after_a_poll(*posts(10))
    grown = posts(200)
    assert standings(memory.poll(*grown, now=LATER)) == ["news"] * 3 + ["held"] * 187
    assert memory.poll(*grown, now=LATER + HOUR) == []


def test_a_feed_that_shrinks_and_grows_again_announces_nothing() -> None:
    document = posts(10)
    memory = after_a_poll(*document)
    assert memory.poll(*document[:3], now=LATER) == []
    assert memory.poll(*document, now=LATER + DAY) == []


def test_old_ones_do_not_hold_news_back() -> None:
    memory = after_a_poll(*posts(3))
    fresh = [entry(f"n{n}", published=LATER - timedelta(minutes=n)) for n in range(4)]
    assert memory.poll(*fresh, *posts(9, newest=NOW - 3 * DAY, name="old"), now=LATER) == (
        [(f"n{n}", "news") for n in range(4)] + [(f"old{n}", "news" if n < 3 else "held") for n in range(9)]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("published", "before", "old"),
    [
        (NOW.replace(hour=0), NOW, False),  # midnight is the whole day
        (NOW.replace(hour=0), NOW.replace(hour=0) + DAY, False),
        (NOW.replace(hour=0), NOW + DAY, True),
        (NOW.replace(hour=6, minute=59), NOW, True),
        (NOW, NOW, False),
        (None, NOW, False),
    ],
)
def test_what_looks_old(published: datetime | None, before: datetime, old: bool) -> None:
    document = [entry(f"g{n}", published=published) for n in range(5)]
    changes = match(document, [], before, before + HOUR)
    assert [standing for _, standing in changes.new] == ["news"] * 3 + ["held" if old else "news"] * 2


@pytest.mark.parametrize(
    ("known", "fresh", "hours", "held"),
    [
        (posts(10), posts(1000, newest=LATER, gap=timedelta(0), name="new"), 1, 997),
        (posts(10, gap=7 * DAY), [moved(f"https://casino.example/{one.guid}", one)
                                  for one in posts(10, newest=LATER, gap=timedelta(minutes=1), name="parked")], 1, 7),
        (posts(10, gap=timedelta(0)), posts(10, newest=LATER, gap=timedelta(minutes=1), name="issue"), 1, 0),
        (posts(10, gap=HOUR), posts(10, newest=NOW + 10 * HOUR, gap=timedelta(minutes=50), name="busy"), 10, 0),
        (posts(10), posts(10, newest=NOW + 20 * DAY, name="holiday"), 20 * 24, 0),
        (posts(300, gap=timedelta(0)), posts(400, newest=NOW + DAY, gap=timedelta(0), name="new"), 24, 0),
        (posts(4), posts(10, newest=LATER, gap=timedelta(minutes=1), name="young"), 1, 0),
    ],
    ids=["thousand new ids and dates", "another site's feed", "a weekly issue", "a busy site", "after a holiday",
         "hundreds a day, every day", "a young blog"],
)  # fmt: skip
def test_a_flood_is_what_no_rhythm_explains(known: list[Entry], fresh: list[Entry], hours: int, held: int) -> None:
    memory = after_a_poll(*known)
    assert standings(memory.poll(*fresh, now=NOW + hours * HOUR)).count("held") == held


def test_most_of_an_import_is_known_by_titles_though_two_posts_kept_their_guids() -> None:
    """New guids, links, dates and texts for all but two: what its titles explain is neither announced nor held."""
    before = posts(20)
    memory = after_a_poll(*before)
    anew = [
        moved(
            f"https://new.example.net/archives/{n}", replace(one, published=LATER, text=words(80, n), content="Anew.")
        )
        for n, one in enumerate(before[2:])
    ]
    truly_new = [entry(f"t{n}", published=LATER, title=f"Truly new {n}") for n in range(2)]
    assert memory.poll(*truly_new, *before[:2], *anew, now=LATER + HOUR) == [("t0", "news"), ("t1", "news")]
    assert len(memory.updated) == 18


def test_titles_that_explain_a_few_of_a_mass_explain_nothing() -> None:
    """After a long silence: twelve new posts, of which two have the titles of years ago."""
    memory = after_a_poll(entry("kept"), *posts(5, newest=NOW - 300 * DAY))
    titles = [f"New {n}" for n in range(10)] + ["Title of p1", "Title of p2"]
    new = [entry(f"n{n}", title=title, published=LATER - n * timedelta(minutes=1)) for n, title in enumerate(titles)]
    assert standings(memory.poll(entry("kept"), *new, now=LATER)).count("news") == 12


def test_of_a_doubted_document_everything_is_held() -> None:
    found = match(posts(2), [], NOW - DAY, NOW, doubt="another's")
    assert [standing for _, standing in found.new] == ["held", "held"]
    assert (found.doubt, found.foreign) == ("another's", True)
    assert match(posts(2), [], NOW - 3 * DAY, NOW).doubt is None


# --- an edited line ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kept", "share"), [(10, 1.0), (5, 0.5), (0, 0.0)])
def test_how_much_of_a_document_an_earlier_source_explains(kept: int, share: float) -> None:
    memory = after_a_poll(*posts(10))
    document = [moved(f"https://new.example.net/posts/p{n}", one) for n, one in enumerate(posts(kept))]
    document += posts(10 - kept, name="other", newest=LATER)
    assert (share_known(document, memory.known), is_mostly_known(document, memory.known)) == (share, share >= 0.5)


def test_an_empty_document_explains_nothing() -> None:
    assert share_known([], after_a_poll(*posts(3)).known) == 0.0
    assert not is_mostly_known([], after_a_poll(*posts(3)).known)


@pytest.mark.parametrize(("kept", "mostly"), [(2, True), (1, False)])
def test_guids_alone_say_that_a_document_is_known(kept: int, mostly: bool) -> None:
    document = [*posts(kept), *(entry(f"q{n}", link=None, title=f"Anew {n}") for n in range(4 - kept))]
    assert is_mostly_known(document, after_a_poll(*posts(4)).known) is mostly


# --- safer links ---------------------------------------------------------------------------------------------


def test_links_that_moved_to_https_are_looked_for_among_what_was_read() -> None:
    stored = {1: "http://e.example/1", 2: "http://e.example/2", 3: "https://e.example/3"}
    asked: list[int] = []

    def link_of(key: int) -> str:
        asked.append(key)
        return stored[key]

    read = [(key, entry(f"g{key}", link=f"https://e.example/{key}")) for key in stored]
    assert safer_links(read, link_of) == (read[0], read[1])
    outlines = [(key, Outline(one.guid, one.canonical_url, one.link, one.title, "", "", "")) for key, one in read]
    asked.clear()
    assert (safer_links(outlines, link_of), asked) == ((), [])
    assert safer_links([outlines[0], read[1], outlines[2]], link_of) == (outlines[0], read[1])


# --- properties ----------------------------------------------------------------------------------------------

_some = st.lists(st.builds(
    entry, st.sampled_from("abcdef"), title=st.sampled_from(["One", "Two", "Three"]),
    link=st.sampled_from([None, "https://e.example/", "https://e.example/posts/one", "https://e.example/posts/two"]),
    published=st.sampled_from([None, NOW - DAY, NOW, NOW + HOUR])), max_size=6, unique_by=lambda one: one.guid
)  # fmt: skip


@given(st.lists(_some, min_size=1, max_size=5))
def test_polling_the_same_document_again_brings_nothing(documents: list[list[Entry]]) -> None:
    memory = Memory()
    for n, document in enumerate(documents):
        memory.poll(*document, now=NOW + n * HOUR)
        assert memory.poll(*document, now=NOW + n * HOUR) == []
        assert memory.updated == []


def test_a_long_text_edited_under_a_new_guid_and_link_is_still_found_by_title_and_moment() -> None:
    text = words(200)
    memory = after_a_poll(entry("a", text=text))
    edited = moved("https://new.example.net/b", entry("a", text=changed(text, 0.1)))
    assert memory.poll(edited, now=LATER) == []
    assert len(memory.updated) == 1


# --- the corpus's pairs --------------------------------------------------------------------------------------


@needs_corpus
@pytest.mark.fault(19, 21, 22, 25)
@pytest.mark.parametrize(
    ("group", "count", "held"),
    [("dates_moving", 0, 0), ("guid_changing", 0, 0), ("link_tracking", 0, 0), ("http_https", 0, 0),
     ("title_edit", 0, 0), ("flood", 3, 987)],
)  # fmt: skip
def test_pairs_of_fetches(group: str, count: int, held: int, tmp_path: Path) -> None:
    names = [f"{group}_fetch1", f"{group}_fetch2"]
    script = CORPUS / "corpus" / "hostile" / "gen.py"
    subprocess.run(
        [sys.executable, script, "--out", tmp_path, "--only", ",".join(names)], check=True, capture_output=True
    )
    memory, found = Memory(), []
    moment = datetime.fromisoformat("2026-11-20T09:30:00Z")
    for name in names:
        body, url = (tmp_path / f"{name}.xml").read_bytes(), "https://hostile.example/feed"
        found = memory.poll(*normalize(parse(body, url=url), url, moment), now=moment)
        moment += HOUR
    assert (standings(found).count("news"), standings(found).count("held")) == (count, held)


def test_a_conference_day_is_no_flood_though_the_document_turned_over() -> None:
    """Fifteen entries in a document of ten: nothing that was known is left in it, but it leads where it always led."""
    memory = after_a_poll(*posts(10))
    busy = posts(15, newest=NOW + DAY - HOUR, gap=HOUR, name="talk")
    assert {standing for _, standing in memory.poll(*busy, now=NOW + DAY)} == {"news"}
    elsewhere = [replace(one, canonical_url=f"https://other.example/{one.guid}", guid=f"x{one.guid}") for one in busy]
    standings = [standing for _, standing in after_a_poll(*posts(10)).poll(*elsewhere, now=NOW + DAY)]
    assert standings.count("held") == 12


@pytest.mark.parametrize(("past", "held"), [("days", 0), ("moments", 12)])
def test_a_busy_day_of_a_source_that_gives_no_hours_is_no_import(past: str, held: int) -> None:
    day = (NOW + DAY).replace(hour=0)
    old = posts(20, newest=day - DAY if past == "days" else NOW - HOUR)
    fresh = [entry(f"new{n}", published=day) for n in range(15)]
    standings = [standing for _, standing in after_a_poll(*old).poll(*fresh, *old[:5], now=NOW + DAY)]
    assert standings.count("held") == held
