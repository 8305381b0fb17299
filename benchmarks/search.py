"""How long a search takes among many entries: newest first, and by rank.

    python benchmarks/search.py [--entries 1000000] [--json]

All content is made up: 60 words an entry, drawn as words of a language are (the n-th most frequent one is used 1/n as
often as the first: Zipf, "Human Behavior and the Principle of Least Effort", 1949), so that there are words of each
frequency to look for. Timed is what `aggregator search` does once the store is open (index, entries, view, the marked
snippets of 20 results): CPU milliseconds, the median of nine. Exit code 1 if one by newest takes 50 ms or more, or one
by rank for a word that at most 1 % of the entries have.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import accumulate
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent.parent))

from aggregator.app import App
from aggregator.search import Wanted, search
from benchmarks.growth import desk, fill
from benchmarks.words import WORDS

VOCABULARY = 30_000
LIMIT_MS = 50.0
RARE = 0.01  # of the entries
SOUGHT = (1, 10, 100, 1_000, 10_000)  # the ranks of the words that are looked for


def word(rank: int) -> str:
    """The word of a rank, 1 for the most frequent."""
    return f"{WORDS[rank % len(WORDS)]}{rank}"


def texts(number: int) -> Callable[[int], str]:
    """The text of each entry, the same at every run."""
    drawn = random.Random(1)
    ranks, weights = range(1, VOCABULARY + 1), list(accumulate(1 / rank for rank in range(1, VOCABULARY + 1)))
    made = [" ".join(map(word, drawn.choices(ranks, cum_weights=weights, k=60))) for _ in range(min(number, 50_000))]
    return lambda n: made[n % len(made)]


def milliseconds(work: Callable[[], object]) -> float:
    """The median CPU milliseconds of nine times."""
    took = []
    for _ in range(9):
        began = time.process_time()
        work()
        took.append((time.process_time() - began) * 1000)
    return median(took)


def measured(app: App, entries: int) -> list[dict[str, float | str]]:
    """A line a word: the share of entries that have it, and what looking for it costs."""
    view = app.view()
    lines: list[dict[str, float | str]] = []
    for rank in SOUGHT:
        (hits,) = app.store.search._sql.execute(  # noqa: SLF001 (counting is no part of the program)
            "SELECT count(*) FROM search WHERE search MATCH ?", (word(rank),)
        ).fetchone()
        newest = milliseconds(lambda rank=rank: search(Wanted(word(rank), newest=True), app.store, view))  # type: ignore[misc]
        ranked = milliseconds(lambda rank=rank: search(Wanted(word(rank)), app.store, view))  # type: ignore[misc]
        lines.append({"word": word(rank), "share": hits / entries, "newest_ms": newest, "ranked_ms": ranked})
    return lines


def is_soon(line: dict[str, float | str]) -> bool:
    """Whether a word was found within the limit, by rank if it is rare enough to be promised."""
    said = [line["newest_ms"], *([line["ranked_ms"]] if float(line["share"]) <= RARE else [])]
    return all(float(one) < LIMIT_MS for one in said)


def main() -> int:
    """Print the table, or the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with desk(50) as (app, _):
        fill(app, options.entries, timedelta(minutes=10), texts(options.entries))
        began = time.process_time()
        while app.store.search.is_behind:
            with app.store.transaction():
                app.store.search.fill(5_000)
        indexing = (time.process_time() - began) / options.entries * 1e6
        lines = measured(app, options.entries)
    if options.json:
        print(json.dumps({"entries": options.entries, "indexing_us": round(indexing, 1), "words": lines}, indent=2))
    else:
        print(f"{options.entries} entries, {indexing:.0f} microseconds of CPU each to index")
        for line in lines:
            print(
                "{word:<14} in {share:8.3%}   newest {newest_ms:6.1f} ms   by rank {ranked_ms:6.1f} ms".format(**line)
            )
    return int(not all(map(is_soon, lines)))


if __name__ == "__main__":
    sys.exit(main())
