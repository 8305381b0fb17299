"""What fuzzing kept is tried again each time; the search itself is slow and needs atheris (the extra `fuzz`)."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz import SEEDS, kept
from tests.fuzzed import TARGETS

ROOT = Path(__file__).parent.parent
SECONDS = 60  # for each door: over ten minutes in all


@pytest.mark.parametrize("target", TARGETS)
def test_what_was_found_or_reached_new_lines_does_no_harm(target: str) -> None:
    seeds = [one if isinstance(one, bytes) else one.read_bytes() for one in SEEDS[target]]
    for data in (b"", *seeds, *kept(target)):
        TARGETS[target](data)


def test_what_is_kept_belongs_to_a_door() -> None:
    stems = {path.stem for path in (ROOT / "tests" / "samples" / "fuzz").iterdir()}
    assert stems <= set(TARGETS)
    assert stems | set(SEEDS) == set(TARGETS)
    assert all(kept(target) for target in stems)


def test_a_target_can_fail() -> None:
    """A search that would pass over everything is none: what no door promises comes out as an exception."""
    with pytest.raises(AttributeError):
        TARGETS["markup"](None)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.timeout(20 * SECONDS)
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed (extra `fuzz`)")
@pytest.mark.parametrize("target", TARGETS)
def test_no_crash_no_hang_no_escape(target: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz", target, "--seconds", str(SECONDS), "--found", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-4000:]
    assert not list(tmp_path.iterdir())
