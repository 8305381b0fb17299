"""The checkers are content: ruff's rules and form, mypy's strict types, and nothing that must not be in the tree."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "--no-cache", "."],
        ["ruff", "format", "--no-cache", "--check", "."],
        ["mypy", "--no-error-summary"],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_a_checker_is_content(command: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def _files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    names = listed.stdout.decode().split("\0") if listed.returncode == 0 else []
    return [ROOT / name for name in names if name and (ROOT / name).suffix != ".png" and (ROOT / name).is_file()]


def test_nothing_of_one_machine_is_in_the_tree() -> None:
    forbidden = re.compile(r"/(?:home|root|Users)/(?!YOU|ann/)[a-z]\w*/")
    found = [
        f"{path.name}: {match[0]}"
        for path in _files()
        if path.name != "test_style.py"
        and (match := forbidden.search(path.read_text(encoding="utf-8", errors="replace")))
    ]
    assert not found


def test_every_promise_of_the_readme_names_tests_that_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    promises = text.partition("## What it promises")[2].partition("\n## ")[0]
    rows = [line for line in promises.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == 5
    for row in rows:
        tests = re.findall(r"\[(test_\w+)\]\((tests/test_\w+\.py)\)", row)
        assert tests, row
        for name, file in tests:
            assert f"\ndef {name}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file} has no {name}"


def test_the_version_stands_in_the_changelog() -> None:
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
