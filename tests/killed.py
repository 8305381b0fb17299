"""Run the program and kill it (SIGKILL) at the N-th function call of its main thread; N = 0 only counts them.

Instead of N a function may be named: then it is killed when that is called first. A moment depends on the work
alone, not on the machine's speed. One process imports the program, then each command runs in a fork of it: else
most of the time of a test would go into imports.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any


class Mortal:
    """The program, ready to run commands each of which may be killed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.killed"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent.parent,
        )

    def __enter__(self) -> Mortal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(timeout=60)

    def run(self, at: int | str, *arguments: str) -> int:
        """Run a command that is killed at its `at`-th call; how many calls it had if it was not, else 0."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(at), arguments]) + "\n")
        self._process.stdin.flush()
        code, said = json.loads(self._process.stdout.readline())
        assert code in ((-signal.SIGKILL, 0) if at else (0,)), said
        return int(said.rsplit("calls ", 1)[1]) if code == 0 else 0


def serve() -> None:
    """Answer each line of standard input, a moment and arguments, by exit code and what was said, until it ends."""
    import aggregator.app  # noqa: F401  (so that the count begins with the work)

    for line in sys.stdin:
        moment, arguments = json.loads(line)
        with tempfile.TemporaryFile("w+") as said:
            if not (child := os.fork()):
                for number in (1, 2):
                    os.dup2(said.fileno(), number)
                _run(moment, arguments)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            said.seek(0)
            sys.stdout.write(json.dumps([code, said.read()]) + "\n")
            sys.stdout.flush()


def _run(limit: str, arguments: list[str]) -> None:
    """Never returns."""
    from aggregator.cli import main

    calls, code = 0, 1
    number = int(limit) if limit.isdigit() else 0

    def count(frame: FrameType, _: str, __: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == number or frame.f_code.co_name == limit:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.settrace(count)  # calls of our own language alone; a profile counts those of C too: four times the cost
    try:
        main(arguments)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.settrace(None)
        sys.stderr.write(f"\ncalls {calls}\n")
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
