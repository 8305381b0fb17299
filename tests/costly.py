"""Functions that a worker is made to run in tests: they cost too much, or end badly."""

from __future__ import annotations

import os
import signal
import time
from typing import NoReturn

from aggregator.errors import ParseError


def double(number: int) -> int:
    return 2 * number


def pid() -> int:
    return os.getpid()


def burn() -> NoReturn:
    """Processor time without end."""
    while True:
        pass


def burn_inside_a_library() -> int:
    """A minute and more in one call of C, where no signal handler of Python would be heard."""
    return len(str(7 ** (1 << 27)))


def wait() -> None:
    """No processor time, and no end."""
    time.sleep(600)


def eat(mebibytes: int) -> int:
    return len(bytearray(mebibytes << 20))


def keep(mebibytes: int, kept: list[bytearray] = []) -> int:  # noqa: B006 (it is meant to stay)
    """Memory that is not given back."""
    kept.append(bytearray(b"x" * (mebibytes << 20)))
    return os.getpid()


def descend() -> int:
    return descend() + 1


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def leave() -> None:
    os._exit(3)


def refuse() -> NoReturn:
    raise ParseError("html", "an HTML page, not a feed")


def err() -> float:
    return 1 / 0


def secrets() -> list[str]:
    return sorted(name for name in os.environ if name.startswith("AGGREGATOR_"))
