"""The scores that a run prints: which lines of the three conformance lists were tested, and hold.

    @pytest.mark.polite("A02")              a line of the politeness list; several tests may share one line
    @pytest.mark.hostile("N07")             one case of the list of hostile input
    @pytest.mark.fault(14)                  a line of the list of faults

    pytest.param(..., id="N07", marks=pytest.mark.hostile("N07"))

A line counts when every test that names it ran and passed: a skipped, failed or missing one does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

_SHOULD = frozenset(("A18", "A19", "A20", "B03", "B28", "B29", "B30", "C10", "D09", "D10", "D11"))
_SHOULD_PUBLISH = frozenset(("E10", "E11", "E12", "E14"))
_POLITE = {"A": 20, "B": 30, "C": 11, "D": 11, "E": 14}
_HOSTILE = {"N": 66, "T": 36, "M": 34, "X": 70, "U": 26, "L": 24, "Y": 18, "D": 26}
_WEBSUB = 21
_FAULTS = 48


def _names(sections: dict[str, int]) -> list[str]:
    return [f"{letter}{number:02}" for letter, count in sections.items() for number in range(1, count + 1)]


# list -> line -> points: a MUST counts two, a SHOULD one; a hostile case and a fault count one
LINES: dict[str, dict[str, int]] = {
    "polite": {name: 1 if name in _SHOULD | _SHOULD_PUBLISH else 2 for name in _names(_POLITE)},
    "websub": dict.fromkeys(_names({"F": _WEBSUB}), 2),
    "hostile": dict.fromkeys(_names(_HOSTILE), 1),
    "fault": {f"{number:02}": 1 for number in range(1, _FAULTS + 1)},
}
_TITLES = {"polite": "polite", "websub": "websub", "hostile": "hostile", "fault": "faults"}
_UNITS = {"polite": " points", "websub": " points", "hostile": "", "fault": ""}
PROPERTY = "line of a list"


@dataclass
class Score:
    """What became of the lines of one list: `held` passed so far, `broken` failed or were skipped."""

    name: str
    held: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)

    def lines(self) -> Iterator[str]:
        """The summary: points of all, and which lines are missing or broken when only few are."""
        points = LINES[self.name]
        good = self.held - self.broken
        yield f"{_TITLES[self.name]}: {sum(points[n] for n in good)}/{sum(points.values())}{_UNITS[self.name]}"
        missing = sorted(set(points) - good)
        if missing and len(good) > len(missing):
            yield f"  without {' '.join(missing)}"


def mark(item: pytest.Item) -> None:
    """Write the lines that a test names where its report carries them, also from a worker process."""
    for name, points in LINES.items():
        for marker in item.iter_markers(name):
            for line in marker.args:
                text = f"{line:02}" if isinstance(line, int) else line
                if text not in points:
                    raise pytest.UsageError(f"{item.nodeid}: the list {name} has no line {text}")
                item.user_properties.append((PROPERTY, f"{name} {text}"))


def scores(reports: Iterator[pytest.TestReport]) -> list[Score]:
    """The score of every list of which at least one line was tested."""
    found = {name: Score(name) for name in LINES}
    for report in reports:
        for kind, value in getattr(report, "user_properties", ()):  # a file that cannot be read has none
            if kind == PROPERTY:
                name, _, line = str(value).partition(" ")
                if not report.passed:
                    found[name].broken.add(line)
                elif report.when == "call":
                    found[name].held.add(line)
    return [score for score in found.values() if score.held or score.broken]
