"""How long a large feeds.yaml takes to load, every key checked.

    python benchmarks/load.py [--sources 10000] [--json]

Exit code 0 if the whole file is read and judged within two seconds of CPU time (which on an idle machine is the time
that passes), 1 if not.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from aggregator.sources.config import read

LIMIT = 2.0


def made_up(count: int) -> bytes:
    """A file of so many sources, a third of them with rules and tags of their own."""
    lines = ["title: Large", "timezone: UTC", "sources:"]
    for number in range(count):
        lines.append(f"  - url: https://site{number}.example/feed")
        if number % 3 == 0:
            lines += [f"    title: Site {number}", "    tags: [work, future]", "    every: 2h"]
        if number % 30 == 0:
            lines += ["    filters:", '      - drop: title ~ "sponsored|webinar"']
    return "\n".join(lines).encode() + b"\n"


def seconds(data: bytes) -> float:
    """CPU seconds, the best of three."""
    taken = []
    for _ in range(3):
        began = time.process_time()
        read(data, Path("feeds.yaml"), environ={})
        taken.append(time.process_time() - began)
    return min(taken)


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sources", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    data = made_up(given.sources)
    took = seconds(data)
    if given.json:
        print(json.dumps({"sources": given.sources, "bytes": len(data), "seconds": round(took, 3), "limit": LIMIT}))
    else:
        print(f"{given.sources:,} sources, {len(data):,} bytes: {took:.2f} s (limit {LIMIT:.0f} s)")
    return 0 if took < LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
