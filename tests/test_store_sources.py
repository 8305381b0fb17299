from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.records import Hints, HostRest, SourceState
from aggregator.store.sources import ASKED
from tests.contract import each_store, pytest_generate_tests  # noqa: F401 (each test runs over every store)
from tests.makers import DAY, HOUR, NOW, memory_store, source, state

A, B, C, D = (f"https://{name}.example.org/feed" for name in "abcd")


class File:
    """feeds.yaml, saved again and again; `keys` shows which row stands for each address."""

    def __init__(self, *urls: str) -> None:
        self.store = memory_store()
        self.counts: list[tuple[int, int]] = []
        self.save(*urls)

    def save(self, *urls: str) -> None:
        with self.store.transaction():
            self.counts.append(self.store.sources.follow([source(url) for url in urls], NOW))

    def remember(self, url: str, **fields: object) -> None:
        one = replace(self.store.sources.states()[url], **fields)  # type: ignore[arg-type]
        with self.store.transaction():
            self.store.sources.save(one)

    @property
    def keys(self) -> dict[str, int]:
        return {url: one.key for url, one in self.store.sources.states().items()}

    def first_urls(self) -> list[str]:
        return [one.first_url for one in self.store.sources.states().values()]


FULL = SourceState(
    1, A, A, '"etag"', "Tue, 02 Jan 2024 03:04:05 GMT", A, "hash", NOW, NOW - HOUR, NOW + HOUR, NOW + DAY, "because", 3,
    "http", "it failed", NOW - DAY, True, 7, B, NOW - 2 * DAY, 4, "A Blog", "https://a.example.org/", "urn:a", "de",
    Hints(ttl=timedelta(minutes=90), skip_hours=(1, 2), hubs=("https://hub.example/",)), A, "a flood")  # fmt: skip


@pytest.mark.parametrize("one", [FULL, state(url=A)])
def test_every_field_of_a_state_comes_back(one: SourceState) -> None:
    assert one != FULL or all(value is not None for value in (getattr(one, name) for name in one.__slots__))
    file = File(A)
    with file.store.transaction():
        file.store.sources.save(one)
    assert file.store.sources.states()[A] == file.store.sources.state(1) == one


def test_whole_seconds_make_no_poll_early() -> None:
    file = File(A)
    file.remember(A, next_poll_at=NOW + timedelta(microseconds=1), not_before=NOW + timedelta(microseconds=999_999))
    back = file.store.sources.state(1)
    assert (back.next_poll_at, back.not_before) == (NOW + timedelta(seconds=1), NOW + timedelta(seconds=1))


# --- following feeds.yaml ------------------------------------------------------------------------------------


def test_add_remove_return() -> None:
    file = File(A, B)
    file.save(A)
    file.save(A, C)
    file.save(A, C, B)
    file.save(A, C, B)
    assert file.keys == {A: 1, C: 3, B: 2}
    assert file.counts == [(2, 0), (0, 1), (1, 0), (1, 0), (0, 0)]


def test_what_was_removed_and_when() -> None:
    file = File(A, B, C)
    file.save(A)
    assert [one.url for one in file.store.sources.removed(NOW)] == [B, C]
    assert file.store.sources.removed(NOW + timedelta(seconds=1)) == []
    file.save(A, C)
    assert [one.url for one in file.store.sources.removed(NOW)] == [B]
    assert file.store.sources.state(2).url == B


def test_the_order_is_that_of_the_file() -> None:
    file = File(A, B, C)
    file.save(C, A, B)
    assert list(file.keys.items()) == [(C, 3), (A, 1), (B, 2)]


def test_a_removed_source_keeps_its_state() -> None:
    file = File(A)
    with file.store.transaction():
        file.store.sources.save(FULL)
    file.save(B)
    file.save(A)
    assert file.store.sources.states()[A] == FULL


def test_an_edited_address_that_it_was_seen_to_redirect_to_is_the_same_source() -> None:
    file = File(A, B)
    file.remember(A, moved_to=C)
    file.save(C, B)
    assert file.keys == {C: 1, B: 2}
    assert file.first_urls() == [A, B]


def test_another_address_is_another_source() -> None:
    file = File(A)
    file.save(B)
    assert file.keys == {B: 2}


def test_swapped_lines_stay_who_they_are() -> None:
    file = File(A, B)
    file.save(B, A)
    assert file.keys == {B: 2, A: 1}


def test_addresses_that_moved_to_each_other() -> None:
    file = File(A, B)
    file.remember(A, moved_to=C)
    file.remember(B, moved_to=D)
    file.save(D, C)
    assert file.keys == {D: 2, C: 1}
    file.save(A, B)  # undone
    assert file.keys == {A: 1, B: 2}


def test_the_old_address_again_beside_the_new_one_is_a_source_of_its_own() -> None:
    file = File(A)
    file.remember(A, moved_to=B)
    file.save(B)
    file.save(B, A)
    assert file.keys == {B: 1, A: 2}
    assert file.first_urls() == [A, f"{A}#2"]
    file.save(A)
    file.save(A, B)
    assert file.keys == {A: 2, B: 1}


def test_what_stands_as_it_should_is_not_written() -> None:
    file = File(A, B, C)
    with file.store.transaction():
        file.store.touched.clear(file.store.touched.read())
    file.save(A, B, C)
    assert not file.store.touched.read()
    file.save(A, C)
    file.save(A, C, D)  # behind the last
    file.save(A, B, C, D)
    assert list(file.keys) == [A, B, C, D]
    file.save(D, A, B)
    assert list(file.keys) == [D, A, B]
    assert file.counts[1:] == [(0, 0), (0, 1), (1, 0), (1, 0), (0, 1)]


def test_one_row_cannot_return_for_two_lines() -> None:
    file = File(A)
    file.remember(A, moved_to=B)
    file.save(B)
    file.remember(B, moved_to=C)
    file.save(A, C)
    assert sorted(file.keys.values()) == [1, 2]


# --- an edited line whose entries are those of a removed source ---------------------------------------------


def test_adopt_gives_the_line_its_history_back() -> None:
    file = File(A, C)
    with file.store.transaction():
        file.store.sources.save(replace(FULL, moved_to=None))
    file.save(B, C)
    with file.store.transaction():
        file.store.sources.adopt(3, 1)
    back = file.store.sources.states()
    assert [(url, one.key) for url, one in back.items()] == [(B, 1), (C, 2)]
    assert (back[B].first_url, back[B].success_at, back[B].feed_title) == (A, FULL.success_at, "A Blog")
    assert (back[B].etag, back[B].last_modified, back[B].validators_url, back[B].body_hash) == (None, None, None, None)
    assert file.store.sources.removed(NOW) == []
    file.save(B, C, A)
    assert file.keys == {B: 1, C: 2, A: max(file.keys.values())}
    assert file.first_urls() == [A, C, f"{A}#2"]


def test_first_addresses_are_never_given_twice() -> None:
    file = File(A)
    for other in (B, C, D):
        file.remember(A, moved_to=other)
        file.save(other, *(url for url in (B, C) if url in file.keys))
        file.save(A, *file.keys)
    with file.store.transaction():
        file.store.sources.adopt(2, 1)
    file.save(B, C, D, "https://new.example.org/", A, f"{A}#2")
    with file.store.transaction():
        rows = file.store._connection.execute("SELECT first_url FROM sources").fetchall()
    assert len(rows) == len(set(rows))


# --- clocks, hosts, bodies ----------------------------------------------------------------------------------


@pytest.mark.fault(13)
def test_a_clock_set_back_takes_its_plans_along() -> None:
    file = File(A, B)
    file.remember(A, polled_at=NOW, success_at=NOW, next_poll_at=NOW + HOUR, not_before=NOW + DAY)
    with file.store.transaction():
        file.store.sources.rest_host(HostRest("a.example.org", NOW + DAY), NOW)
        file.store.sources.shift_clock(2 * HOUR)
    back = file.store.sources.states()
    assert (back[A].polled_at, back[A].success_at) == (NOW - 2 * HOUR, NOW - 2 * HOUR)
    assert (back[A].next_poll_at, back[A].not_before) == (NOW - HOUR, NOW + DAY - 2 * HOUR)
    assert back[B].next_poll_at is None
    assert file.store.sources.hosts() == {"a.example.org": NOW + DAY - 2 * HOUR}


def test_hosts_rest_until_the_newest_word() -> None:
    store = memory_store()
    with store.transaction():
        store.sources.rest_host(HostRest("a.example.org:8080", NOW), NOW)
        store.sources.rest_host(HostRest("a.example.org:8080", NOW + HOUR), NOW)
        store.sources.rest_host(HostRest("b.example.org", NOW + timedelta(microseconds=1)), NOW)
    assert store.sources.hosts() == {"a.example.org:8080": NOW + HOUR, "b.example.org": NOW + timedelta(seconds=1)}


def test_asked_for_by_hand() -> None:
    file = File(A, B)
    file.remember(A, next_poll_at=NOW + DAY, not_before=NOW + DAY)
    with file.store.transaction():
        file.store.sources.mark_due([1], NOW)
    marked = file.store.sources.state(1)
    assert (marked.next_poll_at, marked.not_before, marked.reason) == (NOW, NOW + DAY, "asked for by hand")
    assert file.store.sources.state(2).next_poll_at is None


def test_what_presses_is_planned_by_now_and_new_or_wanted() -> None:
    file = File(A, B)
    presses = file.store.sources.presses
    assert presses(NOW, ASKED), "never polled"
    for url in (A, B):
        file.remember(url, success_at=NOW, next_poll_at=NOW, reason="every hour")
    assert not presses(NOW + DAY, ASKED, "its hub")
    with file.store.transaction():
        file.store.sources.mark_due([2], NOW)
    assert presses(NOW, "its hub", ASKED)
    assert not presses(NOW - HOUR, "its hub", ASKED)
    file.save(A)
    assert not presses(NOW, ASKED), "removed"


# --- hosts with a pace -------------------------------------------------------------------------------------------


def test_a_longer_rest_stays_and_a_pace_eases_week_by_week() -> None:
    store, pace = memory_store(), timedelta(minutes=4)
    with store.transaction():
        store.sources.rest_host(HostRest("a.example.org", NOW + DAY, pace), NOW)
        store.sources.rest_host(HostRest("a.example.org", NOW + HOUR), NOW)
        store.sources.rest_host(HostRest("b.example.org", NOW + HOUR), NOW)
    assert store.sources.hosts() == {"a.example.org": NOW + DAY, "b.example.org": NOW + HOUR}
    seen = []
    for days in (6, 8, 14, 16, 24):
        with store.transaction():
            store.sources.ease_hosts(NOW + days * DAY)
        seen.append(store.sources.paces().get("a.example.org"))
    assert seen == [pace, pace / 2, pace / 2, None, None]
    assert store.sources.hosts() == {}
