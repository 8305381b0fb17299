"""A small scripted web on a real loopback socket, for tests that judge what goes over the wire.

    with Web() as web:
        web.on("/feed", Answer(body=rss(3), headers={"ETag": '"a"'}), Answer(304))
        ... poll web.url("/feed") ...
        assert web.asked[1].headers["if-none-match"] == '"a"'

A path answers its script in order and then repeats the last answer; a callable gets the request and returns one.
`otherwise` answers what has no script of its own.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import TracebackType
from xml.sax.saxutils import escape

_READ_IN = 0.2  # seconds that a client is given to read what comes before a reset
_LONGEST = 30.0  # seconds that any conversation may take before the server gives it up


@dataclass(frozen=True)
class Request:
    """What a client sent: request line and headers as bytes came, names in lower case, values byte for character."""

    method: str
    target: str
    headers: dict[str, str]
    raw: bytes
    at: float
    connection: int
    lines: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """One scripted answer.

    `length` overrides Content-Length (None: the true one; -1: no such header). With `chunked` the body goes in one
    chunk, and `last_chunk` says whether the end is sent too. `drip` sends a byte every so many seconds, from the
    body on or, with `drip_head`, from the status line on. `wait` stalls before the first byte. `then` is what
    happens to the connection: keep, close, or reset (RST).
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    chunked: bool = False
    last_chunk: bool = True
    drip: float = 0.0
    drip_head: bool = False
    wait: float = 0.0
    then: str = "keep"

    def head(self) -> bytes:
        rows = [f"HTTP/1.1 {self.status} Scripted"]
        rows += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.chunked:
            rows.append("Transfer-Encoding: chunked")
        elif self.status not in (204, 304) and self.length != -1:
            rows.append(f"Content-Length: {len(self.body) if self.length is None else self.length}")
        return ("\r\n".join(rows) + "\r\n\r\n").encode("latin-1")

    def payload(self) -> bytes:
        if not self.chunked:
            return b"" if self.status in (204, 304) else self.body
        return f"{len(self.body):x}\r\n".encode() + self.body + b"\r\n" + (b"0\r\n\r\n" if self.last_chunk else b"")


@dataclass(frozen=True)
class Raw:
    """These very bytes in place of an answer; `then` is keep, close or reset. `again` repeats them without end."""

    data: bytes
    then: str = "close"
    again: bool = False


Scripted = Answer | Raw
Script = Callable[[Request], Scripted]


class Web:
    """A server on 127.0.0.1, a thread a connection; `asked` logs every request, `most_in_flight` how many at once."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[Request] = []
        self.most_in_flight = 0
        self.connections = 0
        self._in_flight = 0
        self.otherwise: Script | None = None
        self._scripts: dict[str, list[Scripted] | Script] = {}
        self._tls = tls
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._open: list[socket.socket] = []
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._socket.getsockname()[1]

    def __enter__(self) -> Web:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for sock in self._open:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def on(self, path: str, *answers: Scripted | Script) -> str:
        """Script a path (with its query); returns its address."""
        first = answers[0]
        fixed: list[Scripted] = [answer for answer in answers if isinstance(answer, Answer | Raw)]
        self._scripts[path] = fixed if isinstance(first, Answer | Raw) else first
        return self.url(path)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def targets(self) -> list[str]:
        return [request.target for request in self.asked]

    # --- the server ------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                sock, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            sock.settimeout(_LONGEST)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.append(sock)
            threading.Thread(target=self._converse, args=(sock, self.connections), daemon=True).start()

    def _converse(self, sock: socket.socket, number: int) -> None:
        with suppress(OSError), sock:
            talking = self._tls.wrap_socket(sock, server_side=True) if self._tls else sock
            with talking:
                while not self._closing.is_set() and (request := _read(talking, number)) is not None:
                    if not self._answer(talking, request):
                        return

    def _answer(self, sock: socket.socket, request: Request) -> bool:
        with self._lock:
            self.asked.append(request)
            self._in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self._in_flight)
            answer = self._scripted(request)
        try:
            self._send(sock, answer)
        finally:
            with self._lock:
                self._in_flight -= 1
        if answer.then == "reset":
            if not isinstance(answer, Raw) or answer.data:
                self._closing.wait(_READ_IN)  # a reset throws away what the client has not read yet
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        return answer.then == "keep"

    def _scripted(self, request: Request) -> Scripted:
        script = self._scripts.get(request.target) or self.otherwise
        if script is None:
            return Answer(404, b"nothing here")
        if callable(script):
            return script(request)
        return script.pop(0) if len(script) > 1 else script[0]

    def _send(self, sock: socket.socket, answer: Scripted) -> None:
        if isinstance(answer, Raw):
            sock.sendall(answer.data)
            while answer.again and not self._closing.is_set():
                sock.sendall(answer.data)
            return
        self._closing.wait(answer.wait)
        self._slowly(sock, answer.head(), answer.drip if answer.drip_head else 0.0)
        self._slowly(sock, answer.payload(), answer.drip)

    def _slowly(self, sock: socket.socket, data: bytes, pause: float) -> None:
        if not pause:
            sock.sendall(data)
            return
        for byte in data:
            sock.sendall(bytes((byte,)))
            if self._closing.wait(pause):
                return


def _read(sock: socket.socket, number: int) -> Request | None:
    raw = b""
    while b"\r\n\r\n" not in raw:
        piece = sock.recv(65536)
        if not piece:
            return None
        raw += piece
    first, *rows = raw.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    lines = tuple((name, value.strip(" ")) for name, _, value in (row.partition(":") for row in rows))
    headers = {name.lower(): value for name, value in lines}
    body = raw.partition(b"\r\n\r\n")[2]
    while len(body) < int(headers.get("content-length", 0)):
        piece = sock.recv(65536)
        if not piece:
            return None
        body += piece
    return Request(method, target, headers, raw, time.monotonic(), number, lines, body)


# --- made-up documents ---------------------------------------------------------------------------------------

DAY_ONE = datetime(2026, 3, 14, 7, 0, tzinfo=UTC)


def rss(entries: int | Iterable[str], title: str = "Made up", newest: datetime = DAY_ONE, extra: str = "") -> bytes:
    """An RSS 2.0 document: `entries` titles, or as many numbered ones, an hour apart. `extra` goes into the channel."""
    items = "".join(
        f"<item><title>{escape(name)}</title><link>{_link(title, name)}</link>"
        f"<guid isPermaLink='false'>{escape(title)} {escape(name)}</guid><pubDate>{format_datetime(at)}</pubDate>"
        f"<description>{escape(f'What {name} is about.')}</description></item>"
        for name, at in _dated(entries, newest)
    )
    channel = f"<title>{escape(title)}</title><link>{_link(title)}</link><description>made up</description>"
    return (
        f"<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel>{channel}{extra}{items}</channel></rss>"
    ).encode()


def atom(entries: int | Iterable[str], title: str = "Made up", newest: datetime = DAY_ONE) -> bytes:
    """An Atom document, as `rss` is."""
    items = "".join(
        f"<entry><title>{escape(name)}</title><link href='{_link(title, name)}'/>"
        f"<id>{_link(title, name)}#id</id><updated>{at.isoformat()}</updated><published>{at.isoformat()}</published>"
        f"<summary>{escape(f'What {name} is about.')}</summary></entry>"
        for name, at in _dated(entries, newest)
    )
    return (
        f"<?xml version='1.0' encoding='utf-8'?><feed xmlns='http://www.w3.org/2005/Atom'><title>{escape(title)}</title>"
        f"<id>{_link(title)}</id><updated>{newest.isoformat()}</updated>{items}</feed>"
    ).encode()


def _link(title: str, name: str = "") -> str:
    site, page = ("-".join(words.lower().split()) for words in (title, name))
    return f"https://{site}.example/{page}"


def _dated(entries: int | Iterable[str], newest: datetime) -> list[tuple[str, datetime]]:
    names = [f"Entry {n}" for n in range(entries)] if isinstance(entries, int) else list(entries)
    return [(name, newest - timedelta(hours=number)) for number, name in enumerate(names)]
