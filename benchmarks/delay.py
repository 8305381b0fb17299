"""A web that is some milliseconds away: a folder of feeds over HTTP and HTTPS, each answer after its round trips.

    python benchmarks/delay.py FOLDER [--port 18090] [--ms 20] [--cert FILE --key FILE]

One process answers at every loopback address (127.x.y.z), so that each feed can have an origin of its own; HTTPS, where
there is a certificate, on the port after. What a distance costs is waited for where it would be: a round trip for the
connection, one more for TLS 1.3, one for each answer. Entity tags and dates are honoured, as nginx does.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import socket
import ssl
import sys
from email.utils import formatdate
from pathlib import Path


class Web:
    """The feeds of a folder, `away` seconds from everybody."""

    def __init__(self, folder: Path, away: float) -> None:
        self._folder = folder
        self._away = away

    async def accept(self, listening: socket.socket, context: ssl.SSLContext | None) -> None:
        """Everybody who connects, until it is ended."""
        loop, those = asyncio.get_running_loop(), set[asyncio.Task[None]]()
        while True:
            sock, _ = await loop.sock_accept(listening)
            task = loop.create_task(self._meet(sock, context))
            those.add(task)
            task.add_done_callback(those.discard)

    async def _meet(self, sock: socket.socket, context: ssl.SSLContext | None) -> None:
        """One connection: its round trips, and the requests on it."""
        await asyncio.sleep(self._away if context is None else 2 * self._away)
        loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        with contextlib.suppress(OSError):
            transport, _ = await loop.connect_accepted_socket(lambda: protocol, sock, ssl=context)
            await self._converse(reader, asyncio.StreamWriter(transport, protocol, reader, loop))

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError), contextlib.closing(writer):
            while head := await reader.readuntil(b"\r\n\r\n"):
                await asyncio.sleep(self._away)
                writer.write(self._answer(head.decode("latin-1")))
                await writer.drain()

    def _answer(self, head: str) -> bytes:
        path = self._folder / Path(head.split(" ", 2)[1]).name
        if not path.is_file():
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        found = path.stat()
        tag, changed = f'"{found.st_mtime_ns:x}-{found.st_size:x}"', formatdate(found.st_mtime, usegmt=True)
        told = f"ETag: {tag}\r\nLast-Modified: {changed}\r\n"
        asked = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n"))}
        if asked.get("if-none-match", asked.get("if-modified-since")) in (tag, changed):
            return f"HTTP/1.1 304 Not Modified\r\n{told}\r\n".encode()
        body = b"" if head.startswith("HEAD ") else path.read_bytes()
        size = f"Content-Type: application/rss+xml\r\nContent-Length: {found.st_size}\r\n"
        return f"HTTP/1.1 200 OK\r\n{told}{size}\r\n".encode() + body


async def serve(web: Web, port: int, context: ssl.SSLContext | None) -> None:
    """Until it is ended."""
    listening: list[tuple[socket.socket, ssl.SSLContext | None]] = [
        (socket.create_server(("0.0.0.0", port), backlog=1000), None)
    ]
    if context is not None:
        listening.append((socket.create_server(("0.0.0.0", port + 1), backlog=1000), context))
    for sock, _ in listening:
        sock.setblocking(False)
    await asyncio.gather(*(web.accept(sock, secured) for sock, secured in listening))


def main() -> int:
    """Serve a folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=18090)
    parser.add_argument("--ms", type=float, default=20.0)
    parser.add_argument("--cert", type=Path)
    parser.add_argument("--key", type=Path)
    options = parser.parse_args()
    context = None
    if options.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.cert, options.key)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(Web(options.folder, options.ms / 1000), options.port, context))
    return 0


if __name__ == "__main__":
    sys.exit(main())
