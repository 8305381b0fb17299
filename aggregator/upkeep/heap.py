"""Memory given back to the system: what a pass or a digest needed, a program that then waits for hours must not hold.

Python frees what nothing refers to, and the C library keeps it for what may come. With glibc that is most of what a
process weighs at rest: each thread may have an arena of its own, and freed pages go back from the end of a heap only.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_ARENAS = -8  # M_ARENA_MAX (glibc, malloc.h)
MOST_ARENAS = 2


def few_arenas() -> None:
    """Let all threads share a few heaps (glibc): fifty that fetch would leave one each. Once, as a process begins."""
    if (libc := _glibc()) is not None:
        libc.mallopt(_ARENAS, MOST_ARENAS)


def give_back() -> bool:
    """Give free pages back; whether the C library can (glibc: malloc_trim(3)). Some 50 ms for 100 MiB."""
    gc.collect()
    libc = _glibc()
    if libc is not None:
        libc.malloc_trim(0)
    return libc is not None


@contextmanager
def without_collecting() -> Iterator[None]:
    """Look for no cycles meanwhile: among the many objects that work makes and keeps until it ends there are few."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _glibc() -> ctypes.CDLL | None:
    """The C library of this process, where it has the calls of glibc: not on macOS, not with musl."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    return libc if libc is not None and hasattr(libc, "malloc_trim") and hasattr(libc, "mallopt") else None
