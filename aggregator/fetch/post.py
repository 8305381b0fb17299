"""Bodies, posted: how a hub is told, and whoever `notify` names."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from aggregator.errors import FetchError
from aggregator.fetch.client import Client, Request, Tls, host_in_request
from aggregator.fetch.names import Resolver, look_up

_FORM = "application/x-www-form-urlencoded"


def post_forms(
    url: str,
    forms: Iterable[Mapping[str, str]],
    *,
    agent: str,
    tls: Tls,
    timeout: float = 10.0,
    resolver: Resolver = look_up,
) -> str | None:
    """POST each form to an address that the user named (so it may be on a private network); None when all arrived.

    The first one that does not get a 2xx answer ends it: what went wrong, in words. `timeout` is for each, in seconds.
    """
    bodies = (urlencode(form).encode("ascii") for form in forms)
    return _post(url, bodies, _FORM, Client(agent=agent, tls=tls, timeout=timeout, resolver=resolver))


def post_body(
    url: str,
    body: bytes,
    content_type: str,
    *,
    agent: str,
    tls: Tls,
    timeout: float = 10.0,
    resolver: Resolver = look_up,
) -> str | None:
    """POST one body of a type; everything else as `post_forms`."""
    return _post(url, [body], content_type, Client(agent=agent, tls=tls, timeout=timeout, resolver=resolver))


def _post(url: str, bodies: Iterable[bytes], content_type: str, with_client: Client) -> str | None:
    headers = {"Content-Type": content_type}
    try:
        with contextlib.closing(with_client) as client:
            for body in bodies:
                permitted = host_in_request(url)
                answer = client.ask(Request(url, "POST", body, headers, accept="*/*", permitted=permitted))
                if not 200 <= answer.status < 300:
                    return f"it answered {answer.status}"
    except FetchError as error:
        return str(error)
    return None
