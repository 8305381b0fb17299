from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from aggregator.scheduler import Scheduler


@pytest.fixture
def scheduler() -> Iterator[Scheduler]:
    made = Scheduler()
    made.start()
    yield made
    made.stop()


class Job:
    """Counts its runs, remembers the most that ran at once; each takes until `go` is set, and may fail."""

    def __init__(self, *, fails: bool = False) -> None:
        self.times: list[float] = []
        self.at_once = 0
        self.most_at_once = 0
        self.go = threading.Event()
        self.go.set()
        self.ran = threading.Semaphore(0)
        self._fails = fails

    def __call__(self) -> None:
        self.times.append(time.monotonic())
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.ran.release()
        self.go.wait(5)
        self.at_once -= 1
        if self._fails:
            raise RuntimeError("a bug in a job")

    def wait(self, runs: int = 1) -> None:
        for _ in range(runs):
            assert self.ran.acquire(timeout=3), f"only {len(self.times)} runs"


def test_a_job_runs_at_once_and_then_in_its_interval(scheduler: Scheduler) -> None:
    job, began = Job(), time.monotonic()
    scheduler.every(0.2, job, "tick")
    job.wait(4)
    assert job.times[0] - began < 1
    assert 0.55 <= job.times[3] - job.times[0] < 3


@pytest.mark.fault(18)
def test_a_slow_job_never_runs_twice_at_once_and_goes_on_afterwards(scheduler: Scheduler) -> None:
    slow, clock = Job(), Job()
    slow.go.clear()
    scheduler.every(0.1, slow, "slow")
    scheduler.every(0.1, clock, "clock")
    slow.wait()
    clock.wait(5)  # another job is not held up by it
    assert (len(slow.times), slow.most_at_once) == (1, 1)
    slow.go.set()
    slow.wait(2)
    assert slow.most_at_once == 1


def test_a_job_that_fails_is_run_again(scheduler: Scheduler, capfd: pytest.CaptureFixture[str]) -> None:
    job = Job(fails=True)
    scheduler.every(0.1, job, "tick")
    job.wait(3)
    assert capfd.readouterr().err == ""  # whoever gives it a job says what went wrong


def test_stopping_does_not_wait_for_a_running_job_and_starts_no_other() -> None:
    scheduler, job = Scheduler(), Job()
    job.go.clear()
    scheduler.every(0.05, job, "tick")
    scheduler.start()
    job.wait()
    began = time.monotonic()
    scheduler.stop()
    assert time.monotonic() - began < 0.5
    job.go.set()
    assert not job.ran.acquire(timeout=0.3)
    assert len(job.times) == 1


def test_two_jobs_of_one_name_are_a_bug(scheduler: Scheduler) -> None:
    scheduler.every(60, Job(), "tick")
    with pytest.raises(Exception, match="tick"):
        scheduler.every(60, Job(), "tick")
