"""Progress: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

from tests.world import World


def test_lines_elsewhere(world: World) -> None:
    world.blog("One", "a")
    world.write()
    world.run("--verbose", "poll")
    assert "1/1  One" in world.said.splitlines()
    world.run("--quiet", "--verbose", "poll", "--force")
    assert world.said == ""


def test_a_bar_on_a_terminal(world: World) -> None:
    world.blog("One", "a")
    path = world.write()
    ours, theirs = pty.openpty()
    done = subprocess.Popen(
        [sys.executable, "-m", "aggregator", "--config", str(path), "--now", "2026-03-14T07:00Z", "poll"],
        stderr=theirs,
        stdout=theirs,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "120"},
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            shown += os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
    os.close(ours)
    assert done.wait() == 0
    assert b"Reading your 1 sources for the first time" in shown or b"Reading your 1 source " in shown
    assert b"1 of 1 source read" in shown
