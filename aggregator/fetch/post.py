"""One form, posted: how a hub is told. The same guard, deadline and words as for a GET; redirects are not followed."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode, urlsplit

import httpcore

from aggregator.errors import FetchError
from aggregator.fetch.failures import translated
from aggregator.fetch.guard import Guard
from aggregator.fetch.names import Resolver, look_up


def post_forms(
    url: str,
    forms: Iterable[Mapping[str, str]],
    *,
    agent: str,
    tls: ssl.SSLContext,
    timeout: float = 10.0,
    resolver: Resolver = look_up,
) -> str | None:
    """POST each form to an address that the user named (so it may be on a private network); None when all arrived.

    The first one that does not get a 2xx answer ends it: what went wrong, in words. `timeout` is for all of them
    together, in seconds.
    """
    guard = Guard(resolver)
    guard.deadline = time.monotonic() + timeout
    guard.permitted = urlsplit(url).hostname
    try:
        with (
            translated(url),
            httpcore.ConnectionPool(ssl_context=tls, network_backend=guard, max_connections=1, http2=False) as pool,
        ):
            for form in forms:
                status = _post(pool, guard, url, form, agent)
                if not 200 <= status < 300:
                    return f"it answered {status}"
    except FetchError as error:
        return str(error)
    return None


def _post(pool: httpcore.ConnectionPool, guard: Guard, url: str, form: Mapping[str, str], agent: str) -> int:
    """The status of the answer; at most a few bytes of it are read."""
    headers: list[tuple[bytes | str, bytes | str]] = [
        ("User-Agent", agent),
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Accept", "*/*"),
        ("Connection", "close"),
    ]
    guard.head_allowance = 2**16
    with pool.stream("POST", url, headers=headers, content=urlencode(form).encode("ascii")) as answer:
        return int(answer.status)
