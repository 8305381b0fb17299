"""`public/` over HTTP: right types, strong ETags, 304, HEAD, gzip; nothing outside the folder, no listing.

A plain ASGI application: what readers ask for all day is a look at the file and headers that stand ready
(copies.py); Starlette's responses serve what is asked for rarely.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO
from urllib.parse import parse_qsl, quote

import uvicorn
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from aggregator.hubs.callback import LIMIT, Callback
from aggregator.publish.websub import TOPICS
from aggregator.serving.asked import heeded, moment, tags_of, takes
from aggregator.serving.copies import (
    ATOM,
    MAX_AGE,
    RSS,
    SECURITY,
    TYPES,
    Copies,
    Headers,
    Ready,
    Versions,
    is_unchanged,
    raw,
)

_SHOWN_AS_SOURCE = {ATOM, RSS}  # by browsers, while with the type of XML they use its style sheet
_IN_A_HEADER = "!#$%&'()*+,/:;=?@[]~"  # what is legal in a URI (RFC 3986) stays as it is
_PIECE = 2**18  # bytes that are handed over at once: a slow reader holds so much, not a whole feed
_MOST_CLIENTS = 512  # more get 503: sockets must be left for polling
_DELIVERED_IN = 30.0  # seconds that a hub may take to say what it brings
_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"  # Prometheus' text format


class Site:
    """The web application (ASGI) over `root`, under the path `base` of its host ("" or such as "/feeds").

    `front` gives a page for `/` while there is no other yet; `healthy` decides `/healthz`; `hub` gives the WebSub hub
    and the address under which readers find the root, for the Link headers of the merged feed (W3C WebSub, section
    4); `metrics` makes the text of `/metrics` from the number of answers by status; `seen` is told of each answer in
    one line; `desk` answers the hubs that call at its callbacks. `/healthz` and `/metrics` stand beside `base`: a proxy
    that passes on `base` alone shows them to nobody.
    """

    def __init__(
        self,
        root: Path,
        front: Callable[[], bytes | None],
        healthy: Callable[[], bool],
        hub: Callable[[], tuple[str, str] | None] = lambda: None,
        *,
        metrics: Callable[[Mapping[int, int]], str] = lambda _: "",
        base: str = "",
        seen: Callable[[str], None] | None = None,
        desk: Callback | None = None,
    ) -> None:
        self._root, self._base = root, base
        self._front, self._healthy, self._hub, self._metrics, self._seen = front, healthy, hub, metrics, seen
        self._desk = desk
        self._copies, self._versions = Copies(root), Versions()
        self._answers: Counter[int] = Counter()
        self._own = {"/healthz": self._health, "/metrics": self._measures}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3.0)."""
        if scope["type"] != "http":
            return
        status = await self._answer(scope, receive, send)
        self._answers[status] += 1
        if self._seen is not None:
            called = self._desk is not None and self._desk.is_here(scope["path"])
            self._seen(_line(scope, status, "(a callback)" if called else quote(scope["path"])))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> int:
        """Answer; returns the status."""
        path: str = scope["path"]
        own = self._own.get(path)
        if self._desk is not None and self._desk.is_here(path):
            response = await _called(self._desk, scope, receive)
        elif scope["method"] not in ("GET", "HEAD"):
            response = Response("Only GET and HEAD\n", 405, {**SECURITY, "Allow": "GET, HEAD"}, TYPES[".txt"])
        elif own is not None:
            response = own()
        elif not path.startswith(f"{self._base}/"):
            response = _moved(path) if path == self._base else await self._missing()
        else:
            return await self._published(path[len(self._base) :], scope, receive, send)
        await response(scope, receive, send)
        return response.status_code

    async def _published(self, path: str, scope: Scope, receive: Receive, send: Send) -> int:
        name = "/".join(filter(None, path.split("/"))) + ("/index.html" if path.endswith("/") else "")
        name = name.removeprefix("/")
        waiting = self._front() if name == "index.html" else None
        if waiting is not None:
            response = Response(waiting, 200, {**SECURITY, "Cache-Control": "no-store"}, TYPES[".html"])
        elif (ready := self._copies.known(name) or await asyncio.to_thread(self._copies.read, name)) is not None:
            return await self._file(name, ready, scope, send)
        elif await asyncio.to_thread(self._copies.read, f"{name}/index.html"):
            response = _moved(path)
        else:
            response = await self._missing()
        await response(scope, receive, send)
        return response.status_code

    async def _missing(self) -> Response:
        """404 with a page; 503 for what will be there after the first pass, so that a reader asks again."""
        if self._front() is not None:
            text = "Not there yet: the sources are being read for the first time.\n"
            return Response(text, 503, {**SECURITY, "Retry-After": "5"}, TYPES[".txt"])
        page = self._copies.known("404.html") or await asyncio.to_thread(self._copies.read, "404.html")
        body = page.file.plain if page else b"Not found\n"
        return Response(body, 404, SECURITY, TYPES[".html" if page else ".txt"])

    async def _file(self, name: str, ready: Ready, scope: Scope, send: Send) -> int:
        file, asked = ready.file, heeded(scope["headers"])
        packed = file.packed is not None and takes("gzip", asked.get(b"accept-encoding", ""), else_by="*")
        links, tags = self._links(name), tags_of(asked)
        if is_unchanged(file, tags, moment(asked.get(b"if-modified-since"))):
            return await _send(send, 304, (*ready.same[packed], *links))
        if name.endswith(".xml") and not file.on_disk and takes("feed", asked.get(b"a-im", "")):
            found = await asyncio.to_thread(self._versions.since, name, file, tags)
            if found is not None:
                return await _send(send, 226, (*_delta_headers(ready, *found), *links), found[1])
        headers = ready.whole[packed]
        if file.kind in _SHOWN_AS_SOURCE and asked.get(b"sec-fetch-dest") == "document":
            shown = {"Vary": "Accept-Encoding, Sec-Fetch-Dest", "Cache-Control": f"private, max-age={MAX_AGE}"}
            headers = _with(headers, {**shown, "Content-Type": TYPES[".xml"]})
        if scope["method"] == "HEAD":
            return await _send(send, 200, (*headers, *links))
        if file.on_disk is None:
            return await _send(send, 200, (*headers, *links), (packed and file.packed) or file.plain)
        if (stream := await asyncio.to_thread(file.on_disk.opened)) is not None:
            return await _send_from(stream, send, (*headers, *links))
        newer = await asyncio.to_thread(self._copies.read, name)
        return await (self._file(name, newer, scope, send) if newer else _send(send, 404, raw(SECURITY)))

    def _links(self, name: str) -> Headers:
        """What a subscriber asks of a topic's headers: its hub and its own address (RFC 8288)."""
        hub = self._hub() if name in TOPICS else None
        if hub is None:
            return ()
        hub_url, self_url = (quote(url, safe=_IN_A_HEADER) for url in (hub[0], hub[1] + name))
        return raw({"Link": f'<{hub_url}>; rel="hub", <{self_url}>; rel="self"'})

    def _health(self) -> Response:
        fine = self._healthy()
        text = "ok\n" if fine else "nothing succeeded lately\n"
        return Response(text, 200 if fine else 503, {**SECURITY, "Cache-Control": "no-store"}, TYPES[".txt"])

    def _measures(self) -> Response:
        return Response(self._metrics(self._answers), 200, {**SECURITY, "Cache-Control": "no-store"}, _METRICS_TYPE)


async def _called(desk: Callback, scope: Scope, receive: Receive) -> Response:
    """A hub verifies or delivers; what it brings is read to its end, up to a limit, and answered without being read."""
    path, status, text = scope["path"], 405, ""
    if scope["method"] == "GET":
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True, max_num_fields=100))
        status, text = desk.verify(path, query)
    elif scope["method"] == "POST" and not (status := desk.wants(path)):
        body = await _body(receive)
        headers = dict[str, str]()
        for name, value in ((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]):
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        status = body if isinstance(body, int) else await asyncio.to_thread(desk.deliver, path, headers, body)
    return Response(text, status, {**SECURITY, "Cache-Control": "no-store"}, TYPES[".txt"])


async def _body(receive: Receive) -> bytes | int:
    """The body of a request; the status to refuse it with where it is too large, too slow or cut."""
    parts, size = list[bytes](), 0
    try:
        async with asyncio.timeout(_DELIVERED_IN):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return 400
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > LIMIT:
                    return 413
                if not message.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError:
        return 408


async def _send(send: Send, status: int, headers: Headers, body: bytes = b"") -> int:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    for at in range(0, len(body) - _PIECE, _PIECE):
        await send({"type": "http.response.body", "body": body[at : at + _PIECE], "more_body": True})
        await asyncio.sleep(0)  # others have their turn, and that the reader has left is heard
    rest = body[(len(body) - 1) // _PIECE * _PIECE :] if body else b""
    await send({"type": "http.response.body", "body": rest})
    return status


async def _send_from(stream: BinaryIO, send: Send, headers: Headers) -> int:
    """200 with a file as it stands on the disk, for which nobody else waits."""
    with stream:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        while piece := await asyncio.to_thread(stream.read, _PIECE):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
    return 200


def _moved(path: str) -> Response:
    """301 to the same address with a slash, given relatively: no header of the request has a say in it."""
    to = quote(path.rstrip("/").rpartition("/")[2]) + "/"
    return Response(b"", 301, {**SECURITY, "Location": f"./{to}", "Cache-Control": f"max-age={MAX_AGE}"})


def _with(headers: Headers, more: dict[str, str]) -> Headers:
    """Headers with some of them given anew."""
    new = raw(more)
    names = {name for name, _ in new}
    return (*(pair for pair in headers if pair[0] not in names), *new)


def _delta_headers(ready: Ready, base: str, new: bytes) -> Headers:
    """226 (RFC 3229): only what is new since the version `base`; a cache that does not know of it must not keep it."""
    told = {"IM": "feed", "Delta-Base": base, "Cache-Control": "no-store, im", "Vary": "A-IM, If-None-Match"}
    return _with(ready.whole[False], {**told, "Content-Length": str(len(new))})


def _line(scope: Scope, status: int, path: str) -> str:
    """An answer in one line; `path` is written as in a URL, so nothing in it can pretend to be another line."""
    client = (scope.get("client") or ("-",))[0]
    return f"{client} {scope['method']} {path} {status}"


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; raises OSError when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(128)
    except OSError:
        sock.close()
        raise
    return sock


def server(app: Site, trusted: Sequence[str] = ()) -> uvicorn.Server:
    """A server that ends within a second of being told.

    `trusted` are the addresses of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; without any
    nobody's are, whatever uvicorn's own environment variables say.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=1,
            server_header=False,
            proxy_headers=bool(trusted),
            forwarded_allow_ips=list(trusted),
            limit_concurrency=_MOST_CLIENTS,
        )
    )
