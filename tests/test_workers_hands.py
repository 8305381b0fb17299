"""Whose turn it is at a host among many processes: each has a session of its own, as a machine would."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from itertools import pairwise

import pytest

from aggregator.errors import FetchError
from aggregator.fetch.turns import Turns
from aggregator.workers.hands import SharedTurns
from tests.postgres import give_back, needs_postgres, take_database

pytest.importorskip("psycopg")
from aggregator.store.leases import Leases
from aggregator.store.postgres import PostgresStore, open_postgres

pytestmark = needs_postgres
HOST = "one.example.org"


@pytest.fixture
def stores() -> Iterator[list[PostgresStore]]:
    address = take_database()
    made = [open_postgres(address) for _ in range(2)]
    yield made
    for one in made:
        one.close()
    give_back(address)


@pytest.fixture
def machines(stores: list[PostgresStore]) -> tuple[Leases, Leases]:
    ann, ben = (Leases(store.session, name) for store, name in zip(stores, ("ann", "ben"), strict=True))
    return ann, ben


def turns(claims: Leases, spacing: float = 0.1, patience: float = 60.0) -> SharedTurns:
    return SharedTurns(lambda: nullcontext(claims), spacing, patience)


def test_two_machines_ask_one_host_one_after_the_other_and_apart(machines: tuple[Leases, Leases]) -> None:
    at: list[float] = []
    inside = threading.Semaphore(1)

    def ask(mine: Turns) -> None:
        with mine.at(HOST, spaced=True):
            assert inside.acquire(blocking=False), "two in flight"
            at.append(time.monotonic())
            time.sleep(0.01)
            inside.release()

    spaced = [turns(machine, 0.4) for machine in machines]
    threads = [threading.Thread(target=ask, args=(mine,)) for mine in spaced for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(at) == 4
    # Its turn begins before a thread notes the time: a busy machine may lie between, but no 0.3 s.
    assert all(later - earlier >= 0.1 for earlier, later in pairwise(sorted(at)))


def test_what_a_job_has_in_its_hands_no_redirect_of_another_machine_reaches(machines: tuple[Leases, Leases]) -> None:
    ann, ben = machines
    mine, his = turns(ann), turns(ben, patience=0.0)
    assert mine.hold([HOST, "two.example.org"], ann, 60) == {HOST, "two.example.org"}
    assert his.hold([HOST, "three.example.org"], ben, 60) == {"three.example.org"}
    with pytest.raises(FetchError, match="being asked by another worker"), his.at(HOST, spaced=True):
        pass
    with mine.at(HOST, spaced=True):
        """Ours already."""
    mine.let_go([HOST, "two.example.org"], ann)
    with turns(ben).at(HOST, spaced=True) as waited:
        assert waited >= 0.0


def test_a_host_stays_ours_while_any_of_us_asks_there(machines: tuple[Leases, Leases]) -> None:
    ann, ben = machines
    mine = turns(ann, spacing=0.0)
    mine.hold([HOST], ann, 60)
    with mine.at(HOST, spaced=True):
        mine.let_go([HOST], ann)  # the job ends, and a redirect of another job of ours is there still
        assert ben.claim([HOST], 60) == set()
    assert ben.claim([HOST], 60) == {HOST}


def test_who_dies_has_a_host_no_longer_than_said(machines: tuple[Leases, Leases]) -> None:
    ann, ben = machines
    assert ann.claim([HOST], 0.0) == ann.claim([HOST], 30) == {HOST}
    assert ann.claim([HOST], 0.0) == {HOST}  # which shortens nothing
    assert ben.claim([HOST], 60) == set()
    ann.let_go([HOST], 0.0)
    assert ben.claim([HOST], 60) == {HOST}


def test_alone_nothing_is_claimed_but_what_is_in_flight_when_that_ends(machines: tuple[Leases, Leases]) -> None:
    ann, ben = machines
    mine = turns(ann, spacing=0.0)
    with ExitStack() as in_flight:
        with mine.alone():
            in_flight.enter_context(mine.at(HOST, spaced=False))
            assert ben.claim([HOST], 0.0) == {HOST}  # it could, but asks nothing meanwhile
        assert ben.claim([HOST], 60) == set()
    assert ben.claim([HOST], 60) == {HOST}


def test_a_claim_that_is_nearly_over_is_renewed_by_the_next_request(machines: tuple[Leases, Leases]) -> None:
    ann, ben = machines
    mine = turns(ann, spacing=0.0)

    def ask() -> None:
        with mine.at(HOST, spaced=False):
            """After the one that is in flight."""

    with ExitStack() as in_flight:
        with mine.alone():
            in_flight.enter_context(mine.at(HOST, spaced=False))
        ann.let_go([HOST], 0.0)  # as if its time were over
        next_one = threading.Thread(target=ask)
        next_one.start()
        end = time.monotonic() + 60
        while ben.claim([HOST], 0.0):
            assert time.monotonic() < end
    next_one.join(60)
    assert ben.claim([HOST], 60) == {HOST}


def test_who_dies_in_a_request_has_the_host_of_a_job_no_longer_than_the_job_said(
    machines: tuple[Leases, Leases],
) -> None:
    ann, ben = machines
    mine = turns(ann)
    mine.hold([HOST], ann, 0.0)
    with mine.at(HOST, spaced=False):
        assert ben.claim([HOST], 60) == {HOST}
