"""What was needed for a while goes back to the system."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from aggregator.upkeep import heap

_STORY = """
import threading
from aggregator.upkeep import heap
from aggregator.parse.worker import resident
heap.few_arenas()
def grown(): return (resident() - start) >> 20
start = resident()
kept = []
def much():
    those = [bytes(1000) for _ in range(60_000)]
    kept.append(those[-1])
thread = threading.Thread(target=much); thread.start(); thread.join()
those = [bytes(1000) for _ in range(60_000)]
kept.append(those[-1])
high = grown()
del those
print(high, heap.give_back(), grown())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc gives pages back when asked")
def test_what_is_free_goes_back_to_the_system() -> None:
    told = subprocess.run([sys.executable, "-c", _STORY], check=True, capture_output=True, text=True).stdout.split()
    if told[1] == "False":
        pytest.skip("another C library than glibc")
    assert int(told[0]) >= 55
    assert int(told[2]) <= int(told[0]) // 3


def test_cycles_are_looked_for_again_whatever_happened_meanwhile() -> None:
    with pytest.raises(ValueError, match="meanwhile"), heap.without_collecting():
        assert not gc.isenabled()
        raise ValueError("meanwhile")
    assert gc.isenabled()
