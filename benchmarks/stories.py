"""How well entries are put together into stories: B-cubed on ECB+ (Cybulska and Vossen 2014), and the time it takes.

    AGGREGATOR_CORPUS=FOLDER python benchmarks/stories.py

Exit code 0 if F1 is at least 0.87, 1 if not.

ECB+ has 982 news articles on 86 events, two of each kind, so that every event has a hard negative. B-cubed: Bagga
and Baldwin, "Algorithms for scoring coreference chains", 1998.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from aggregator.entries.stories import group
from aggregator.entries.terms import Vocabulary
from aggregator.records import Entry, StoredEntry

ASKED = 0.87
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


def articles() -> tuple[list[StoredEntry], dict[int, str]]:
    """Every article as an entry of a source of its own, and the event of each."""
    path = Path(os.environ["AGGREGATOR_CORPUS"]) / "corpus" / "datasets" / "ecbplus" / "ecbplus.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    entries = []
    for key, line in enumerate(lines, 1):
        text = " ".join(line["sentences"])
        entry = Entry(line["id"], None, None, line["title"], "", "", text, language="en")
        entries.append(StoredEntry(key, line["id"], key, entry, "news", NOON, NOON, NOON, key, NOON, key))
    return entries, {key: line["cluster"] for key, line in enumerate(lines, 1)}


def b_cubed(stories: Sequence[Sequence[int]], event: dict[int, str]) -> tuple[float, float, float]:
    """Precision, recall and their harmonic mean, over entries."""
    sizes: dict[str, int] = {}
    for name in event.values():
        sizes[name] = sizes.get(name, 0) + 1
    precision = recall = 0.0
    for story in stories:
        for key in story:
            same = sum(event[other] == event[key] for other in story)
            precision += same / len(story)
            recall += same / sizes[event[key]]
    precision, recall = precision / len(event), recall / len(event)
    return precision, recall, 2 * precision * recall / (precision + recall)


def main() -> int:
    """Print the three numbers, and the seconds; the exit code."""
    entries, event = articles()
    start = time.perf_counter()
    stories = group(entries, Vocabulary(entries))
    seconds = time.perf_counter() - start
    precision, recall, f1 = b_cubed([[stored.key for stored in story] for story in stories], event)
    print(f"{len(entries)} articles, {len(set(event.values()))} events, {len(stories)} stories in {seconds:.2f} s")
    print(f"B-cubed precision {precision:.3f} recall {recall:.3f} F1 {f1:.3f}")
    return int(f1 < ASKED)


if __name__ == "__main__":
    sys.exit(main())
