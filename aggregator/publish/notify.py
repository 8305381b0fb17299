"""Someone is told of something: by a command of theirs, or at an address of theirs. The only door to commands.

A command is run without a shell, so nothing in a text can be one; it has a bounded time and gets no setting of ours.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aggregator.urls import host_of

TIMEOUT = 10.0  # seconds
PLAIN = "#text"  # at the end of an address: it gets the text alone
_TEXT = "{text}"

Post = Callable[[str, bytes, str], str | None]


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told: `text`, which begins with a word of ours, and `facts`, which can be written as JSON."""

    text: str
    facts: Mapping[str, Any]


def notify(target: str, notice: Notice, post: Post, folder: Path, timeout: float = TIMEOUT) -> str | None:
    """Tell it to `target`, a command (run in `folder`) or an http(s) address; None, or in words why it was not told.

    An address gets JSON, or with `#text` at its end the plain text; a command gets the JSON on its standard input,
    and the text in place of an argument `{text}`. `post` sends a body of a type to an address. Names no secret.
    """
    facts = json.dumps({"text": notice.text, **notice.facts}, ensure_ascii=False).encode()
    if not is_address(target):
        return _run(target, notice.text, facts, folder, timeout)
    url, plain, _ = target.partition(PLAIN)
    body = (notice.text.encode(), "text/plain; charset=utf-8") if plain else (facts, "application/json")
    trouble = post(url, *body)
    return trouble and f"{host_of(url)}: {trouble}"


def is_address(target: str) -> bool:
    """Whether it is an address; else it is a command."""
    return target.lower().startswith(("http://", "https://"))


def _run(command: str, text: str, facts: bytes, folder: Path, timeout: float) -> str | None:
    words = shlex.split(command)
    try:
        running = subprocess.Popen(  # noqa: S603 (the user's own command, without a shell)
            [word.replace(_TEXT, text) for word in words],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={name: value for name, value in os.environ.items() if not name.startswith("AGGREGATOR_")},
        )
    except (OSError, ValueError) as error:
        return f"{words[0]}: {getattr(error, 'strerror', None) or error}"
    with running:
        try:
            running.communicate(facts, timeout=timeout)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)  # with all that it started
            return f"{words[0]}: did not end within {timeout:g} s"
    return f"{words[0]}: ended with code {running.returncode}" if running.returncode else None
