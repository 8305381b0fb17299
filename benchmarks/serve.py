"""How many readers a second are served: the merged feed asked for conditionally and whole.

    python benchmarks/serve.py [--json] [--seconds S] [--entries N]

A merged feed of N made-up entries (1,000 make about 2 MB, the most there is), served by `aggregator.serving.serve` in a
process of its own; in this one, eight readers on sockets that stay open, each asking again as soon as it has an
answer. In turn, in the same run, a bare uvicorn application is asked, which looks at nothing and always says the same:
what is between the two is ours. Rates stand on no machine but this; the ratios do.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import selectors
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import uvicorn

from aggregator.publish.files import write_all
from aggregator.serving.serve import Site, bind, server

READERS = 8
TURNS = 3  # each server is asked in turn, so that what else the machine does meets both alike
CLAIMS = {"conditional": 1000.0, "whole": 300.0}  # answers a second, at least


def feed(entries: int) -> bytes:
    """An Atom document of so many entries, each of about 2 KB, of words that pack as well as a language does."""
    chance, rows = random.Random(1), []
    letters = "etaoinshrdlucm"
    words = ["".join(chance.choices(letters, k=chance.randint(2, 10))) for _ in range(3000)]
    for number in range(entries):
        text = " ".join(chance.choices(words, k=280))
        rows.append(f"<entry><id>urn:x:{number}</id><title>Entry {number}</title><content>{text}</content></entry>")
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:x</id>{"".join(rows)}</feed>'.encode()


def bare(body: bytes) -> Callable[[Any, Any, Any], Any]:
    """An application that answers 304 to whom has a tag, and else a body of that size."""
    same = [(b"etag", b'"x"')]
    whole = [*same, (b"content-length", str(len(body)).encode())]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        has = any(name == b"if-none-match" for name, _ in scope["headers"])
        await send({"type": "http.response.start", "status": 304 if has else 200, "headers": same if has else whole})
        await send({"type": "http.response.body", "body": b"" if has else body})

    return app


def serve_ours(sock: socket.socket, root: str) -> None:
    """A process: our server over a folder."""
    server(Site(Path(root), lambda: None, lambda: True)).run(sockets=[sock])


def serve_bare(sock: socket.socket, size: int) -> None:
    """A process: uvicorn with next to nothing behind it."""
    settings: dict[str, Any] = {"log_level": "warning", "access_log": False, "lifespan": "off", "ws": "none"}
    uvicorn.Server(uvicorn.Config(bare(os.urandom(size)), **settings)).run(sockets=[sock])


class Reader:
    """One reader on a socket that stays open."""

    def __init__(self, port: int, request: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._request = request
        self._missing = 0
        self._head = b""
        self.statuses: set[bytes] = set()

    def ask(self) -> None:
        """Send the request."""
        self._head, self._missing = b"", -1
        self.socket.sendall(self._request)

    def hear(self) -> bool:
        """Take what has come; True at the end of the answer."""
        data = self.socket.recv(2**20)
        if not data:
            raise ConnectionError("the server closed a connection")
        if self._missing < 0:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return False
            self._missing = _length(self._head[:end]) - (len(self._head) - end - 4)
            self.statuses.add(self._head[9:12])
        else:
            self._missing -= len(data)
        return self._missing == 0


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def rate(port: int, headers: dict[str, str], status: bytes, seconds: float) -> float:
    """Answers a second; raises ValueError if any has another status."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    request = f"GET /atom.xml HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n".encode()
    readers = [Reader(port, request) for _ in range(READERS)]
    answers = 0
    with selectors.DefaultSelector() as those:
        for reader in readers:
            those.register(reader.socket, selectors.EVENT_READ, reader)
            reader.ask()
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            for key, _ in those.select(10):
                if key.data.hear():
                    answers += 1
                    key.data.ask()
        spent = time.perf_counter() - began
    for reader in readers:
        reader.socket.close()
    told = set().union(*(reader.statuses for reader in readers))
    if told != {status}:
        raise ValueError(f"answers with {told}, not with {status!r}")
    return answers / spent


def tag_and_size(port: int) -> tuple[str, int]:
    """The tag of the packed feed, and its bytes; the first request has it read and packed."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=60)) as client:
        client.sendall(b"HEAD /atom.xml HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n")
        head = b"".join(iter(lambda: client.recv(65536), b""))
    tag = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"etag:"))
    return tag.decode().partition(":")[2].strip(), _length(head)


def measured(entries: int, seconds: float) -> dict[str, Any]:
    """Rates of both servers, the best of each turn, and their ratios; each turn of each takes `seconds`."""
    context = multiprocessing.get_context("fork")
    best: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder, bind("127.0.0.1", 0) as ours, bind("127.0.0.1", 0) as plain:
        write_all(Path(folder), {"atom.xml": feed(entries)})
        first = context.Process(target=serve_ours, args=(ours, folder), daemon=True)
        first.start()
        tag, size = tag_and_size(ours.getsockname()[1])
        second = context.Process(target=serve_bare, args=(plain, size), daemon=True)
        second.start()
        asked = {"conditional": ({"If-None-Match": tag}, b"304"), "whole": ({}, b"200")}
        for _ in range(TURNS):
            for kind, (headers, status) in asked.items():
                for name, sock in (("", ours), ("bare_", plain)):
                    told = rate(sock.getsockname()[1], {"Accept-Encoding": "gzip", **headers}, status, seconds)
                    best[name + kind] = max(best.get(name + kind, 0.0), told)
        plain_body = rate(ours.getsockname()[1], {}, b"200", seconds)
        for process in (first, second):
            process.terminate()
            process.join()
    ratios = {f"{kind}_to_bare": best[kind] / best[f"bare_{kind}"] for kind in CLAIMS}
    return {"packed_bytes": size, **best, "whole_unpacked": plain_body, **ratios}


def holds(name: str, value: float) -> bool:
    """Whether a number is as claimed; those that nothing is claimed of always are."""
    return value >= CLAIMS.get(name, 0.0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table or JSON; 0 if the claims hold, 1 if not."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each server, kind of request and turn")
    parser.add_argument("--entries", type=int, default=1000)
    options = parser.parse_args(arguments)
    numbers = measured(options.entries, options.seconds)
    good = all(holds(name, value) for name, value in numbers.items())
    if options.json:
        print(json.dumps({**{name: round(value, 3) for name, value in numbers.items()}, "holds": good}))
        return 0 if good else 1
    for name, value in numbers.items():
        claim = f"at least {CLAIMS[name]:.0f} a second" if name in CLAIMS else ""
        print(f"{name:<22}{value:>12.2f}  {claim}{'' if holds(name, value) else ': NOT HELD'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
