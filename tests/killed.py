"""Run the program and kill it (SIGKILL) at the N-th function call of its main thread; N = 0 only counts them.

Instead of N a function may be named: then it is killed when that is called first.

`python tests/killed.py N ARGUMENT...`: a moment that depends on the work alone, not on the machine's speed.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import Any

import aggregator.app  # noqa: F401  (so that the count begins with the work)
from aggregator.cli import main


def run(limit: str, arguments: list[str]) -> None:
    calls = 0
    number = int(limit) if limit.isdigit() else 0

    def count(frame: FrameType, event: str, _: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == number or (event == "call" and frame.f_code.co_name == limit):
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)
    try:
        main(arguments)
    finally:
        sys.setprofile(None)
        sys.stderr.write(f"\ncalls {calls}\n")


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2:])
