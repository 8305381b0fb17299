"""A first poll reads what is news; its backlog is outlined, and read in idle time."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.entries.query import parse_query
from aggregator.errors import ParseError
from aggregator.parse.pool import Pool
from aggregator.pipeline import Polled, read_document, settle
from aggregator.polling.backlog import AT_ONCE, HEAVY, TOGETHER, in_steps, read_backlog, since
from aggregator.polling.recorder import record
from aggregator.polling.reread import replay
from aggregator.records import Outline, PollResult, Response, StoredEntry
from aggregator.upkeep.idle import index
from tests.makers import DAY, NOW, ONE, POOL, THREE, TWO, Desk
from tests.makers import source as line

TEXT = (
    "The bakers of the harbour wrote down how they share the night: who lights the ovens, who sleeps, who carries "
    "the first trays to the ferries, and why nobody is asked twice in a week. It took them a winter to agree "
    "on it, and the ferries have waited for bread on four mornings since, which all of them remember with the date."
)


@dataclass(frozen=True)
class Raw:
    """An entry as a publisher writes it, so many days old."""

    guid: str
    days: float
    text: str = ""
    page: str = ""
    title: str | None = None

    def xml(self) -> str:
        title = f"About {self.guid}" if self.title is None else self.title
        page = self.page or f"https://one.example.org/posts/{self.guid}"
        at = format_datetime(NOW - timedelta(days=self.days))
        text = escape(f"<p>{self.text or f'{self.guid} is told here, of {self.days} days ago.'}</p>")
        named = f"<title>{title}</title><link>{page}</link><guid>{self.guid}</guid>"
        return f"<item>{named}<pubDate>{at}</pubDate><description>{text}</description></item>"


@dataclass
class Shelf:
    """A store whose sources are polled with given documents, and read further when a story has time for it."""

    desk: Desk = field(default_factory=lambda: Desk(ONE, TWO))
    whole: bool = False

    def poll(self, url: str, *entries: Raw, after: timedelta = timedelta(0), pool: Pool = POOL) -> PollResult:
        """A poll and its acceptance."""
        store, self.desk.now = self.desk.store, self.desk.now + after
        state = store.sources.states()[url]
        items = "".join(one.xml() for one in entries)
        body = f"<rss version='2.0'><channel><title>A Blog</title>{items}</channel></rss>".encode()
        response = Response(url, 200, {}, body)
        signs, first = store.signs.of([state.key]).get(state.key, b""), state.is_new and not self.whole
        polled = Polled(line(url), state, response)
        result = settle(read_document(polled, response, pool, self.desk.now, signs, first=first), store, self.desk.now)
        record(result, store, self.desk.now)
        self.desk.accept()
        return result

    def read(self, most: int = AT_ONCE, pool: Pool = POOL) -> int:
        """Idle time."""
        return read_backlog(self.desk.store, pool, self.desk.view().is_shown, self.desk.now, threading.Event(), most)

    def outlined(self) -> list[str]:
        """The titles of what is not read."""
        return [one.entry.title for one in self.desk.all() if not one.entry.text]

    def rows(self) -> list[tuple[object, ...]]:
        """All that is known of entries, but for when they came to be known."""
        sql = self.desk.store._connection
        marks = {
            key: list(sql.execute("SELECT mark FROM marks WHERE entry = ? ORDER BY 1", (key,)))
            for key in (one.key for one in self.desk.all())
        }
        return [
            (one.id, one.entry, one.standing, one.published, one.first_seen, one.accepted, one.group, marks[one.key])
            for one in self.desk.all()
        ]


NEWS = (Raw("new", 1), Raw("newer", 0.5))
OLD = tuple(Raw(f"old-{n}", 20 + n) for n in range(4))


def titles(those: Sequence[StoredEntry]) -> list[str]:
    return [one.entry.title for one in those]


def test_a_first_poll_reads_its_news_and_idle_time_the_rest() -> None:
    shelf = Shelf()
    result = shelf.poll(ONE, *NEWS, *OLD)
    assert [(one.guid, standing) for one, standing in result.changes.new if not isinstance(one, Outline)] == [
        ("new", "news"),
        ("newer", "news"),
    ]
    assert shelf.outlined() == ["About old-0", "About old-1", "About old-2", "About old-3"]
    before = shelf.desk.all()
    assert shelf.read() == 1
    assert shelf.outlined() == []
    told = [(one.id, one.standing, one.accepted, one.changed_at, one.published, one.group) for one in before]
    assert told == [
        (one.id, one.standing, one.accepted, one.changed_at, one.published, one.group) for one in shelf.desk.all()
    ]
    assert "old-3 is told here" in shelf.desk.titled("About old-3").entry.text
    assert shelf.read() == 0, "once"


def test_it_is_counted_at_once() -> None:
    shelf = Shelf()
    shelf.poll(ONE, *NEWS, *OLD)
    counts = shelf.desk.compose().counts
    assert (counts.received, counts.backlog) == (6, 4)


def test_what_has_neither_title_nor_name_is_read_at_once() -> None:
    shelf = Shelf()
    shelf.poll(ONE, *NEWS, Raw("untitled", 30, title=""), OLD[0])
    assert shelf.outlined() == ["About old-0"]


def test_sources_are_counted_in_the_order_of_the_file() -> None:
    shelf = Shelf()
    for url in (TWO, ONE):
        shelf.poll(url, *NEWS, *OLD)
    assert shelf.read(most=1) == 1
    assert {one.source_key for one in shelf.desk.all() if not one.entry.text} == {shelf.desk.key(TWO)}
    assert shelf.read(most=1) == 1
    assert shelf.outlined() == []


def test_a_document_that_changed_before_is_read_no_further_than_it_must_be() -> None:
    shelf = Shelf()
    shelf.poll(ONE, *NEWS, *OLD)
    later = shelf.poll(ONE, Raw("newest", -0.03), *NEWS, *OLD[:3], after=timedelta(hours=1))
    assert [one.guid for one, _ in later.changes.new] == ["newest"]
    assert (list(later.packs), later.changes.updated) == (["newest"], ())
    assert len(shelf.outlined()) == 4
    shelf.read()
    assert shelf.outlined() == [], "what fell off the feed is in the body that was kept"
    again = shelf.poll(ONE, Raw("third", -0.1), Raw("newest", -0.03), *NEWS, *OLD[:3], after=timedelta(hours=2))
    assert list(again.packs) == ["third"], "what was read later is known by its sign, too"


def test_backlog_that_its_publisher_edits_before_is_as_he_wrote_it_last() -> None:
    shelf = Shelf()
    shelf.poll(ONE, *NEWS, *OLD)
    edited = Raw("old-0", 20, "A better text.")
    shelf.poll(ONE, *NEWS, edited, *OLD[1:], after=timedelta(hours=1))
    shelf.read()
    assert shelf.outlined() == []
    found = shelf.desk.titled("About old-0")
    assert found.entry.text == "A better text."
    assert found.changed_at == found.published, "nobody was shown another one"


def test_a_body_of_the_same_day_does_not_take_its_place() -> None:
    shelf = Shelf()
    shelf.poll(ONE, *NEWS, *OLD)
    shelf.poll(ONE, Raw("newest", -0.03), after=timedelta(hours=1))
    key = shelf.desk.key(ONE)
    kept = shelf.desk.store.bodies.first(key)
    assert kept is not None
    assert b"old-3" in kept.data
    shelf.read()
    assert shelf.outlined() == []
    assert shelf.desk.store.bodies.first(key) is None


def test_old_bodies_go_but_not_before_they_are_read() -> None:
    shelf = Shelf()
    shelf.poll(ONE, *NEWS, *OLD)
    shelf.poll(ONE, Raw("later", -40), after=40 * DAY)
    shelf.desk.store.tidy(shelf.desk.now)
    shelf.read()
    assert shelf.outlined() == []
    shelf.desk.store.tidy(shelf.desk.now)
    assert len(list(shelf.desk.store.bodies.all(shelf.desk.key(ONE)))) == 1


class Refusing(Pool):
    """Reading processes that make nothing of what they are given."""

    def run(self, *_: object, **__: object) -> object:  # type: ignore[override]
        raise ParseError("limit", "it took too long")


@pytest.mark.parametrize("gone", ["body", "reader"])
def test_what_cannot_be_read_later_stays_an_outline(gone: str) -> None:
    shelf = Shelf()
    shelf.poll(ONE, *NEWS, *OLD)
    if gone == "body":
        with shelf.desk.store.transaction():
            shelf.desk.store.withdrawn.forget([shelf.desk.titled("About new").key], shelf.desk.now)
    assert shelf.read(pool=Refusing() if gone == "reader" else POOL) == 1
    assert len(shelf.outlined()) >= 4
    assert shelf.read() == 0
    shelf.poll(ONE, Raw("newest", -0.03), *OLD, after=timedelta(hours=1))
    is_signed = gone == "reader"  # then it is as it was, and nobody knows that it was not read
    assert ("About old-3" in shelf.outlined()) == is_signed


def test_reading_all_again_leaves_what_waits_to_be_read_for_the_first_time() -> None:
    shelf = Shelf()
    shelf.poll(ONE, *NEWS, *OLD)
    state = shelf.desk.store.sources.states()[ONE]
    done = replay(state, shelf.desk.store, POOL, shelf.desk.now, apply=True)
    assert (done.bodies, done.changed, done.found) == (1, [], [])
    assert len(shelf.outlined()) == 4
    assert shelf.read() == 1
    assert shelf.outlined() == []


def copies(shelf: Shelf, title: str) -> list[str]:
    """The titles of an entry's group, the one that leads it first."""
    return titles(shelf.desk.store.entries.members(shelf.desk.titled(title).group))


COPY = Raw("copy", 1, TEXT, page="https://two.example.org/posts/copy")
FIRST = Raw("first", 30, TEXT)


def test_backlog_joins_its_copy_that_was_shown() -> None:
    shelf = Shelf()
    shelf.poll(ONE, *NEWS, FIRST)
    shelf.poll(TWO, COPY)
    shown = shelf.desk.titled("About copy")
    assert (shown.standing, copies(shelf, "About copy")) == ("news", ["About copy"])
    shelf.read()
    assert sorted(copies(shelf, "About copy")) == ["About copy", "About first"]
    assert shelf.desk.titled("About copy").id == shown.id
    assert shelf.desk.titled("About first").standing == "backlog"


def test_a_copy_of_backlog_that_was_read_is_news_under_its_id() -> None:
    shelf = Shelf()
    shelf.poll(ONE, *NEWS, FIRST)
    shelf.read()
    shelf.poll(TWO, COPY)
    copy = shelf.desk.titled("About copy")
    assert (copy.standing, copy.id) == ("news", shelf.desk.titled("About first").id)


def test_a_group_that_was_shown_keeps_its_id() -> None:
    shelf = Shelf()
    shelf.poll(ONE, *NEWS, FIRST)
    shelf.poll(TWO, Raw("same-page", 1, "Another text.", page="https://one.example.org/posts/first"), COPY)
    shown = {title: shelf.desk.titled(title).id for title in ("About same-page", "About copy")}
    shelf.read()
    assert shown == {title: shelf.desk.titled(title).id for title in shown}
    assert shelf.desk.titled("About first").id == shown["About same-page"]


def test_a_copy_of_what_was_forgotten_is_forgotten() -> None:
    three = "https://three.example.org/feed"
    shelf = Shelf(Desk(ONE, TWO, three))
    shelf.poll(TWO, COPY)
    shelf.poll(three, Raw("other", 1, TEXT, page="https://three.example.org/other"))
    with shelf.desk.store.transaction():
        shelf.desk.store.withdrawn.forget([shelf.desk.titled("About copy").key], shelf.desk.now)
    shelf.poll(ONE, *NEWS, FIRST)
    key = shelf.desk.titled("About first").key
    shelf.read()
    assert [one.standing for one in shelf.desk.store.entries.get([key])] == ["forgotten"]


def many(number: int) -> Shelf:
    """So many sources, each with an outline of its own and one of a copy that all have."""
    urls = [f"https://blog{n}.example.org/feed" for n in range(number)]
    shelf = Shelf(Desk(*urls))
    for n, url in enumerate(urls):
        shelf.poll(url, *NEWS, Raw(f"own-{n}", 30), Raw("copy", 60 - n, TEXT, f"https://blog{n}.example.org/copy"))
    return shelf


def steps(shelf: Shelf, stop: threading.Event, *, at_once: int = 1) -> Iterator[int]:
    store = shelf.desk.store
    shown = shelf.desk.view().is_shown
    return in_steps(store, POOL, shown, shelf.desk.now, stop, store.bodies.unread(), at_once=at_once)


def test_what_is_read_ahead_has_the_rows_of_what_is_read_source_after_source() -> None:
    ahead, apart = many(TOGETHER + 1), many(TOGETHER + 1)
    assert list(steps(ahead, threading.Event(), at_once=3)) == [TOGETHER, 1]
    assert [apart.read(most=1) for _ in range(TOGETHER + 2)] == [1] * (TOGETHER + 1) + [0]
    assert ahead.rows() == apart.rows()
    assert len(copies(ahead, "About copy")) == TOGETHER + 1


def test_a_stop_leaves_what_is_not_recorded_for_the_next_time() -> None:
    shelf, stop = many(TOGETHER + 1), threading.Event()
    reading = steps(shelf, stop)
    assert next(reading) == TOGETHER
    stop.set()
    assert list(reading) == []
    assert len(shelf.desk.store.bodies.unread()) == 1
    assert len(shelf.outlined()) == 2
    assert list(steps(shelf, threading.Event())) == [1]
    assert shelf.outlined() == []


def test_of_large_documents_fewer_are_in_memory() -> None:
    shelf = Shelf(Desk(ONE, TWO, THREE))
    for url in (ONE, TWO, THREE):
        shelf.poll(url, *NEWS, *OLD, Raw("large", 50, f"<!--{'x' * (HEAVY // 2)}-->"))
    assert list(steps(shelf, threading.Event())) == [2, 1]


def found(shelf: Shelf, word: str) -> list[str]:
    """What a search finds, newest first."""
    store = shelf.desk.store
    return titles([store.entries.get([key])[0] for key in store.search.newest(parse_query(word))])


@pytest.mark.parametrize("is_readable", [True, False])
def test_a_search_finds_it_by_its_title_and_when_it_is_read_by_its_text(is_readable: bool) -> None:
    shelf = Shelf()
    shelf.poll(ONE, *NEWS, *OLD[:2])
    for _ in range(2):
        index(shelf.desk.store)
        assert (found(shelf, '"about old"'), found(shelf, "told")) == (
            ["About old-0", "About old-1"],
            ["About newer", "About new"],
        )
    shelf.read(pool=POOL if is_readable else Refusing())
    for _ in range(2):
        assert found(shelf, '"about old"') == ["About old-0", "About old-1"]
        assert found(shelf, "told")[2:] == (["About old-0", "About old-1"] if is_readable else [])
        index(shelf.desk.store)
    assert not shelf.desk.store.search.is_behind


def test_what_was_indexed_as_it_was_read_is_let_go_when_it_is_edited() -> None:
    shelf = Shelf()
    shelf.poll(ONE, *NEWS, Raw("old-0", 20, "Café, and <b>naïve</b> words &amp; more."))
    shelf.read()
    assert found(shelf, "naive") == ["About old-0"]
    shelf.poll(ONE, *NEWS, Raw("old-0", 20, "Other words."), after=timedelta(hours=1))
    index(shelf.desk.store)
    assert not shelf.desk.store.search.is_behind
    assert (found(shelf, "naive"), found(shelf, "other")) == ([], ["About old-0"])


STEP = st.tuples(st.integers(1, 12), st.integers(0, 6), st.integers(0, 2), st.booleans())


@pytest.mark.sqlite_only  # two new stores an example
@given(st.lists(STEP, min_size=1, max_size=5))
@settings(max_examples=12)
def test_whenever_it_is_read_the_rows_are_as_if_it_had_been_at_once(steps: list[tuple[int, int, int, bool]]) -> None:
    """`steps`: the newest entry and how many more a document holds, the version of its texts, and is there time."""
    later, whole = Shelf(), Shelf(whole=True)
    for newest, many, version, has_time in steps:
        numbers = range(max(newest - many, 0), newest + 1)
        document = [Raw(f"n{n}", 60 - n, f"Version {version * (n % 3)} of {n}.") for n in reversed(numbers)]
        for shelf in (later, whole):
            shelf.poll(ONE, *document, after=timedelta(hours=1))
        if has_time:
            later.read()
    later.read()
    assert later.rows() == whole.rows()


@pytest.mark.parametrize(
    ("last", "sources"),
    [
        (None, AT_ONCE),
        ("2026-03-14T07:00:00Z", 0),
        ("2026-03-14T06:00:30Z", 59),
        ("2026-03-13T07:00:00Z", 1440),
        ("2026-03-14T09:00:00Z", 0),
    ],
    ids=["first", "at once", "hourly", "daily", "clock set back"],
)
def test_a_pass_reads_a_source_for_each_minute_since_the_last(last: str | None, sources: int) -> None:
    assert since(last, datetime(2026, 3, 14, 7, tzinfo=UTC)) == sources
