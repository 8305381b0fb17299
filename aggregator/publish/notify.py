"""Someone is told of something: by a command of theirs (command.py), or at an address of theirs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
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
        from aggregator.publish import command  # noqa: PLC0415 (5 ms, for who has something to tell)

        told = command.run(target, facts, folder, timeout, word=lambda one: one.replace(_TEXT, notice.text))
        return told if isinstance(told, str) else None
    url, plain, _ = target.partition(PLAIN)
    body = (notice.text.encode(), "text/plain; charset=utf-8") if plain else (facts, "application/json")
    trouble = post(url, *body)
    return trouble and f"{host_of(url)}: {trouble}"


def is_address(target: str) -> bool:
    """Whether it is an address; else it is a command."""
    return target.lower().startswith(("http://", "https://"))
