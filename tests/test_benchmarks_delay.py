"""The web of `benchmarks/delay.py`: it answers as a server does, no sooner than it says."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import suppress
from pathlib import Path

from benchmarks.delay import Web

AWAY = 0.02


async def _told(web: Web, *requests: str) -> tuple[list[bytes], float]:
    """The heads of the answers on one connection, and the seconds from connecting to the last of them."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        serving = asyncio.create_task(web.accept(listening, None))
        began, heads = time.monotonic(), []
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        for request in requests:
            writer.write(request.encode())
            heads.append(head := await reader.readuntil(b"\r\n\r\n"))
            await reader.readexactly(4 if b"200 OK" in head else 0)
        took = time.monotonic() - began
        writer.close()
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
    return heads, took


def test_a_feed_is_told_once_and_then_by_its_tag_each_after_its_round_trip(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(b"feed")
    web = Web(tmp_path, AWAY)
    (first,), took = asyncio.run(_told(web, "GET /a.xml HTTP/1.1\r\n\r\n"))
    assert first.startswith(b"HTTP/1.1 200 OK")
    assert took >= 2 * AWAY
    tag = first.partition(b"ETag: ")[2].partition(b"\r\n")[0].decode()
    again = f"GET /a.xml HTTP/1.1\r\nIf-None-Match: {tag}\r\n\r\n"
    heads, took = asyncio.run(_told(web, again, "GET /b.xml HTTP/1.1\r\n\r\n"))
    assert [head.split(b" ")[1] for head in heads] == [b"304", b"404"]
    assert took >= 3 * AWAY
