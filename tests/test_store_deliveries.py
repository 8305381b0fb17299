"""Rows of deliveries on a real store: one for each digest and recipient, and a final state is final."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta
from importlib import resources
from pathlib import Path

import pytest

from aggregator.errors import StoreError
from aggregator.store.deliveries import LONGEST_WAIT, Delivery, DeliveryState
from aggregator.store.digests import Sealed
from aggregator.store.sqlite import Store, open_store
from tests.contract import REFUSED, each_store, pytest_generate_tests  # noqa: F401 (each test runs over every store)
from tests.makers import DAY, HOUR, NOW, memory_store

ANN, BOB = "ann@example.org", "bob@example.org"
SATURDAY = date(2026, 3, 14)


def stored(*recipients: str, day: date = SATURDAY, series: str = "", into: Store | None = None) -> Store:
    """A store with a sealed digest that is owed to them."""
    store = into or memory_store()
    with store.transaction(durable=True):
        store.digests.seal(Sealed(0, series, day, None, NOW, 1, 60), [], {}, NOW)
        store.deliveries.owe(series, day, recipients, NOW)
    return store


def due(store: Store, after: timedelta = timedelta(0)) -> list[str]:
    return [one.recipient for one in store.deliveries.due(NOW + after)]


def test_a_digest_is_owed_to_each_recipient_at_once() -> None:
    store = stored(BOB, ANN)
    found = store.deliveries.due(NOW)
    assert found == [Delivery(1, "", SATURDAY, NOW, name, "due", 0, NOW, None) for name in (ANN, BOB)]
    assert store.deliveries.of(1) == found
    assert store.deliveries.of(2) == []
    assert store.deliveries.sending() == []


def test_nobody_is_owed_a_digest_that_was_not_sealed_or_twice() -> None:
    store = stored(ANN, ANN)
    with store.transaction():
        store.deliveries.owe("", SATURDAY, [ANN], NOW + DAY)
        store.deliveries.owe("", date(2026, 3, 15), [ANN], NOW)
        store.deliveries.owe("weekly", SATURDAY, [ANN], NOW)
    assert [(one.recipient, one.next_try_at) for one in store.deliveries.due(NOW + DAY)] == [(ANN, NOW)]


def test_a_seal_that_fails_owes_nothing() -> None:
    store = memory_store()
    with pytest.raises(RuntimeError), store.transaction(durable=True):
        store.digests.seal(Sealed(0, "", SATURDAY, None, NOW, 1, 60), [], {}, NOW)
        store.deliveries.owe("", SATURDAY, [ANN], NOW)
        raise RuntimeError
    assert due(store) == []


def test_older_digests_come_first() -> None:
    store = stored(ANN, BOB)
    stored(ANN, day=date(2026, 3, 15), into=store)
    stored(BOB, day=date(2026, 3, 15), series="weekly", into=store)
    assert [(one.digest, one.series, one.recipient) for one in store.deliveries.due(NOW)] == [
        (1, "", ANN), (1, "", BOB), (2, "", ANN), (3, "weekly", BOB),
    ]  # fmt: skip


def test_what_failed_waits() -> None:
    store = stored(ANN, BOB)
    ann = store.deliveries.due(NOW)[0]
    with store.transaction():
        store.deliveries.postpone(ann, NOW + HOUR, NOW, "451 busy")
    assert due(store) == [BOB]
    assert due(store, HOUR - timedelta(seconds=1)) == [BOB]
    assert due(store, HOUR) == [ANN, BOB]
    (again, _) = store.deliveries.due(NOW + HOUR)
    assert (again.tries, again.next_try_at, again.error) == (1, NOW + HOUR, "451 busy")


@pytest.mark.parametrize(("back", "is_due"), [(timedelta(0), False), (HOUR, True), (400 * DAY, True)])
def test_a_clock_that_was_set_back_makes_nobody_wait(back: timedelta, is_due: bool) -> None:
    store = stored(ANN)
    with store.transaction():
        store.deliveries.postpone(store.deliveries.due(NOW)[0], NOW + LONGEST_WAIT, NOW, "451 busy")
    assert due(store, -back) == [ANN] * is_due


@pytest.mark.parametrize("final", ["sent", "refused", "unknown", "given_up"])
@pytest.mark.parametrize("later", ["due", "sending", "sent", "refused", "postponed"])
def test_a_final_state_is_never_left(final: DeliveryState, later: str) -> None:
    store = stored(ANN)
    (one,) = store.deliveries.due(NOW)
    with store.transaction():
        store.deliveries.mark(one, "sending", NOW)
    assert ([found.state for found in store.deliveries.sending()], due(store)) == (["sending"], [])
    with store.transaction():
        store.deliveries.mark(one, final, NOW, "because")
        if later == "postponed":
            store.deliveries.postpone(one, NOW, NOW, "again")
        else:
            store.deliveries.mark(one, later, NOW)  # type: ignore[arg-type]
    (kept,) = store.deliveries.of(1)
    assert (kept.state, kept.error, kept.tries) == (final, "because", 0)
    assert (store.deliveries.sending(), due(store, 9 * DAY)) == ([], [])


@pytest.mark.sqlite_only
def test_rows_outlive_the_program(tmp_path: Path) -> None:
    store = stored(ANN, BOB, into=open_store(tmp_path / "a.db"))
    with store.transaction(durable=True):
        store.deliveries.mark(store.deliveries.due(NOW)[0], "sending", NOW)
    store.close()
    again = open_store(tmp_path / "a.db")
    assert ([one.recipient for one in again.deliveries.sending()], due(again)) == ([ANN], [BOB])
    again.close()


@pytest.mark.sqlite_only
def test_a_store_of_the_first_version_gains_the_table(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    first = resources.files("aggregator.store") / "migrations" / "0001.sql"
    with sqlite3.connect(path) as old:
        old.executescript(first.read_text(encoding="utf-8") + "PRAGMA user_version = 1;")
    old.close()
    store = stored(ANN, into=open_store(path))
    assert due(store) == [ANN]
    store.close()


def test_rows_belong_to_a_digest() -> None:
    store = stored(ANN)
    with pytest.raises((StoreError, *REFUSED)), store.transaction():
        store._connection.execute("DELETE FROM digests")
