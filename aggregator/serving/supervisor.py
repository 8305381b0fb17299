"""What systemd is told of a running aggregator: that it is ready, alive, reloading, stopping (sd_notify(3))."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import suppress


class Supervisor:
    """The service manager that started this process; where there is none, everything said is said to nobody.

    `watchdog` is the most seconds between two signs of life that it allows, None when it watches not. A message that
    cannot be delivered changes nothing here.
    """

    def __init__(self, environment: Mapping[str, str], pid: int) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        ours = environment.get("WATCHDOG_PID", str(pid)) == str(pid)
        microseconds = environment.get("WATCHDOG_USEC", "")
        self.watchdog = int(microseconds) / 1e6 if self._address and ours and microseconds.isdecimal() else None

    def ready(self, status: str) -> None:
        """The start is over; `status` is the one line that `systemctl status` shows."""
        self._tell(f"READY=1\nSTATUS={_line(status)}")

    def doing(self, status: str) -> None:
        """A new line for `systemctl status`."""
        self._tell(f"STATUS={_line(status)}")

    def alive(self) -> None:
        """A sign of life."""
        self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """The end has begun."""
        self._tell("STOPPING=1")

    def _tell(self, message: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
            to.connect(self._address)
            to.sendall(message.encode())


def _line(text: str) -> str:
    return " ".join(text.split())
