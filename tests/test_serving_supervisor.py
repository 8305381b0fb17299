from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.serving.supervisor import Supervisor

PID = 4711


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """A service manager's end of the socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(str(tmp_path / "notify"))
        end.settimeout(60)
        yield end


def test_what_is_said_arrives(manager: socket.socket) -> None:
    one = Supervisor({"NOTIFY_SOCKET": manager.getsockname()}, PID)
    one.ready("serving\nhttp://127.0.0.1:8080/")
    one.doing("2 of 3 sources read")
    one.alive()
    one.stopping()
    assert [manager.recv(4096) for _ in range(4)] == [
        b"READY=1\nSTATUS=serving http://127.0.0.1:8080/",
        b"STATUS=2 of 3 sources read",
        b"WATCHDOG=1",
        b"STOPPING=1",
    ]


def test_an_abstract_socket(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(f"\0{tmp_path}")
        end.settimeout(60)
        Supervisor({"NOTIFY_SOCKET": f"@{tmp_path}"}, PID).alive()
        assert end.recv(64) == b"WATCHDOG=1"


@pytest.mark.parametrize("address", ["", "/nowhere/notify"])
def test_nobody_listens_and_nothing_breaks(address: str) -> None:
    Supervisor({"NOTIFY_SOCKET": address} if address else {}, PID).ready("serving")


@pytest.mark.parametrize(
    ("more", "seconds"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(PID)}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),  # meant for another process
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_how_often_it_wants_a_sign_of_life(more: dict[str, str], seconds: float | None) -> None:
    assert Supervisor({"NOTIFY_SOCKET": "/run/notify", **more}, PID).watchdog == seconds
    assert Supervisor(more, PID).watchdog is None
