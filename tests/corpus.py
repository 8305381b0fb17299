"""Recorded feeds, expected values and hostile input that other people own: read in place, never copied here.

`AGGREGATOR_CORPUS` names the folder with `corpus/`, `fow/` and `hostile/`; without it these tests are skipped.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("AGGREGATOR_CORPUS") or "/nonexistent")
needs_corpus = pytest.mark.skipif(
    not (ROOT / "corpus").is_dir(), reason="AGGREGATOR_CORPUS names no folder of recorded feeds"
)
