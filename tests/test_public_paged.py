"""Pages of days from a real store, publication after publication: only what would be another page is made again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from aggregator.public import outputs
from aggregator.public.paged import Paged
from aggregator.records import Rule
from aggregator.store.rows import packed
from tests.contract import each_store, pytest_generate_tests  # noqa: F401 (each test runs over every store)
from tests.makers import DAY, HOUR, NOW, ONE, TWO, Desk, entry, words

OLDER, NEWER = "day/2026-03-12.html", "day/2026-03-14.html"
LETTER = "A letter about lamps, written on Sundays."


class Press:
    """Publishes a desk again and again, remembering what it left as a publication does."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.there, self.left = desk, dict[str, bytes](), Paged({}, ())

    def publish(self) -> list[str]:
        """The days whose pages were made; what stands then is what a process without memory would make."""
        store = self.desk.store
        changes = store.touched.read()
        self.left = Paged(self.left.now, changes.entries)
        made = self._files(self.left)
        with store.transaction():
            store.touched.clear(changes)
            store.texts.keep()
        self.there |= made
        whole = self._files(Paged({}, ()))
        assert {name: self.there[name] for name in whole} == whole
        return sorted(made)

    def _files(self, paged: Paged) -> dict[str, bytes]:
        found = outputs.files(self.desk.config, self.desk.store, self.desk.view(), self.there.__contains__, paged=paged)
        return {name: page for name, page in found.items() if name.startswith("day/")}


@pytest.fixture
def press() -> Press:
    """Two days with news of two sources, published."""
    desk = Desk(ONE, TWO)
    desk.bring(ONE, *(entry(f"a{n}", text=f"{words(9, n)}.\n\n{LETTER}", published=NOW - 2 * DAY) for n in range(3)))
    desk.bring(TWO, entry("b", text=words(90, 9), published=NOW - HOUR))
    press = Press(desk)
    assert press.publish() == [OLDER, NEWER]
    return press


def test_what_did_not_change_is_not_made_again(press: Press) -> None:
    assert press.publish() == []
    press.desk.now += HOUR
    press.desk.bring(TWO, entry("c", text=words(60, 5), published=NOW))
    assert press.publish() == [NEWER]


def _edit(desk: Desk) -> None:
    key = desk.titled("Title of a1").key
    with desk.store.transaction():
        edited = entry("a1", title="Another title")
        desk.store.entries.update(key, edited, packed(edited), desk.now + HOUR)


def _copy(desk: Desk) -> None:
    desk.bring(TWO, entry("copy", title="Title of a1", text=f"{words(9, 1)}.\n\n{LETTER}", published=NOW))


def _hide(desk: Desk) -> None:
    with desk.store.transaction():
        desk.store.withdrawn.hide([desk.titled("Title of a1").key], desk.now)


def _repeat(desk: Desk) -> None:
    """With a fourth entry of today it is known that the letter stands under every one of the source."""
    desk.bring(ONE, entry("a3", text=f"{words(9, 3)}.\n\n{LETTER}", published=NOW))


def _between(desk: Desk) -> None:
    desk.bring(TWO, entry("d", text=words(50, 7), published=NOW - DAY))


def _tag(desk: Desk) -> None:
    """A rule that was there brings the first entry of its tag: pages could link to it now."""
    desk.bring(TWO, entry("e", title="Fresh bread", text=words(50, 8), published=NOW))


@pytest.mark.parametrize("happens", [_edit, _copy, _hide, _repeat, _between, _tag])
def test_what_changes_a_day_makes_its_page_again(press: Press, happens: Callable[[Desk], Any]) -> None:
    press.desk.change(filters=(Rule("tag", 'title has "fresh"', "fresh"),))
    happens(press.desk)
    assert OLDER in press.publish()


def test_a_page_that_is_gone_is_made_again(press: Press) -> None:
    del press.there[OLDER]
    assert OLDER in press.publish()


@pytest.mark.parametrize("tells", [True, False])
def test_what_a_source_repeats_changes_only_a_page_with_excerpts(press: Press, tells: bool) -> None:
    _repeat(press.desk)
    changed = press.desk.store.touched.read().entries
    on = OLDER.removeprefix("day/").removesuffix(".html")
    left = Paged({on: ("a frame", tells)}, changed).current(press.desk.store, press.desk.config.timezone)
    assert [day.isoformat() for day in left] == ([] if tells else [on])
