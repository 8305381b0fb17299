"""What is shipped and what it stands on: ranges, licences, the wheel, and proofs that exist."""

from __future__ import annotations

import importlib.metadata
import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
BY_YEAR = ("certifi", "tzdata")  # data, numbered by the year: the newest is the best
NEEDED = PROJECT["project"]["dependencies"]
EXTRAS = [one for those in PROJECT["project"]["optional-dependencies"].values() for one in those]


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found
    return found[0].lower().replace("_", "-")


@pytest.mark.parametrize("requirement", [*NEEDED, *EXTRAS, *PROJECT["build-system"]["requires"]])
def test_every_range_has_both_ends(requirement: str) -> None:
    assert ">=" in requirement
    assert "<" in requirement or _name(requirement) in BY_YEAR


def test_every_licence_is_listed_and_may_be_used() -> None:
    lines = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8").splitlines()
    rows = {
        cells[1].strip(): cells[2].strip() for line in lines if line.startswith("| ") and (cells := line.split("|"))
    }
    assert {_name(requirement) for requirement in NEEDED} <= set(rows)
    rows.pop("package")
    free = re.compile(r"MIT|BSD|Apache|PSF|Mozilla|LGPL")
    assert not {name: licence for name, licence in rows.items() if not free.search(licence)}


def test_what_security_names_as_proof_is_there() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    files = re.findall(r"tests/\w+\.py", text)
    assert len(files) > 10
    assert not [name for name in files if not (ROOT / name).is_file()]
    tests = re.findall(r"`(tests/\w+\.py)::(test_\w+)`", text)
    assert not [one for path, one in tests if f"def {one}(" not in (ROOT / path).read_text(encoding="utf-8")]
    assert ".ci/audit.py" in text


def _can_build() -> bool:
    version = importlib.metadata.version("setuptools").partition(".")[0]
    return int(version) >= 77


@pytest.mark.skipif(not _can_build(), reason="setuptools is older than the 77 that pyproject.toml asks for")
def test_the_wheel_holds_what_the_program_reads(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(ROOT / "aggregator", source / "aggregator", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"):
        shutil.copy(ROOT / name, source)
    code = "import sys; from setuptools.build_meta import build_wheel; print(build_wheel(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Deprecat" not in done.stderr
    with zipfile.ZipFile(tmp_path / done.stdout.split()[-1]) as wheel:
        held = set(wheel.namelist())
        metadata = Parser().parsestr(wheel.read(next(n for n in held if n.endswith("/METADATA"))).decode())
    files = [path for path in (ROOT / "aggregator").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert not {path.relative_to(ROOT).as_posix() for path in files} - held
    assert not [name for name in held if name.startswith("tests/")]
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"
    assert "Home-page" not in metadata


def test_who_has_one_machine_needs_no_extra() -> None:
    """What polls, publishes and runs imports nothing of what the extras bring."""
    without = "import sys; sys.modules.update(dict.fromkeys(('psycopg', 'procrastinate', 'trafilatura')))"
    names = ", ".join(f"aggregator.{n}" for n in ("service", "cli.run", "cli.poll", "cli.digest", "upkeep.doctor"))
    subprocess.run([sys.executable, "-c", f"{without}; import {names}"], check=True, cwd=ROOT)


_TOLD = """
import json, sys
told = json.loads({told!r})
if told is None:
    sys.exit("ConnectionError: no way out")
known = {{"name": "jinja2", "version": "2.10", "vulns": [{{"id": "PYSEC-1", "fix_versions": ["2.10.1"]}}]}}
here = told["here"] if "--skip-editable" in sys.argv else [known if told["reached"] else told["canary"]]
print(json.dumps({{"dependencies": here}}))
sys.exit(any(one.get("vulns") for one in here))
"""
_SKIPPED = {"name": "jinja2", "skip_reason": "Dependency not found"}
_SOUND = {"name": "lxml", "version": "6.0", "vulns": []}
_OURS = {"name": "fow-aggregator", "skip_reason": "distribution marked as editable"}
_WEAK = {"name": "lxml", "version": "4.0", "vulns": [{"id": "PYSEC-2", "fix_versions": []}]}


@pytest.mark.parametrize(
    ("told", "code", "said"),
    [
        ({"reached": True, "here": [_SOUND, _OURS]}, 0, "no weakness is known"),
        ({"reached": True, "here": [_SOUND, _WEAK, _SKIPPED]}, 1, "lxml 4.0: PYSEC-2, mended in no version\nnot audit"),
        ({"reached": True, "here": [_SOUND, _SKIPPED]}, 2, "not audited: jinja2 (Dependency not found)"),
        ({"reached": False, "canary": _SKIPPED, "here": [_SOUND]}, 2, "the advisories were not reached"),
        (None, 2, "failed: ConnectionError: no way out"),
    ],
)
def test_what_could_not_be_audited_is_never_taken_for_sound(told: object, code: int, said: str, tmp_path: Path) -> None:
    """pip-audit itself needs the net and ends with 0 where a mirror knows no advisories; here is what it prints."""
    (tmp_path / "told.py").write_text(_TOLD.format(told=json.dumps(told)))
    command = shlex.join([sys.executable, "-S", str(tmp_path / "told.py")])
    audit = [sys.executable, "-S", str(ROOT / ".ci" / "audit.py")]
    done = subprocess.run(audit, env={"PIP_AUDIT": command}, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert said in done.stdout + done.stderr
