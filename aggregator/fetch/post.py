"""Forms, posted: how a hub is told."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from aggregator.errors import FetchError
from aggregator.fetch.client import Client, Request, host_in_request
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

    The first one that does not get a 2xx answer ends it: what went wrong, in words. `timeout` is for each, in seconds.
    """
    try:
        with contextlib.closing(Client(agent=agent, tls=tls, timeout=timeout, resolver=resolver)) as client:
            for form in forms:
                body = urlencode(form).encode("ascii")
                answer = client.ask(Request(url, "POST", body, accept="*/*", permitted=host_in_request(url)))
                if not 200 <= answer.status < 300:
                    return f"it answered {answer.status}"
    except FetchError as error:
        return str(error)
    return None
