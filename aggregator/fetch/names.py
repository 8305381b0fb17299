"""Names to addresses, within a deadline: getaddrinfo can be neither timed nor cancelled, so it waits in a thread."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable
from itertools import chain, zip_longest

from aggregator.errors import FetchError

Resolver = Callable[[str, int, float], list[str]]
"""(host, port, seconds) -> addresses, best first; raises FetchError (kind `dns`)."""

_LOOKUPS = threading.BoundedSemaphore(64)  # threads at once: more than lanes, so that hanging names stop no other


def look_up(
    host: str, port: int, timeout: float, ask_system: Callable[[str, int], list[str]] | None = None
) -> list[str]:
    """The addresses of a host in the resolver's order; raises FetchError (kind `dns`) when there are none in time.

    `ask_system` may take as long as it likes: it runs in a thread of its own, which is left behind.
    """
    if ask_system is None and (number := _as_number(host)):
        return [number]
    deadline = time.monotonic() + timeout
    answer: queue.SimpleQueue[list[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answer.put((ask_system or _ask_system)(host, port))
        except (OSError, UnicodeError) as error:
            answer.put(error)
        finally:
            _LOOKUPS.release()

    if not _LOOKUPS.acquire(timeout=timeout):
        raise FetchError("dns", f"{host}: too many names are waiting for the name server")
    threading.Thread(target=ask, daemon=True, name="look-up").start()
    try:
        result = answer.get(timeout=max(deadline - time.monotonic(), 0))
    except queue.Empty:
        raise FetchError("dns", f"{host}: the name server did not answer in time") from None
    if isinstance(result, Exception):
        raise FetchError("dns", f"{host}: {_words(result)}") from result
    return result


def _as_number(host: str) -> str | None:
    """An address in place of a name, as the resolver would write it: nobody is to be asked, and nothing waited for."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            return socket.inet_ntop(family, socket.inet_pton(family, host))
        except (OSError, UnicodeError, ValueError):
            continue
    return None


def in_turns(addresses: list[str]) -> list[str]:
    """IPv6 and IPv4 by turns, the first choice first (RFC 8305, section 4): a kind that is broken costs one try."""
    if len(addresses) == 1:
        return addresses
    first = ":" in next(iter(addresses), "")
    kinds = ([one for one in addresses if (":" in one) == kind] for kind in (first, not first))
    return [one for one in chain.from_iterable(zip_longest(*kinds)) if one is not None]


def _ask_system(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in found))


def _words(error: OSError | UnicodeError) -> str:
    """A name that does not exist is the source's matter; a name server that fails is somebody else's."""
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
        return "the name server has no answer just now (DNS)"
    return "no such host (DNS)"
