"""Is the text of a page what people marked as its text? Our path against trafilatura alone, on the same pages.

    AGGREGATOR_CORPUS=FOLDER python benchmarks/fulltext.py [--json] [--most N] [FOLDER]

Reads `corpus/datasets/article-extraction-benchmark` in the folder: pages (`html/ID.html.gz`), their marked texts
(`ground-truth.json`) and what other programs made of them (`output/*.json`). The measure is that data set's own:
4-word shingles that both texts have, each page counting alike. Exit code 1 if our F1 is below the one that was
published for trafilatura, or below 99.8 % of what it reaches alone in the same run; 2 without data.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean

sys.path.insert(0, str(Path(__file__).parent.parent))

from aggregator.errors import ParseError
from aggregator.parse.article import article, is_installed, main_text
from aggregator.parse.pool import Pool

PUBLISHED = 0.958  # trafilatura 2.0.0, in the data set's own table
ALMOST = 0.998  # what cleaning may cost
SIZE = 4
_TOKEN = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Score:
    """Means over all pages that have anything to count, 0 to 1; seconds by the clock for all of them."""

    precision: float
    recall: float
    f1: float
    seconds: float = 0.0


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """The runs of four words of a text, case kept; a shorter text is one run."""
    words = _TOKEN.findall(text)
    if not words:
        return Counter()
    return Counter(tuple(words[at : at + SIZE]) for at in range(max(1, len(words) - SIZE + 1)))


def score(pairs: Iterable[tuple[str, str]], seconds: float = 0.0) -> Score:
    """Of pairs (found, marked): precision over what was found, recall over what was marked, F1 of the two means."""
    precisions: list[float] = []
    recalls: list[float] = []
    for found, marked in pairs:
        mine, theirs = shingles(found), shingles(marked)
        common = (mine & theirs).total()
        precisions += [common / mine.total()] if mine else []
        recalls += [common / theirs.total()] if theirs else []
    precision, recall = (mean(values) if values else 0.0 for values in (precisions, recalls))
    both = precision + recall
    return Score(precision, recall, 2 * precision * recall / both if both else 0.0, seconds)


def ours(pool: Pool, page: bytes, url: str) -> str:
    """A page as the program reads it: in a worker, within its limits; nothing where that fails."""
    try:
        return pool.run(article, page, url, "text/html")
    except ParseError:
        return ""


def measured(folder: Path, most: int | None) -> dict[str, Score]:
    """A score for our path, for trafilatura alone in this run, and for each output that the data set brings."""
    marked = dict(list(json.loads((folder / "ground-truth.json").read_text(encoding="utf-8")).items())[:most])
    pages = {key: gzip.decompress((folder / "html" / f"{key}.html.gz").read_bytes()) for key in marked}
    texts = {key: one["articleBody"] for key, one in marked.items()}
    began = time.perf_counter()
    alone = {key: main_text(page, marked[key]["url"]) for key, page in pages.items()}
    middle = time.perf_counter()
    with closing(Pool()) as pool:
        own = {key: ours(pool, page, marked[key]["url"]) for key, page in pages.items()}
    end = time.perf_counter()
    out = {
        "ours": score(((own[key], texts[key]) for key in texts), end - middle),
        "trafilatura alone": score(((alone[key], texts[key]) for key in texts), middle - began),
    }
    for path in sorted((folder / "output").glob("*.json")):
        theirs = json.loads(path.read_text(encoding="utf-8"))
        theirs = theirs.get("output", theirs)
        out[path.stem] = score((theirs.get(key, {}).get("articleBody") or "", texts[key]) for key in texts)
    return out


def main(arguments: list[str]) -> int:
    """Prints the table; the exit code is as the module says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=os.environ.get("AGGREGATOR_CORPUS"))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--most", type=int, help="only the first N pages")
    options = parser.parse_args(arguments)
    data = Path(options.folder or ".") / "corpus" / "datasets" / "article-extraction-benchmark"
    if not data.is_dir() or not is_installed():
        print("needs the data set (AGGREGATOR_CORPUS) and trafilatura", file=sys.stderr)
        return 2
    scores = measured(data, options.most)
    own, alone = scores["ours"], scores["trafilatura alone"]
    if options.json:
        print(json.dumps({name: asdict(one) for name, one in scores.items()}, indent=2))
    else:
        for name, one in sorted(scores.items(), key=lambda pair: -pair[1].f1):
            print(f"{name:<22} precision {one.precision:.3f}  recall {one.recall:.3f}  F1 {one.f1:.3f}")
        print(f"ours / trafilatura alone: F1 {own.f1 / alone.f1:.4f}, time {own.seconds / alone.seconds:.2f}")
    return 0 if own.f1 >= PUBLISHED and own.f1 >= ALMOST * alone.f1 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
