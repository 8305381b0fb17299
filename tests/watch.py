"""What the interpreter does while a test looks: connections, files, processes, by its audit events (PEP 578).

    with watching(allow={web.port}) as seen:
        ... poll ...
    assert seen.connected == [] and seen.outside(folder) == [] and seen.started == []

An audit hook cannot be taken away, so there is one for the process, which does nothing while nobody looks. While
somebody does, no connection leaves the test: all but those to the allowed loopback ports fail as if there were no net.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aggregator.parse import pool

_HARMLESS = (Path("/dev/null"), Path("/proc/self/mountinfo"))  # the second tells what kind of disk the store is on
_STARTS = ("subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn")
_CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate")


@dataclass
class Seen:
    """What happened: addresses connected to, names asked for, files opened or changed, other programs started."""

    allow: Collection[int] = ()
    connected: list[tuple[str, int]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    started: list[str] = field(default_factory=list)

    def outside(self, *folders: Path) -> list[str]:
        """The files that are neither in these folders nor part of the program and what it imports."""
        own = [Path(place) for place in (*sys.path, sys.prefix, sys.base_prefix) if place]
        homes = tuple(str(home.resolve()) for home in (*folders, *own, Path("/usr/share/zoneinfo"), *_HARMLESS))
        return [name for name in self.opened if not os.path.realpath(name).startswith(homes)]


_looking: list[Seen] = []
_installed: list[bool] = []


@contextlib.contextmanager
def watching(allow: Collection[int] = ()) -> Iterator[Seen]:
    """Look at every thread of this process; connections succeed to these loopback ports only."""
    if not _installed:
        sys.addaudithook(_hook)
        _installed.append(True)
    seen = Seen(allow)
    _looking.append(seen)
    try:
        yield seen
    finally:
        _looking.remove(seen)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    for seen in _looking:
        if event == "socket.connect":
            _connect(seen, arguments[1])
        elif event == "socket.getaddrinfo":
            seen.asked.append(str(arguments[0]))
        elif event == "open" and isinstance(arguments[0], str | bytes):
            seen.opened.append(os.fsdecode(arguments[0]))
        elif event in _CHANGES:
            seen.opened += [os.fsdecode(name) for name in arguments[:2] if isinstance(name, str | bytes)]
        elif event in _STARTS and not _reads(arguments):
            seen.started.append(f"{event} {arguments[0]}" if arguments else event)


def _reads(arguments: tuple[Any, ...]) -> bool:
    """Whether it is one of the program's own processes, in which documents are read."""
    return len(arguments) > 1 and isinstance(arguments[1], list) and pool._CODE in arguments[1]


def _connect(seen: Seen, address: Any) -> None:
    host, port = address[:2] if isinstance(address, tuple) else (str(address), 0)
    seen.connected.append((host, port))
    if port not in seen.allow or host not in ("127.0.0.1", "::1"):
        raise OSError(errno.ENETUNREACH, "no connection leaves this test")
