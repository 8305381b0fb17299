"""Writes `docs/licences.md`: every package that the program needs to run, with the licence that it names itself.

python docs/licences.py            # writes it
python docs/licences.py --check    # exit code 1 if it is not what would be written, versions aside
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

PAGE = Path(__file__).with_name("licences.md")
HEAD = """# Licences of what it needs

Made by `python docs/licences.py` from what the installed packages say of themselves. The program is under the MIT
licence; all of these may be used and passed on with it.

| package | licence | needed by |
|---|---|---|
"""
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def needed(name: str) -> list[str]:
    """The packages that a distribution needs here, without its extras."""
    lines = [line for line in distribution(name).requires or [] if "extra ==" not in line]
    return [found[0].lower().replace("_", "-") for line in lines if (found := _NAME.match(line))]


def licence(one: Distribution) -> str:
    """As it stands in the metadata: the expression, else the classifiers, else the first words of the old field."""
    told = one.metadata
    named = [line.rpartition(":: ")[2] for line in told.get_all("Classifier") or [] if line.startswith("License ::")]
    named = [line for line in named if line != "OSI Approved"]
    short = (told.get("License") or "").strip().partition("\n")[0][:60]
    return told.get("License-Expression") or ", ".join(named) or short or "not said"


def rows() -> Iterator[str]:
    """A line for each package, by name; what is not installed here (another system's) is left out."""
    users: dict[str, set[str]] = {}
    todo = [("fow-aggregator", name) for name in needed("fow-aggregator")]
    while todo:
        user, name = todo.pop()
        try:
            further = needed(name)
        except PackageNotFoundError:
            continue
        if name not in users:
            todo += [(name, one) for one in further]
        users.setdefault(name, set()).add(user)
    for name in sorted(users):
        yield f"| {name} | {licence(distribution(name))} | {', '.join(sorted(users[name]))} |"


def main() -> int:
    """Write, or compare."""
    text = HEAD + "\n".join(rows()) + "\n"
    if "--check" in sys.argv:
        return int(not PAGE.is_file() or PAGE.read_text("utf-8") != text)
    PAGE.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
