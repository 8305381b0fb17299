"""Do the chosen sentences say more than the first ones? ROUGE of the digest's summaries against a lead as long.

    AGGREGATOR_CORPUS=FOLDER python benchmarks/summary.py [--json] [--most N] [FOLDER]

Reads `corpus/datasets/bbc-news-summary/*.jsonl.gz` in the folder: one object a line with `title`, `text` and
`summary`, the reference. Exit code 1 if the summaries are not better than the lead in every measure, 2 without data.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from aggregator.digest.summary import summarize

MEASURES = ("ROUGE-1", "ROUGE-2", "ROUGE-L")
_TOKEN = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Score:
    """How much of a text is in the reference (precision), and the other way round (recall); both 0 to 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def tokens(text: str) -> list[str]:
    """Runs of letters and digits, case ignored; no stemming, no stop words."""
    return _TOKEN.findall(text.casefold())


def rouge_n(n: int, candidate: Sequence[str], reference: Sequence[str]) -> Score:
    """ROUGE-N: common n-grams, each at most as often as the other text has it."""
    mine, theirs = _ngrams(n, candidate), _ngrams(n, reference)
    return _score((mine & theirs).total(), mine.total(), theirs.total())


def rouge_l(candidate: Sequence[str], reference: Sequence[str]) -> Score:
    """ROUGE-L: the longest common subsequence of the two whole texts."""
    row = [0] * (len(reference) + 1)
    for word in candidate:
        diagonal = 0
        for place, other in enumerate(reference, 1):
            above = row[place]
            row[place] = diagonal + 1 if word == other else max(above, row[place - 1])
            diagonal = above
    return _score(row[-1], len(candidate), len(reference))


def _ngrams(n: int, words: Sequence[str]) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(words[start:] for start in range(n)), strict=False))


def _score(common: int, mine: int, theirs: int) -> Score:
    return Score(common / mine if mine else 0.0, common / theirs if theirs else 0.0)


def measured(candidate: str, reference: str) -> tuple[Score, ...]:
    """A score for each of `MEASURES`."""
    mine, theirs = tokens(candidate), tokens(reference)
    return rouge_n(1, mine, theirs), rouge_n(2, mine, theirs), rouge_l(mine, theirs)


@dataclass(slots=True)
class Tally:
    """The scores of one way to summarize, over all documents."""

    scores: list[tuple[Score, ...]] = field(default_factory=list)

    def mean(self, measure: int) -> dict[str, float]:
        """The means over documents, as ROUGE is given."""
        those = [scores[measure] for scores in self.scores]
        return {
            name: round(sum(getattr(one, name) for one in those) / len(those), 4)
            for name in ("precision", "recall", "f1")
        }


def documents(folder: Path) -> Iterator[dict[str, str]]:
    """The documents of the data set, file by file."""
    for path in sorted((folder / "corpus" / "datasets" / "bbc-news-summary").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def compare(folder: Path, most: int) -> dict[str, Any]:
    """Both ways over all documents; a lead has exactly as many words as the summary it is compared with."""
    ours, lead = Tally(), Tally()
    words = empty = 0
    for document in documents(folder):
        summary = " ".join(summarize(document["text"], title=document["title"], language="en", most=most))
        length = len(summary.split())
        words, empty = words + length, empty + (not length)
        ours.scores.append(measured(summary, document["summary"]))
        lead.scores.append(measured(" ".join(document["text"].split()[:length]), document["summary"]))
    number = len(ours.scores)
    if not number:
        return {"documents": 0}
    return {
        "documents": number,
        "without_summary": empty,
        "mean_words": round(words / number, 1),
        "summary": {name: ours.mean(place) for place, name in enumerate(MEASURES)},
        "lead": {name: lead.mean(place) for place, name in enumerate(MEASURES)},
    }


def is_better(found: dict[str, Any]) -> bool:
    """Whether the summaries beat the lead in every measure."""
    return all(found["summary"][name]["f1"] > found["lead"][name]["f1"] for name in MEASURES)


def table(found: dict[str, Any]) -> str:
    """The result as lines for a terminal."""
    head = f"{found['documents']} documents, {found['mean_words']} words a summary, {found['without_summary']} without"
    lines = [head, "", f"{'':8} {'precision':>17} {'recall':>17} {'F1':>17}", f"{'':8}" + " summary    lead " * 3]
    for name in MEASURES:
        ours, lead = found["summary"][name], found["lead"][name]
        lines.append(
            f"{name:8}" + "".join(f" {ours[part]:8.4f} {lead[part]:8.4f}" for part in ("precision", "recall", "f1"))
        )
    return "\n".join(lines)


def main() -> int:
    """Measure, print, judge."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", nargs="?", type=Path, default=os.environ.get("AGGREGATOR_CORPUS"))
    arguments.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    arguments.add_argument("--most", type=int, default=2, help="sentences a summary (2, as in the digest)")
    given = arguments.parse_args()
    found = compare(Path(given.folder), given.most) if given.folder else {"documents": 0}
    if not found["documents"]:
        print("no documents: name the corpus folder, or set AGGREGATOR_CORPUS", file=sys.stderr)
        return 2
    print(json.dumps(found, indent=2) if given.json else table(found))
    return 0 if is_better(found) else 1


if __name__ == "__main__":
    sys.exit(main())
