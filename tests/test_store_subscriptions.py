"""Subscriptions in a real store: a row each, one of a source that is not being left."""

from __future__ import annotations

from dataclasses import replace

from aggregator.records import Subscription
from tests.contract import each_store, pytest_generate_tests  # noqa: F401 (each test runs over every store)
from tests.makers import DAY, HOUR, NOW, ONE, TWO, Desk

FIRST = Subscription("https://me.example/a", 1, "https://hub.example/", ONE, "secret", next_at=NOW)
WHOLE = replace(
    FIRST,
    state="active",
    pending="subscribe",
    tries=2,
    asked_at=NOW - HOUR,
    ends_at=NOW + DAY,
    delivered_at=NOW,
    missed_at=NOW - DAY,
    error="why",
)


def put(desk: Desk, *those: Subscription) -> None:
    with desk.store.transaction():
        for one in those:
            desk.store.subscriptions.put(one)


def test_what_is_put_is_what_is_there() -> None:
    desk = Desk(ONE, TWO)
    assert not desk.store.subscriptions.any()
    put(desk, FIRST)
    assert desk.store.subscriptions.any()
    put(desk, WHOLE)
    assert desk.store.subscriptions.all() == [WHOLE]
    assert desk.store.subscriptions.of(1) == WHOLE
    assert desk.store.subscriptions.of(2) is None


def test_what_is_being_left_is_of_no_source() -> None:
    desk = Desk(ONE)
    put(desk, replace(FIRST, state="leaving"), replace(FIRST, callback="https://me.example/b", state="left"))
    assert desk.store.subscriptions.of(1) is None
    new = replace(FIRST, callback="https://me.example/c")
    put(desk, new)
    assert desk.store.subscriptions.of(1) == new
    assert len(desk.store.subscriptions.all()) == 3


def test_what_is_due_what_was_missed_and_what_is_dropped() -> None:
    desk = Desk(ONE)
    later = replace(FIRST, callback="https://me.example/b", next_at=NOW + HOUR, state="left")
    put(desk, later, WHOLE)
    assert [one.callback for one in desk.store.subscriptions.due(NOW)] == [WHOLE.callback]
    assert [one.callback for one in desk.store.subscriptions.due(NOW + HOUR)] == [WHOLE.callback, later.callback]
    with desk.store.transaction():
        desk.store.subscriptions.missed(1, NOW + HOUR)
        desk.store.subscriptions.drop(later.callback)
    assert desk.store.subscriptions.all() == [replace(WHOLE, missed_at=NOW + HOUR)]
