"""Progress: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

from tests.world import World


def test_lines_elsewhere(world: World) -> None:
    world.blog("One", "a")
    world.write()
    world.run("--verbose", "poll")
    assert "1/1  One" in world.said.splitlines()
    world.run("--quiet", "--verbose", "poll", "--force")
    assert world.said == ""


def on_a_terminal(path: Path, *arguments: str) -> bytes:
    """What a command shows where somebody watches."""
    ours, theirs = pty.openpty()
    done = subprocess.Popen(
        [sys.executable, "-m", "aggregator", "--config", str(path), "--now", "2026-03-14T07:00Z", *arguments],
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
    return shown


def test_a_bar_on_a_terminal(world: World) -> None:
    world.blog("One", "a")
    shown = on_a_terminal(world.write(), "poll")
    assert b"Reading your 1 sources for the first time" in shown or b"Reading your 1 source " in shown
    assert b"1 of 1 source read" in shown


def test_a_list_that_is_kept_in_the_store_has_a_bar_on_a_terminal_and_lines_elsewhere(world: World) -> None:
    path = world.write([world.blog("One", "a")])
    rows = "".join(f"<outline text='[b]{n}' xmlUrl='https://s{n}.example/feed'/>" for n in range(501))
    (world.folder / "in.opml").write_text(f"<opml><body>{rows}</body></opml>")
    arguments = ("import", "--store", str(world.folder / "in.opml"))
    shown = on_a_terminal(path, *arguments)
    assert b"Looking at the feeds" in shown
    assert b"/501" in shown
    assert b"Following 501 sources" in shown
    world.run(*arguments)
    assert world.said.splitlines()[-1] == "in.opml: 501 sources read"
    world.run("--quiet", *arguments)
    assert world.said == ""
