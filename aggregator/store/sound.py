"""Whether the file of a store is as its last writer left it: then it is not looked through again, for a day.

SQLite's quick check reads every page (a second for 400 MB), and a cron job begins every few minutes. What writes to a
file changes its times; what rots on a disk without that is found by the look that a day brings.
"""

from __future__ import annotations

import contextlib
import time
from datetime import datetime, timedelta
from pathlib import Path

from aggregator.store.lock import Held

_FOR = timedelta(days=1)
_TRIES, _BETWEEN = 5, 0.005  # times, seconds: clocks of files move every 4 to 10 ms


def still(path: Path, held: Held, now: datetime) -> datetime | None:
    """When the file was looked through last, if that still holds; None where it is to be looked through now."""
    try:
        looked_at, file = datetime.fromisoformat(held.left["looked_at"]), held.left["file"]
        is_same = file == _told(path) and timedelta(0) <= now - looked_at < _FOR
        is_same = is_same and path.stat().st_mtime_ns < held.left_at
    except (OSError, KeyError, TypeError, ValueError):
        return None
    return looked_at if is_same and not _has_log(path) else None


def note(path: Path, held: Held, looked_at: datetime) -> None:
    """Leave word of the file, which is closed; where that fails, it is looked through next time.

    By a later moment of the disk's clock than the file was written in: what is written in one moment cannot be told
    from what was written before it.
    """
    with contextlib.suppress(OSError):
        for _ in range(_TRIES):
            told = _told(path)
            if held.leave({"looked_at": looked_at.isoformat(), "file": told}) > told[-1]:
                return
            time.sleep(_BETWEEN)


def _told(path: Path) -> list[int]:
    """What tells a file from itself before: its inode, bytes, and the time of the last write."""
    told = path.stat()
    return [told.st_ino, told.st_size, told.st_mtime_ns]


def _has_log(path: Path) -> bool:
    """Whether something stands in the write-ahead log: of a writer that was killed, or beside one that reads."""
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0
