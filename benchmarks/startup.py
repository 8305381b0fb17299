"""How soon the program answers: the help, the state of the sources, and `run` until its first page is served.

    python benchmarks/startup.py [--sources 1000] [--turns 5] [--json]

A process of its own each time, in a folder with `--sources` made-up sources of which nothing was read yet; `run` is
pointed at addresses that nobody answers. The least wall time of the turns, and the CPU time, which says more on a
busy machine, beside those of an interpreter that does nothing. Exit code 1 if one takes longer than CLAIMS says.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).parent.parent
CLAIMS = {"help": 0.15, "status": 0.3, "run": 1.0}
MODULE = [sys.executable, "-m", "aggregator"]
ENVIRON = {**os.environ, "PYTHONPATH": str(ROOT)}


def least(work: Callable[[], float], turns: int) -> tuple[float, float]:
    """The shortest of so many turns, and the least CPU time of its processes, in seconds."""
    wall, used = [], []
    for _ in range(turns):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        wall.append(work())
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(wall), min(used)


def ended(*command: str) -> float:
    """Seconds until a command has ended well."""
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=ENVIRON)
    return time.perf_counter() - began


def served(config: Path) -> float:
    """Seconds from the start of `run` until it answers a request."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    began = time.perf_counter()
    quiet = subprocess.DEVNULL
    command = [*MODULE, "--config", str(config), "run", "--port", str(port)]
    with subprocess.Popen(command, stdout=quiet, stderr=quiet, env=ENVIRON) as process:
        try:
            while time.perf_counter() - began < 60:
                try:
                    with urlopen(f"http://127.0.0.1:{port}/", timeout=5):
                        return time.perf_counter() - began
                except (URLError, OSError):
                    time.sleep(0.01)
        finally:
            process.send_signal(signal.SIGTERM)
    return 60.0


def main() -> int:
    """Print the table, or the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, default=1_000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        config = Path(name) / "feeds.yaml"
        lines = (f"  - http://127.0.0.1:9/{n}\n" for n in range(options.sources))
        config.write_text("defaults: {allow_private: true}\nsources:\n" + "".join(lines), encoding="utf-8")
        found = {
            "python": least(lambda: ended(sys.executable, "-c", "pass"), options.turns),
            "help": least(lambda: ended(*MODULE, "--help"), options.turns),
            "run": least(lambda: served(config), min(options.turns, 2)),
            "status": least(lambda: ended(*MODULE, "--config", str(config), "status"), options.turns),
        }
    if options.json:
        rows = {what: {"wall_s": round(wall, 3), "cpu_s": round(used, 3)} for what, (wall, used) in found.items()}
        print(json.dumps(rows, indent=2))
    else:
        for what, (wall, used) in found.items():
            claim = f"   at most {CLAIMS[what]}" if what in CLAIMS else ""
            print(f"{what:<8}{wall:>8.3f} s{used:>8.3f} s of CPU{claim}")
    return int(any(found[what][0] > most for what, most in CLAIMS.items()))


if __name__ == "__main__":
    sys.exit(main())
