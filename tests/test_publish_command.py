"""A command of the user's: what it is given, what of it is heard, and what is said when it goes wrong."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from aggregator.publish.command import run


def script(folder: Path, text: str) -> str:
    path = folder / "tell"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return "./tell"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cat", b"given"),
        ("exec 0<&-; echo deaf", b"deaf\n"),
        ("echo out; echo err >&2", b"out\n"),
        ("echo $1 $AGGREGATOR_SMTP_URL", b"; echo no\n"),
        ("true", b""),
        ("echo half; exit 3", "./tell: ended with code 3"),
        ("kill -9 $$", "./tell: ended with code -9"),
        ("printf 12345678901", "./tell: said more than 10 bytes"),
        ("while :; do echo more and more; done", "./tell: said more than 10 bytes"),
    ],
)
def test_what_it_says(text: str, said: bytes | str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGGREGATOR_SMTP_URL", "secret")
    assert run(f"{script(tmp_path, text)} '; echo no'", b"given", tmp_path, 60.0, most=10) == said


def test_more_than_a_pipe_holds_is_given_and_nothing_waits(tmp_path: Path) -> None:
    assert run(script(tmp_path, "exit 0"), b"x" * 10**6, tmp_path, 60.0, most=10) == b""
    assert run(script(tmp_path, "wc -c"), b"x" * 10**6, tmp_path, 60.0, most=20) == b"1000000\n"
    assert run(script(tmp_path, "cat"), b"x" * 10**6, tmp_path, 60.0) == b"", "nobody listens"


@pytest.mark.parametrize(
    "text", ["sleep 1000", "echo hello; sleep 1000", "exec 1>&-; sleep 1000", "(sleep 1000) & true"]
)
def test_its_time_is_bounded_whatever_it_leaves_running(text: str, tmp_path: Path) -> None:
    began = time.monotonic()
    assert run(script(tmp_path, text), b"", tmp_path, 0.2, most=10) == "./tell: did not end within 0.2 s"
    assert time.monotonic() - began < 60


def test_one_that_is_not_there(tmp_path: Path) -> None:
    assert run("./nowhere", b"", tmp_path, 60.0, most=10) == "./nowhere: No such file or directory"
