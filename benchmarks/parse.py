"""How fast documents are read: the express lane against lxml alone and against feedparser, and what normalizing adds.

    AGGREGATOR_CORPUS=FOLDER python benchmarks/parse.py [--json] [--passes N]

Every well-formed feed of `corpus/real` is read, in one process. lxml builds the tree and does nothing with it;
feedparser runs without its sanitizer and its resolver. Times are CPU seconds, each document in the best of N passes;
the ratios stand on any machine, the milliseconds on none but this. Memory is what tracemalloc counts after the passes.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import os
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import feedparser
from lxml import etree

from aggregator.entries.normalize import normalize
from aggregator.errors import ParseError
from aggregator.parse.feed import parse

NOW = datetime(2026, 3, 14, 7, tzinfo=UTC)
URL = "https://h.example/feed"
# what is claimed, and whether a number has to be at most or at least so much
CLAIMS = {
    "express_to_lxml": (2.5, "at most"),
    "feedparser_to_express": (15.0, "at least"),
    "normalized_to_lxml": (8.0, "at most"),
    "growth_kib_a_pass": (64.0, "at most"),
}


def documents() -> list[bytes]:
    """The bodies that lxml reads and that the express lane takes."""
    folder = Path(os.environ["AGGREGATOR_CORPUS"]) / "corpus" / "real"
    return [body for path in sorted(folder.iterdir()) if path.is_file() and _is_express(body := path.read_bytes())]


def _is_express(body: bytes) -> bool:
    try:
        etree.fromstring(body)
        return parse(body, url=URL).lane == "express"
    except (etree.XMLSyntaxError, ParseError):
        return False


def milliseconds(work: Callable[[bytes], object], bodies: Sequence[bytes], passes: int) -> float:
    """CPU milliseconds a document, each in its best pass: what else the machine does at that moment is left out."""
    best = [float("inf")] * len(bodies)
    for _ in range(passes):
        gc.collect()
        for place, body in enumerate(bodies):
            start = time.process_time()
            work(body)
            best[place] = min(best[place], time.process_time() - start)
    return 1000 * sum(best) / len(bodies)


def growth(bodies: Sequence[bytes], passes: int) -> float:
    """KiB that are kept after a pass and were not after the one before, on average, the first two left out."""
    sizes = []
    tracemalloc.start()
    for _ in range(passes + 2):
        for body in bodies:
            _normalized(body)
        gc.collect()
        sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    return (sizes[-1] - sizes[1]) / passes / 1024


def _normalized(body: bytes) -> object:
    return normalize(parse(body, url=URL), URL, NOW)


def _feedparser(body: bytes) -> object:
    return feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)


def measured(bodies: Sequence[bytes], passes: int) -> dict[str, float]:
    """Every number, by name."""
    lxml = milliseconds(etree.fromstring, bodies, passes)
    express = milliseconds(lambda body: parse(body, url=URL), bodies, passes)
    normalized = milliseconds(_normalized, bodies, passes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = milliseconds(_feedparser, bodies, passes)
    return {
        "documents": len(bodies),
        "entries": sum(len(parse(body, url=URL).entries) for body in bodies),
        "lxml_ms": round(lxml, 3),
        "express_ms": round(express, 3),
        "normalized_ms": round(normalized, 3),
        "feedparser_ms": round(other, 3),
        "express_to_lxml": round(express / lxml, 2),
        "feedparser_to_express": round(other / express, 2),
        "normalized_to_lxml": round(normalized / lxml, 2),
        "growth_kib_a_pass": round(growth(bodies[::10], 3), 1),
    }


def holds(name: str, value: float) -> bool:
    """Whether a measured number is as it is claimed."""
    bound, side = CLAIMS[name]
    return value <= bound if side == "at most" else value >= bound


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table or one JSON object; 0 if every claim holds, 1 if not, 2 without data."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--passes", type=int, default=3)
    options = parser.parse_args(arguments)
    if not (Path(os.environ.get("AGGREGATOR_CORPUS", "/nonexistent")) / "corpus" / "real").is_dir():
        print("AGGREGATOR_CORPUS names no folder of recorded feeds", file=sys.stderr)
        return 2
    numbers = measured(documents(), options.passes)
    if options.json:
        print(json.dumps(numbers))
    else:
        for name, value in numbers.items():
            claim = f"   {CLAIMS[name][1]} {CLAIMS[name][0]:g}" if name in CLAIMS else ""
            print(f"{name:24} {value:10g}{claim}{'' if not claim or holds(name, value) else ': not met'}")
    return 0 if all(holds(name, numbers[name]) for name in CLAIMS) else 1


if __name__ == "__main__":
    sys.exit(main())
