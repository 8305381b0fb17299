"""Workers and `run` as processes: what becomes of the work when one dies, or the database goes away."""

from __future__ import annotations

import re
import signal
import time

import pytest

from tests.fleet import LATEST, Fleet, Way, asked, fleet, hang, mend, own
from tests.postgres import Server, needs_postgres
from tests.world import World

__all__ = ["fleet", "own"]

pytest.importorskip("psycopg")
pytest.importorskip("procrastinate")

pytestmark = needs_postgres


def test_a_worker_polls_what_is_due_and_stops_when_it_is_told(fleet: Fleet) -> None:
    fleet.follow(2)
    fleet.news()
    worker = fleet.worker()
    fleet.until(fleet.is_polled)
    assert fleet.world.run("poll", "--json")  # beside it: nothing is asked twice
    fleet.until(lambda: fleet.sql("SELECT count(*) FROM sources WHERE leased_until > now()") == [(0,)])
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0
    fleet.expect_once()
    assert [len(blog.requests) for blog in fleet.world.blogs] == [2, 2]
    assert fleet.sql("SELECT count(*) FROM procrastinate_workers") == [(0,)]


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_workers_that_are_killed_lose_nothing(fleet: Fleet) -> None:
    """Two of three are killed with requests in flight; one of them had the tick."""
    fleet.follow(12)
    fleet.news()
    slow = fleet.world.blogs[:6]
    hanging = hang(slow)
    doomed = [fleet.worker(), fleet.worker()]
    fleet.until_asked(6 + 3, slow)
    for one in doomed:
        one.kill()
    mend(slow, hanging)
    fleet.worker()
    fleet.until(fleet.is_polled)
    fleet.expect_once()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_scheduler_that_is_killed_while_workers_poll(fleet: Fleet) -> None:
    """Polling goes on without it; the next one publishes what came meanwhile, and each entry is accepted once."""
    fleet.follow(8)
    for _ in range(2):
        fleet.worker()
    fleet.until_alive(2)
    doomed = fleet.scheduler()
    fleet.until_writing(doomed)
    assert fleet.scheduler().wait(60) == 5  # one is elected
    fleet.until(fleet.is_polled)  # the workers' own first round
    slow = fleet.world.blogs[:4]
    before, hanging = asked(slow), hang(slow)
    fleet.news()
    fleet.until_asked(before + 2, slow)
    doomed.kill()
    mend(slow, hanging)
    fleet.until(fleet.is_polled)
    assert fleet.sql("SELECT count(*) FROM entries WHERE accepted = 0")[0][0] >= len(slow)
    next_one = fleet.scheduler()
    fleet.until(fleet.is_published)
    fleet.expect_recorded()
    assert fleet.sql("SELECT count(DISTINCT accepted), min(accepted) FROM entries") == [(16, 1)]
    next_one.send_signal(signal.SIGTERM)
    assert next_one.wait(60) == 0


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_scheduler_that_is_killed_while_it_polls_alone(fleet: Fleet) -> None:
    """Its session ends with it, and so does its right to poll without shards: a worker takes over."""
    fleet.follow(6)
    slow = fleet.world.blogs[:3]
    hanging = hang(slow)
    fleet.news()
    doomed = fleet.scheduler()
    fleet.until_asked(3 + 3, slow)
    doomed.kill()
    mend(slow, hanging)
    fleet.worker()
    fleet.until(fleet.is_polled)
    fleet.expect_once()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_database_that_is_restarted_in_the_middle(own: tuple[Server, Fleet]) -> None:
    server, fleet = own
    fleet.follow(8)
    fleet.news()
    for _ in range(2):
        fleet.worker()
    fleet.until(lambda: any(len(blog.requests) > 1 for blog in fleet.world.blogs))
    server.stop("immediate")
    time.sleep(3)  # away for a while
    server.start()
    fleet.until(fleet.is_polled, LATEST + 60)
    fleet.expect_once()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_way_to_the_database_that_is_cut(own: tuple[Server, Fleet]) -> None:
    """One worker hears nothing any more; what it had is polled by the other, and it returns when the way does."""
    server, fleet = own
    fleet.follow(8)
    fleet.news()
    way = Way(server)
    cut = fleet.worker(way.address)
    fleet.until(lambda: any(len(blog.requests) > 1 for blog in fleet.world.blogs))
    way.is_cut = True
    fleet.worker()
    fleet.until(fleet.is_polled, LATEST + 60)
    fleet.expect_once()
    way.mend()
    fleet.until_alive(2)
    assert cut.poll() is None
    way.close()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_slow_database_is_only_slow(own: tuple[Server, Fleet]) -> None:
    server, fleet = own
    fleet.follow(6)
    fleet.news()
    way = Way(server)
    way.delay = 0.03
    for _ in range(2):
        fleet.worker(way.address)
    fleet.until(fleet.is_polled, LATEST + 60)
    fleet.expect_once()
    way.close()


def test_a_worker_needs_a_database_that_is_shared(world: World) -> None:
    world.blog("One", "a")
    world.write()
    world.run("worker", code=3)
    assert re.search(r"workers share a PostgreSQL database; `aggregator run` polls", world.said)
