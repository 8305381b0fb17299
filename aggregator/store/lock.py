"""One writer: a lock beside the store that dies with its process (flock, so also after kill -9)."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from aggregator.errors import AlreadyRunning, StoreError

_TRIES, _BETWEEN = 100, 0.005  # times, seconds
_MOST = 4096  # bytes of the file that are read


@dataclass(frozen=True, slots=True)
class Holder:
    """Who writes: process id, the command it runs, since when (UTC text), and the machine where that may be another."""

    pid: int
    command: str
    since: str
    host: str = ""

    @property
    def whose(self) -> str:
        """The process for people: `pid 12`, or `pid 12 on reader-3`."""
        return f"pid {self.pid} on {self.host}" if self.host else f"pid {self.pid}"


class Held:
    """The lock of a writer while it has it: what the last one left, and what it leaves where it ends well."""

    def __init__(self, descriptor: int, who: Mapping[str, object]) -> None:
        self._descriptor, self._who = descriptor, who
        self.left_at = os.fstat(descriptor).st_mtime_ns
        self.left: Mapping[str, Any] = _left(os.pread(descriptor, _MOST, 0))
        self.leave(None)  # of a writer that does not end well nothing is left

    def leave(self, what: Mapping[str, object] | None) -> int:
        """Write who holds it, and what the next one may read; gives when, by the disk's clock (nanoseconds)."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, json.dumps({**self._who, "left": what} if what else self._who).encode(), 0)
        return os.fstat(self._descriptor).st_mtime_ns


def _left(told: bytes) -> Mapping[str, Any]:
    try:
        left = json.loads(told)["left"]
    except (ValueError, KeyError, TypeError):
        return {}
    return left if isinstance(left, dict) else {}


def _read(path: Path) -> Holder | None:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return Holder(int(data["pid"]), str(data["command"]), str(data["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def holder(store: Path) -> Holder | None:
    """Who holds the lock of this store now, or None."""
    path = lock_path(store)
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(path) or Holder(0, "another command", "unknown")
    except OSError:
        return None
    return None


def lock_path(store: Path) -> Path:
    """The lock of a store file stands beside it."""
    return store.with_name(store.name + ".lock")


def _take(descriptor: int) -> None:
    """Take the lock; raises BlockingIOError when a writer has it. Who only looks (`holder`) is waited for."""
    for _ in range(_TRIES):
        with contextlib.suppress(BlockingIOError):
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        time.sleep(_BETWEEN)
    return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def writer(store: Path, command: str, now: datetime) -> Iterator[Held]:
    """Hold the lock while the block runs; raises AlreadyRunning at once when another process has it."""
    path = lock_path(store)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"store: cannot write {path}: {error.strerror}") from error
    with os.fdopen(descriptor, "rb"):
        try:
            _take(descriptor)
        except BlockingIOError:
            who = _read(path) or Holder(0, "another command", "unknown")
            raise AlreadyRunning(
                f"already running: `aggregator {who.command}` (pid {who.pid}, since {who.since}) writes to {store}"
            ) from None
        except OSError as error:
            raise StoreError(f"store: {path} cannot be locked: {error.strerror}; is it on a network drive?") from error
        since = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        try:
            held = Held(descriptor, {"pid": os.getpid(), "command": command, "since": since})
        except OSError as error:
            raise StoreError(f"store: cannot write {path}: {error.strerror}") from error
        yield held
