"""A command of the user's is run, and given something to read. The only door to commands.

Without a shell, so nothing in a text can be one; in a bounded time; without a setting of ours (`AGGREGATOR_*`), which
may be a secret; and no more is read of what it says than it may say.
"""

from __future__ import annotations

import os
import select
import shlex
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

from aggregator.digest.introduction import MOST_BYTES

DIGEST_WAITS = 20.0  # seconds
_CHUNK = 2**16


def ask(folder: Path, command: str, given: bytes) -> bytes | str:
    """What a command says to a digest that begins with it: within 20 seconds, which is how long the digest waits."""
    return run(command, given, folder, DIGEST_WAITS, most=MOST_BYTES)


def run(
    command: str,
    given: bytes,
    folder: Path,
    timeout: float,
    *,
    most: int | None = None,
    word: Callable[[str], str] = str,
) -> bytes | str:
    """Run `command` in `folder` with `given` on its standard input; `word` may change its words before.

    What it said; in words, its name first, what went wrong. `most` is how many bytes it may say; None: it is not
    listened to. A command whose time is over, or that says too much, is ended with all that it started.
    """
    words = shlex.split(command)
    with TemporaryFile() as file:
        file.write(given)
        file.seek(0)
        try:
            running = subprocess.Popen(  # noqa: S603 (the user's own command, without a shell)
                [word(one) for one in words],
                cwd=folder,
                stdin=file,
                stdout=subprocess.DEVNULL if most is None else subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env={name: value for name, value in os.environ.items() if not name.startswith("AGGREGATOR_")},
            )
        except (OSError, ValueError) as error:
            return f"{words[0]}: {getattr(error, 'strerror', None) or error}"
    with running:
        said: bytes | str = ""
        try:
            said = _heard(running, timeout, most or 0)
        finally:
            if isinstance(said, str):
                with suppress(ProcessLookupError):
                    os.killpg(running.pid, signal.SIGKILL)
    if isinstance(said, str):
        return f"{words[0]}: {said}"
    return f"{words[0]}: ended with code {running.returncode}" if running.returncode else said


def _heard(running: subprocess.Popen[bytes], timeout: float, most: int) -> bytes | str:
    """What it said until its end; in words, why not."""
    end, said = time.monotonic() + timeout, b""
    late = f"did not end within {timeout:g} s"
    while running.stdout is not None:
        ready, _, _ = select.select([running.stdout], [], [], max(end - time.monotonic(), 0.0))
        if not ready:
            return late
        part = os.read(running.stdout.fileno(), _CHUNK)
        if not part:
            break
        said += part
        if len(said) > most:
            return f"said more than {most:,} bytes"
    try:
        running.wait(max(end - time.monotonic(), 0.0))
    except subprocess.TimeoutExpired:
        return late
    return said
