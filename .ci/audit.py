#!/usr/bin/env python3
"""Whether a weakness is known in what is installed here; pip-audit asks, this judges what it was told.

    python -m pip install pip-audit && python .ci/audit.py    # in the environment that runs the aggregator

Exit code 0: none is known. 1: some are, each in a line. 2: it could not be told. pip-audit alone ends with 0 as well
where its service tells it nothing, as mirrors of the index and networks without a way out do: so it is first asked
about a version whose weakness has been known for years, and a package that it skipped counts as not audited.
`PIP_AUDIT` may name the command.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

KNOWN = "jinja2==2.10"  # CVE-2019-10906
OURS = "fow-aggregator"  # on no index
_PATIENCE = 600  # seconds


class Unknown(Exception):
    """Nothing can be said."""


def asked(*options: str) -> list[dict[str, Any]]:
    """What pip-audit says of each package; raises Unknown where it says nothing."""
    command = [*shlex.split(os.environ.get("PIP_AUDIT", "pip-audit")), *options]
    try:
        done = subprocess.run(
            [*command, "--format", "json", "--progress-spinner", "off"],
            capture_output=True, text=True, timeout=_PATIENCE, check=False,
        )  # fmt: skip
        told: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except FileNotFoundError:
        raise Unknown(f"{command[0]} is not installed: python -m pip install pip-audit") from None
    except subprocess.TimeoutExpired:
        raise Unknown(f"{command[0]} did not answer in {_PATIENCE} s") from None
    except (ValueError, KeyError, TypeError):
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise Unknown(f"{command[0]} failed: {last}") from None
    return told


def weak(told: list[dict[str, Any]]) -> list[str]:
    """A line for each known weakness."""
    return [
        f"{one['name']} {one['version']}: {found['id']}, mended in {', '.join(found['fix_versions']) or 'no version'}"
        for one in told
        for found in one.get("vulns", ())
    ]


def audit() -> list[str]:
    """The known weaknesses; raises Unknown where these cannot be all."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text(KNOWN + "\n")
        if not weak(asked("--requirement", str(file), "--no-deps", "--disable-pip")):
            raise Unknown(f"the advisories were not reached: none is told for {KNOWN}, whose weakness is long known")
    told = asked("--skip-editable")
    skipped = [f"{one['name']} ({one['skip_reason']})" for one in told if "skip_reason" in one and one["name"] != OURS]
    found = weak(told)
    if skipped and not found:
        raise Unknown(f"not audited: {'; '.join(skipped)}")
    return found + [f"not audited: {one}" for one in skipped]


def main() -> int:
    """The command."""
    try:
        found = audit()
    except Unknown as error:
        print(f"audit: cannot tell whether a weakness is known: {error}", file=sys.stderr)
        return 2
    print("\n".join(found) or "audit: no weakness is known in what is installed here")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
