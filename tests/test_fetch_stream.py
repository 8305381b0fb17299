from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import httpcore
import pytest

from aggregator.errors import FetchError
from aggregator.fetch.guard import Guard
from tests.test_fetch_guard import guard


def talking(seconds: float, say: Callable[[socket.socket], object]) -> tuple[Guard, httpcore.NetworkStream]:
    server = socket.create_server(("127.0.0.1", 0))

    def talk() -> None:
        with server, server.accept()[0] as sock:
            say(sock)

    threading.Thread(target=talk, daemon=True).start()
    made = guard(["127.0.0.1"], permitted="h", seconds=seconds)
    return made, made.connect_tcp("h", server.getsockname()[1])


def read_all(stream: httpcore.NetworkStream) -> None:
    while stream.read(1000):
        pass


def test_a_dripping_server_cannot_stretch_the_deadline() -> None:
    enough = threading.Event()

    def drip(sock: socket.socket) -> None:
        while not enough.wait(0.02):
            sock.sendall(b"x")

    _, stream = talking(0.4, drip)
    began = time.monotonic()
    with pytest.raises((FetchError, TimeoutError)):
        read_all(stream)
    assert time.monotonic() - began < 2
    enough.set()
    stream.close()


def test_a_server_that_does_not_read_cannot_either() -> None:
    enough = threading.Event()
    _, stream = talking(0.4, lambda sock: enough.wait(5))
    began = time.monotonic()
    with pytest.raises((FetchError, TimeoutError)):
        stream.write(b"x" * 2**26)
    assert time.monotonic() - began < 2
    enough.set()
    stream.close()


def test_a_head_without_end_is_cut_off() -> None:
    made, stream = talking(2, lambda sock: sock.sendall(b"x" * 200_000))
    made.head_allowance = 100_000
    with pytest.raises(FetchError, match="do not end") as caught:
        read_all(stream)
    assert caught.value.kind == "limit"
    made.head_allowance = None
    read_all(stream)
    stream.close()


def test_an_idle_connection_knows_whether_the_other_side_has_left() -> None:
    leave = threading.Event()
    _, stream = talking(5, lambda sock: leave.wait(5))
    assert stream.get_extra_info("is_readable") is False
    leave.set()
    assert stream.read(1) == b""
    assert stream.get_extra_info("is_readable") is True
    stream.close()
    assert stream.get_extra_info("is_readable") is True
    assert stream.get_extra_info("ssl_object") is None
    assert stream.get_extra_info("anything else") is None
