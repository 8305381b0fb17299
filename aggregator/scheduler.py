"""Time -> callables: the only door to APScheduler. It says "now"; whether anything is due is asked of the store.

Timers stop while a laptop sleeps and a cron job can fire twice on the day the clocks go back: so a short tick asks
what is due, and the ledger decides, never "the timer fired".
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.schedulers.background import BackgroundScheduler


class Scheduler:
    """A few jobs in memory, each never twice at once, late ones run once instead of not at all."""

    def __init__(self) -> None:
        # A tick that falls into a long pass is left out by design: no news for the terminal.
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )

    def every(self, seconds: float, job: Callable[[], None], name: str) -> None:
        """Run a job at once and then in this interval."""
        self._scheduler.add_job(job, "interval", seconds=seconds, id=name, name=name, next_run_time=datetime.now(UTC))

    def start(self) -> None:
        """Begin; jobs run in threads of their own."""
        self._scheduler.start()

    def stop(self) -> None:
        """No further job starts; a running one is not waited for."""
        self._scheduler.shutdown(wait=False)
