"""Signs in the store, and what they are for: the same rows as if every document had been read whole."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.entries.signs import SAID, SIGN
from aggregator.pipeline import Polled, read_document, settle
from aggregator.polling.recorder import record
from aggregator.records import Outline, PollResult, Response
from tests.contract import each_store, pytest_generate_tests  # noqa: F401 (each test runs over every store)
from tests.makers import NOW, ONE, POOL, TWO, Desk
from tests.makers import source as line


@dataclass(frozen=True)
class Raw:
    """An entry as a publisher writes it; `text` is the number of its version."""

    guid: str | None
    page: str | None = "https://one.example.org/p/1"
    title: str = "Night shift"
    text: int = 0
    day: int | None = 0
    tag: str = ""

    def xml(self) -> str:
        at = None if self.day is None else NOW - timedelta(days=self.day)
        parts = {
            "guid": self.guid and escape(self.guid),
            "link": self.page,
            "title": self.title,
            "pubDate": at and format_datetime(at),
            "category": self.tag,
            "description": f"&lt;p&gt;Version {self.text} of what {self.title} says.&lt;/p&gt;",
        }
        return "<item>" + "".join(f"<{name}>{value}</{name}>" for name, value in parts.items() if value) + "</item>"


@dataclass(frozen=True)
class Step:
    """A poll: what the document holds, how its feed calls itself, and the hours since the one before."""

    entries: tuple[Raw, ...]
    title: str = "A Blog"
    hours: int = 1
    partial: bool = False
    forgets: bool = False
    replays: bool = False

    def body(self) -> bytes:
        items = "".join(one.xml() for one in self.entries)
        head = f"<title>{self.title}</title><link>https://one.example.org/</link>"
        return f"<rss version='2.0'><channel>{head}{items}</channel></rss>".encode()


@dataclass
class Reader:
    """A source that is polled, with the signs of its last document or as if there were none.

    `outlines`: of a first poll's backlog only these are read at once, the rest where a step has time.
    """

    signed: bool
    outlines: bool = False
    desk: Desk = field(default_factory=lambda: Desk(ONE, TWO))
    results: list[PollResult] = field(default_factory=list)
    familiar: int = 0

    def poll(self, step: Step) -> PollResult:
        store, self.desk.now = self.desk.store, self.desk.now + timedelta(hours=step.hours)
        state = store.sources.states()[ONE]
        signs = store.signs.of([state.key]).get(state.key, b"") if self.signed else b""
        headers = {"im": "feed"} if step.partial else {}
        response = Response(ONE, 226 if step.partial else 200, headers, step.body())
        first = self.outlines and state.is_new
        polled = read_document(Polled(line(ONE), state, response), response, POOL, self.desk.now, signs, first=first)
        self.familiar += sum(isinstance(one, Outline) for one in polled.entries)
        result = settle(polled, store, self.desk.now)
        record(result, store, self.desk.now)
        self.desk.accept()
        self.results.append(result)
        return result

    def follow(self, steps: list[Step]) -> Reader:
        for step in steps:
            self.poll(step)
            first = self.desk.all()[:1]
            if step.forgets and first:
                with self.desk.store.transaction():
                    self.desk.store.withdrawn.forget([first[0].key], self.desk.now)
            if step.replays:
                self._change_by_another_hand()
        return self

    def _change_by_another_hand(self) -> None:
        """A row is no longer what the signs stand for: what a replay or an older copy of a table does."""
        body, rows = self.desk.store.bodies.newest(1), self.desk.all()
        if body and rows:
            one = replace(rows[-1].entry, content="<p>As another version read it.</p>")
            with self.desk.store.transaction():
                self.desk.store.bodies.replace(replace(body, fetched_at=self.desk.now), rows[-1].key, one)

    def rows(self) -> list[object]:
        sql = self.desk.store._connection
        tables = ("sources", "entries", "hosts", "gaps", "bodies", "marks", "tallies")
        return [list(sql.execute(f"SELECT * FROM {name} ORDER BY 1, 2")) for name in tables]


RAW = st.builds(
    Raw,
    st.sampled_from([None, "a", "a", "b", "c"]),
    st.sampled_from([None, "https://one.example.org/p/1", "http://one.example.org/p/1", "https://one.example.org/p/2"]),
    st.sampled_from(["Night shift", "Day shift", ""]),
    st.integers(0, 1),
    st.sampled_from([None, 0, 40, -5]),
    st.sampled_from(["", "work"]),
)
STEP = st.builds(
    Step,
    st.lists(RAW, max_size=5).map(tuple),
    st.sampled_from(["A Blog", "A Blog", "Another Blog"]),
    st.sampled_from([1, 1, 30]),
    st.sampled_from([False, False, False, True]),
    st.sampled_from([False, False, False, True]),
    st.sampled_from([False, False, False, True]),
)


def grown(raws: list[Raw]) -> list[Step]:
    """A history as most are: each document is the one before with an entry more, and some of it edited."""
    return [Step(tuple(raws[max(at - 4, 0) : at + 1][::-1])) for at in range(len(raws))]


HISTORY = st.one_of(st.lists(STEP, min_size=2, max_size=6), st.lists(RAW, min_size=3, max_size=8).map(grown))


@pytest.mark.sqlite_only  # two new stores an example
@given(HISTORY)
@settings(max_examples=5)  # 0.2 s each
def test_whatever_documents_come_the_rows_are_as_if_each_were_read_whole(steps: list[Step]) -> None:
    same_rows(steps)


@pytest.mark.slow
@pytest.mark.sqlite_only
@given(HISTORY)
@settings(max_examples=400)
def test_whatever_documents_come_however_long_one_looks(steps: list[Step]) -> None:
    same_rows(steps)


def same_rows(steps: list[Step]) -> None:
    signed, whole = Reader(signed=True), Reader(signed=False)
    for step in steps:
        signed.follow([step])
        whole.follow([step])
        assert signed.rows() == whole.rows()
    for ours, theirs in zip(signed.results, whole.results, strict=True):
        assert (ours.changes.new, ours.changes.updated) == (theirs.changes.new, theirs.changes.updated)


BLOG = tuple(Raw(f"g{n}", f"https://one.example.org/p/{n}", f"Entry {n}", day=n) for n in range(5))
NEW = Raw("new", "https://one.example.org/p/new", "The new one")


def test_of_a_document_with_one_new_entry_only_this_one_is_read() -> None:
    reader = Reader(signed=True).follow([Step(BLOG), Step((NEW, *BLOG))])
    assert [one.title for one, _ in reader.results[-1].changes.new] == ["The new one"]
    assert list(reader.results[-1].packs) == ["new"]
    assert (reader.familiar, reader.results[-1].changes.seen) == (5, 6)
    assert len(reader.desk.store.signs.of([1, 2])[1]) == 6 * (SIGN + SAID)


def test_an_edited_entry_is_read_and_the_others_are_not() -> None:
    edited = (*BLOG[:2], replace(BLOG[2], text=1), *BLOG[3:])
    reader = Reader(signed=True).follow([Step(BLOG), Step(edited)])
    assert [one.title for _, one in reader.results[-1].changes.updated] == ["Entry 2"]
    assert (list(reader.results[-1].packs), reader.familiar) == (["g2"], 4)


def test_what_the_store_has_no_more_as_it_was_makes_the_document_be_read_whole() -> None:
    reader = Reader(signed=True).follow([Step(BLOG, replays=True), Step((NEW, *BLOG))])
    assert len(reader.results[-1].packs) == 6
    assert [one.title for _, one in reader.results[-1].changes.updated] == ["Entry 4"]
    assert "Version 0" in reader.desk.titled("Entry 4").entry.text


@pytest.mark.parametrize("left", [b"", bytes(24), b"half a sign"], ids=["none", "zeros", "half"])
def test_without_signs_or_with_those_of_something_else_it_is_read_whole(left: bytes) -> None:
    reader = Reader(signed=True).follow([Step(BLOG)])
    with reader.desk.store.transaction():
        reader.desk.store.signs.keep(1, left)
    reader.follow([Step((NEW, *BLOG))])
    assert (reader.familiar, len(reader.results[-1].packs)) == (0, 6)


def test_signs_of_an_older_copy_find_only_what_it_still_says() -> None:
    reader = Reader(signed=True).follow([Step(BLOG)])
    old = reader.desk.store.signs.of([1])[1]
    edited = (replace(BLOG[0], text=1), *BLOG[1:])
    reader.follow([Step(edited)])
    with reader.desk.store.transaction():
        reader.desk.store.signs.keep(1, old)
    reader.follow([Step((NEW, *BLOG))])  # the edit was taken back
    assert "Version 0" in reader.desk.titled("Entry 0").entry.text


def test_a_part_of_a_feed_leaves_the_signs_of_the_whole_alone() -> None:
    reader = Reader(signed=True).follow([Step(BLOG)])
    before = reader.desk.store.signs.of([1])
    reader.follow([Step((NEW,), partial=True)])
    assert reader.desk.store.signs.of([1]) == before


def test_nothing_is_left_of_them_when_an_entry_is_forgotten() -> None:
    reader = Reader(signed=True).follow([Step(BLOG, forgets=True)])
    assert reader.desk.store.signs.of([1]) == {}
    reader.follow([Step((NEW, *BLOG))])
    assert {one.standing for one in reader.desk.all() if one.key == 1} == {"forgotten"}


def test_signs_of_thousands_of_sources_are_found_in_a_few_questions() -> None:
    desk = Desk(*(f"https://s{n}.example.org/feed" for n in range(600)))
    keys = [state.key for state in desk.store.sources.states().values()]
    with desk.store.transaction():
        for key in keys[:-1]:
            desk.store.signs.keep(key, key.to_bytes(24))
    assert desk.store.signs.of(keys) == {key: key.to_bytes(24) for key in keys[:-1]}
