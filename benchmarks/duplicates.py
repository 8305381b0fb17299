"""Which copies are folded, which are not, and how long an entry takes.

    AGGREGATOR_CORPUS=FOLDER python benchmarks/duplicates.py [--json]

Three questions, on the recorded entries of `fow/items.jsonl`: are the true pairs of `fow/duplicates.json` found, and
no other pair; of every text of 60 words or more, is a copy with 5 % of its words changed found, at seeded places; how
many milliseconds take marks, candidates and decision together, an entry.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from aggregator.entries.duplicates import LONG, are_alike, is_copy, marks, same_text
from aggregator.entries.normalize import normalize_entry
from aggregator.records import Entry, ParsedEntry, ParsedFeed

CHANGED = 0.05
MOST_MS = 0.5


def read(folder: Path) -> list[tuple[str, Entry]]:
    """(site, entry) of each recorded entry."""
    found = []
    for line in (folder / "items.jsonl").read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        moment = datetime.fromisoformat(item["published"])
        given = ParsedEntry(link=item["url"], title=item["title"], content=item["html"], published=moment)
        feed = ParsedFeed("express", "rss", "rss20", "utf-8", wellformed=True, title=item["site_title"], entries=())
        found.append((item["site"], normalize_entry(given, feed, f"https://{item['site']}/", moment)))
    return found


def copy_of(text: str, share: float, seed: int) -> str:
    """The text with a share of its words replaced, at places that the seed decides."""
    words, chance = text.split(), random.Random(seed)
    for place in chance.sample(range(len(words)), int(len(words) * share)):
        words[place] = f"changed{chance.randrange(1000)}"
    return " ".join(words)


def pairs(entries: Sequence[tuple[str, Entry]]) -> set[frozenset[str]]:
    """The links of all pairs that would be folded, found as the program finds them: by marks, then by the texts."""
    by_mark: dict[int, list[int]] = {}
    all_marks = [marks(one) for _, one in entries]
    found = set()
    for place, (site, one) in enumerate(entries):
        own = all_marks[place]
        for other in {other for mark in own for other in by_mark.get(mark, ())}:
            if entries[other][0] != site and are_alike(own, all_marks[other]) and is_copy(one, entries[other][1]):
                found.add(frozenset((one.link or "", entries[other][1].link or "")))
        for mark in own:
            by_mark.setdefault(mark, []).append(place)
    return found


def missed_copies(entries: Sequence[tuple[str, Entry]]) -> tuple[int, int]:
    """Of how many long texts there is a changed copy, and how many of these are not found."""
    long = [one for _, one in entries if len(one.text.split()) >= LONG]
    missed = 0
    for seed, one in enumerate(long):
        other = replace(one, title=f"Another {seed}", text=copy_of(one.text, CHANGED, seed))
        missed += not (are_alike(marks(one), marks(other)) and same_text(one, other))
    return len(long), missed


def measured(folder: Path) -> dict[str, Any]:
    """All numbers."""
    entries = read(folder)
    told = json.loads((folder / "duplicates.json").read_text(encoding="utf-8"))["duplicates"]
    true = {frozenset((pair["a"], pair["b"])) for pair in told if pair["kind"] != "adapted"}
    start = time.process_time()
    found = pairs(entries)
    spent = (time.process_time() - start) * 1000 / len(entries)
    copies, missed = missed_copies(entries)
    numbers = {"entries": len(entries), "true_pairs": len(true), "found": len(found & true), "wrong": len(found - true)}
    return numbers | {"copies": copies, "missed": missed, "ms_per_entry": round(spent, 3)}


def main() -> None:
    """Print the numbers; exit code 1 when a claim does not hold, 2 without data."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    arguments = parser.parse_args()
    folder = Path(os.environ.get("AGGREGATOR_CORPUS") or "/nonexistent") / "fow"
    if not folder.is_dir():
        print("AGGREGATOR_CORPUS names no folder of recorded feeds", file=sys.stderr)
        sys.exit(2)
    numbers = measured(folder)
    if arguments.json:
        print(json.dumps(numbers))
    else:
        print(f"true pairs found   {numbers['found']} of {numbers['true_pairs']}, wrong ones {numbers['wrong']}")
        print(f"changed copies     {numbers['copies'] - numbers['missed']} of {numbers['copies']} found")
        print(f"time               {numbers['ms_per_entry']} ms an entry over {numbers['entries']} entries")
    good = numbers["found"] == numbers["true_pairs"] and not numbers["wrong"] and not numbers["missed"]
    sys.exit(0 if good and numbers["ms_per_entry"] <= MOST_MS else 1)


if __name__ == "__main__":
    main()
