"""Killable processes that read strangers' documents: what one costs is bounded, and no other source feels it.

A worker is a fresh interpreter at the other end of a socket (`worker.py`). It is started when a document has to be
read and none is idle, and ends when its socket does: with the pool, and with a program that was killed. One that
took too long, needed too much or broke down is replaced; its document is a ParseError like any other.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import aggregator
from aggregator.errors import ParseError

P = ParamSpec("P")
T = TypeVar("T")

CPU = 2.0  # seconds of processor time a document
MEMORY = 256 << 20  # bytes above what the worker needs by itself
WALL = 60.0  # seconds on a machine that has much else to do
KEPT = "kept the last good version"
OVER = 77  # the exit code of a worker that saw itself grow beyond its bound
START = 0.3  # seconds that a worker needs to start
QUIET = 300.0  # seconds without a document, after which no worker is kept for the next one
MOST = min(os.cpu_count() or 1, 3)  # 17 MiB each: three leave room in 200 MiB for the program itself

_ROOT = str(Path(aggregator.__file__).resolve().parent.parent)
_CODE = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[2]); "
    "from aggregator.parse.worker import serve; serve(int(sys.argv[1]))"
)
_NEEDED = ("DYLD_", "LANG", "LC_", "LD_", "MALLOC_", "PATH", "TMPDIR", "TZ")  # no secret of ours is in these


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost: seconds of processor time, bytes above what is there, seconds by the clock."""

    cpu: float
    memory: int
    wall: float


class Pool:
    """At most `most` workers; `cpu`, `wall` and `quiet` in seconds, `memory` in bytes a document. From any thread."""

    def __init__(
        self, *, cpu: float = CPU, memory: int = MEMORY, wall: float = WALL, most: int = MOST, quiet: float = QUIET
    ) -> None:
        self._limits = Limits(cpu, memory, wall)
        self._most, self._quiet, self._read_at = most, quiet, time.monotonic()
        self._change = threading.Condition()
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()
        self._closed = self._expects_many = False

    def run(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """What a function of a module gives, called in a worker; waits for one that is free.

        Raises the ParseError that it raises, and ParseError `limit` where it took more than it may or broke down.
        """
        call = pickle.dumps((function, arguments, named, self._limits), pickle.HIGHEST_PROTOCOL)
        worker = self._asked(call)
        try:
            kind, value, is_fit = worker.answer(self._limits)
        except BaseException:
            self._end(worker)
            raise
        self._give_back(worker) if is_fit else self._end(worker)
        if kind == "value":
            result: T = value
            return result
        raise ParseError(*value)

    def expect_many(self) -> None:
        """Until `rest` no document waits for a worker that could be started: many will come."""
        self._expects_many = True

    def rest(self) -> None:
        """Let all idle workers go but one: the next documents come in minutes or hours."""
        self._expects_many = False
        with self._change:
            spare, self._idle = self._idle[1:], self._idle[:1]
        for worker in spare:
            self._end(worker)

    def sleep(self) -> None:
        """Let the last idle worker go as well, if nothing was read for `quiet` seconds: it weighs 17 MiB."""
        with self._change:
            if time.monotonic() - self._read_at < self._quiet:
                return
            spare, self._idle = self._idle, []
        for worker in spare:
            self._end(worker)

    def close(self) -> None:
        """End every worker at once, busy or not; nothing is read any more."""
        with self._change:
            self._closed = True
            self._change.notify_all()
            idle, self._idle = self._idle, []
            busy = self._all.difference(idle)
        for worker in busy:
            worker.kill()  # the thread that waits for its answer sees it end, and clears away
        for worker in idle:
            self._end(worker)

    @property
    def most(self) -> int:
        """How many workers there may be."""
        return self._most

    @property
    def size(self) -> int:
        """How many workers there are, busy or idle."""
        return len(self._all)

    def _asked(self, call: bytes) -> _Worker:
        """A worker that has the call; one that died while it was idle is passed over."""
        while True:
            worker = self._take()
            try:
                worker.connection.send_bytes(call)
            except OSError:
                self._end(worker)
                if worker.is_new:
                    raise RuntimeError(f"a reading process does not start: {sys.executable}") from None
                continue
            return worker

    def _take(self) -> _Worker:
        """An idle worker; another is started only when none came free in the time that starting one takes, or where
        many documents will come."""
        patience = time.monotonic() + START
        with self._change:
            while not self._closed:
                if self._idle:
                    return self._idle.pop()
                left = 0.0 if self._expects_many else patience - time.monotonic()
                if not self._all or (left <= 0 and len(self._all) < self._most):
                    worker = _Worker()
                    self._all.add(worker)
                    return worker
                self._change.wait(left if left > 0 else None)
        raise ParseError("limit", "not read: the program is about to end")

    def _give_back(self, worker: _Worker) -> None:
        with self._change:
            self._read_at = time.monotonic()
            if not self._closed:
                self._idle.append(worker)
                self._change.notify()
                return
        self._end(worker)

    def _end(self, worker: _Worker) -> None:
        worker.end()
        with self._change:
            self._all.discard(worker)
            self._change.notify()


class _Worker:
    """One process, and our end of its socket."""

    def __init__(self) -> None:
        from multiprocessing.connection import Pipe  # noqa: PLC0415 (10 ms, for who has a document to read)

        self.connection, theirs = Pipe()
        self.is_new = True
        paths = [_ROOT, *(path for path in sys.path if path and path != _ROOT)]
        try:
            self._process = subprocess.Popen(  # noqa: S603 (our own interpreter with our own words)
                [sys.executable, "-I", "-S", "-c", _CODE, str(theirs.fileno()), json.dumps(paths)],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={name: value for name, value in os.environ.items() if name.startswith(_NEEDED)},
            )
        finally:
            theirs.close()

    def answer(self, limits: Limits) -> tuple[str, Any, bool]:
        """Kind, value and whether the worker is fit for more; raises ParseError when it ended without a word."""
        try:
            if self.is_new:
                self._receive()
                self.is_new = False
            return self._receive()
        except (EOFError, OSError):
            code = self._process.wait()
        if self.is_new:
            raise RuntimeError(f"a reading process does not start: {sys.executable}")
        raise ParseError("limit", _why(code, limits))

    def _receive(self) -> tuple[str, Any, bool]:
        reply: tuple[str, Any, bool] = pickle.loads(self.connection.recv_bytes())  # noqa: S301 (from our own process)
        return reply

    def kill(self) -> None:
        """End the process, now."""
        self._process.kill()

    def end(self) -> None:
        """End the process and give back what it held here."""
        self.kill()
        self._process.wait()
        self.connection.close()


def _why(code: int, limits: Limits) -> str:
    """What the end of a worker says, in words."""
    said = {
        -signal.SIGPROF: f"took more than {limits.cpu:g} s to read: {KEPT}",
        -signal.SIGALRM: f"took more than {limits.wall:g} s by the clock to read: {KEPT}",
        OVER: f"needed more than {limits.memory >> 20} MiB to read: {KEPT}",
    }
    how = f"by signal {-code}" if code < 0 else f"with code {code}"
    return said.get(code, f"the process that read it was ended {how}: {KEPT}")
