"""The far end of `pool.py`: a process that takes a call, bounds what it may cost and sends back what came of it.

Processor time is bounded by ITIMER_PROF, whose signal ends the process wherever it is, also inside a C library;
unlike RLIMIT_CPU it counts in microseconds and starts anew for each document. ITIMER_REAL ends one that waits.
Memory is bounded by RLIMIT_AS on Linux; macOS does not heed that limit, so there a thread looks at the resident
size.
"""

from __future__ import annotations

import gc
import os
import pickle
import resource
import signal
import sys
import threading
import time
import traceback
from multiprocessing.connection import Connection
from pathlib import Path

import aggregator.entries.duplicates  # what every document needs is there before the first one comes
import aggregator.entries.normalize
import aggregator.parse.document
import aggregator.parse.feed  # noqa: F401
from aggregator.errors import ParseError
from aggregator.parse.pool import KEPT, OVER

FIT = 64 << 20  # a worker that has grown by more than so many bytes makes room for a new one
LOOK = 0.02  # seconds between two looks at the resident size


def serve(channel: int) -> None:
    """Answer calls on a socket until its other end is gone; the program's end is our end."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # what ends the program ends us through the socket, not in mid-answer
    connection = Connection(channel)
    gc.freeze()
    bounds, start = Watched() if sys.platform == "darwin" else Bounded(), resident()
    try:
        connection.send_bytes(pickle.dumps(("ready", None, True)))
        while True:
            connection.send_bytes(_answered(connection.recv_bytes(), bounds, start))
    except (EOFError, OSError):
        return


def _answered(call: bytes, bounds: Bounded | Watched, start: int) -> bytes:
    """The reply to a pickled call: kind, value, and whether this worker is fit for more."""
    function, arguments, named, limits = pickle.loads(call)  # noqa: S301 (from our own program)
    bounds.set(limits.memory)
    signal.setitimer(signal.ITIMER_PROF, limits.cpu)
    signal.setitimer(signal.ITIMER_REAL, limits.wall)
    try:
        value = function(*arguments, **named)
        reply = pickle.dumps(("value", value, resident() - start < FIT), pickle.HIGHEST_PROTOCOL)
    except ParseError as error:
        reply = pickle.dumps(("error", (error.kind, str(error)), resident() - start < FIT))
    except (MemoryError, RecursionError) as error:
        reply = pickle.dumps(("error", ("limit", _too_much(error, limits.memory)), False))
    except Exception as error:  # a bug of ours that this document found: the other sources go on
        reply = pickle.dumps(("error", ("limit", _fault(error)), False))
    for clock in (signal.ITIMER_PROF, signal.ITIMER_REAL):
        signal.setitimer(clock, 0)
    bounds.lift()
    return reply


def _too_much(error: Exception, memory: int) -> str:
    what = f"needed more than {memory >> 20} MiB" if isinstance(error, MemoryError) else "was nested too deeply"
    return f"{what} to read: {KEPT}"


def _fault(error: Exception) -> str:
    """A bug in one line, with the place where it happened."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(frame.filename).name}:{frame.lineno}"
    return f"could not be read, a fault of this program ({type(error).__name__} in {where}): {KEPT}"


class Bounded:
    """Memory bounded by the kernel (Linux): an allocation beyond it fails."""

    def set(self, above: int) -> None:
        """At most so many bytes more than now."""
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        self._limit(pages * resource.getpagesize() + above)

    def lift(self) -> None:
        """No bound any more."""
        self._limit(resource.RLIM_INFINITY)

    @staticmethod
    def _limit(most: int) -> None:
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


class Watched:
    """Memory watched by a thread, which ends the process when it grows too much (macOS has no bound that holds)."""

    def __init__(self) -> None:
        self._most: int | None = None
        threading.Thread(target=self._watch, daemon=True).start()

    def set(self, above: int) -> None:
        """At most so many bytes more than now."""
        self._most = resident() + above

    def lift(self) -> None:
        """No bound any more."""
        self._most = None

    def _watch(self) -> None:
        while True:
            time.sleep(LOOK)
            most = self._most  # read once: it may be lifted while the size is asked for
            if most is not None and resident() > most:
                os._exit(OVER)


def resident() -> int:
    """The resident size of this process in bytes: as it is on Linux, its peak on macOS."""
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()
