"""Where the aggregator may connect: every resolved address is checked at the moment of connecting.

A network backend for httpcore that resolves by itself, refuses addresses that are not on the public Internet
(IANA special-purpose registries, RFC 6890; `ipaddress.is_global` is wrong for NAT64, 6to4, multicast and cloud
metadata) and connects to the checked address, so that no second look-up can change the answer. It also holds
the deadline of the whole exchange, whatever a slow server does.
"""

from __future__ import annotations

import ipaddress
import queue
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpcore

from aggregator.errors import FetchError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int, float], list[str]]
Dial = Callable[[str, int, float], socket.socket]

_CLOSED_V4 = [
    ipaddress.IPv4Network(net)
    for net in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "168.63.129.16/32",
    )
]
_OPEN_V6 = ipaddress.IPv6Network("2000::/3")
_CLOSED_V6 = [ipaddress.IPv6Network(net) for net in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

NEXT_ADDRESS_AFTER = 2.0  # seconds that an address may take to answer while there is another one

_LOOKUPS = threading.BoundedSemaphore(64)  # getaddrinfo cannot be cancelled: hanging names must not use up all threads


def is_public(address: Address) -> bool:
    """Whether an address is on the public Internet; a NAT64 one (RFC 6052) is judged by what it stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in net for net in _CLOSED_V4)
    if address in _NAT64:
        return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address in _OPEN_V6 and not any(address in net for net in _CLOSED_V6)


def _ask_system(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in found))


def look_up(
    host: str, port: int, timeout: float, ask_system: Callable[[str, int], list[str]] = _ask_system
) -> list[str]:
    """The addresses of a host in the resolver's order; raises FetchError (kind `dns`) when there are none in time.

    `ask_system` may take as long as it likes: it runs in a thread of its own, which is left behind.
    """
    deadline = time.monotonic() + timeout
    answer: queue.SimpleQueue[list[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answer.put(ask_system(host, port))
        except (OSError, UnicodeError) as error:
            answer.put(error)
        finally:
            _LOOKUPS.release()

    if not _LOOKUPS.acquire(timeout=timeout):
        raise FetchError("dns", f"{host}: too many names are waiting for the name server")
    threading.Thread(target=ask, daemon=True, name="look-up").start()
    try:
        result = answer.get(timeout=max(deadline - time.monotonic(), 0))
    except queue.Empty:
        raise FetchError("dns", f"{host}: the name server did not answer in time") from None
    if isinstance(result, Exception):
        raise FetchError("dns", f"{host}: no such host (DNS)") from result
    return result


def dial(address: str, port: int, timeout: float) -> socket.socket:
    """A TCP connection to a numeric address within `timeout` seconds; raises OSError."""
    return socket.create_connection((address, port), timeout=timeout)


class Guard(httpcore.NetworkBackend):
    """The network of one lane: set `deadline` and `permitted` before each exchange.

    `deadline` is on the monotonic clock; `permitted` is the one host name that may be on a private network, as it
    stands in the request. `made` counts connections, `sent_at` is when bytes last went out (monotonic). While
    `head_allowance` is a number, so many bytes may still be read: what comes before an answer's body has an end.
    """

    def __init__(self, resolver: Resolver = look_up, dial: Dial = dial) -> None:
        self._resolve = resolver
        self._dial = dial
        self.deadline = 0.0
        self.permitted: str | None = None
        self.made = 0
        self.sent_at = 0.0
        self.head_allowance: int | None = None

    def spend(self, size: int) -> None:
        """Count bytes that were read; raises FetchError (`limit`) when the allowance for a head is used up."""
        if self.head_allowance is not None:
            self.head_allowance -= size
            if self.head_allowance < 0:
                raise FetchError("limit", "its headers do not end")

    def remaining(self) -> float:
        """Seconds left; raises FetchError (`timeout`) when there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise FetchError("timeout", "no complete answer within the time allowed")
        return left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve, check every address, connect to the first that answers within its share of the time."""
        addresses = self._resolve(host, port, self.remaining())
        if host != self.permitted:
            self._check(host, addresses)
        reason: OSError | None = None
        for number, address in enumerate(addresses, 1):
            share = self.remaining() if number == len(addresses) else min(self.remaining(), NEXT_ADDRESS_AFTER)
            try:
                sock = self._dial(address, port, share)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                reason = error
                continue
            self.made += 1
            return _Stream(sock, self)
        raise FetchError("connect", _connect_words(host, reason))

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        """Never: feeds are not on local sockets."""
        raise FetchError("refused", "local sockets are not fetched")

    def _check(self, host: str, addresses: list[str]) -> None:
        """One private address among several is enough to refuse: a name that mixes them is an attack."""
        for text in addresses:
            try:
                public = "%" not in text and is_public(ipaddress.ip_address(text))
            except ValueError:
                public = False
            if not public:
                raise FetchError(
                    "refused",
                    f"{host} is on a private network ({text}); `allow_private: true` permits it for a source you trust",
                )


class _Stream(httpcore.NetworkStream):
    """A socket whose every wait ends at the guard's deadline, so that a dripping server cannot stretch it."""

    def __init__(self, sock: socket.socket, guard: Guard) -> None:
        self._sock = sock
        self._guard = guard

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._sock.settimeout(self._guard.remaining())
        data = self._sock.recv(max_bytes)
        self._guard.spend(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._sock.settimeout(self._guard.remaining())
        self._sock.sendall(buffer)
        self._guard.sent_at = time.monotonic()

    def close(self) -> None:
        self._sock.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        self._sock.settimeout(self._guard.remaining())
        try:
            return _Stream(ssl_context.wrap_socket(self._sock, server_hostname=server_hostname), self._guard)
        except BaseException:
            self._sock.close()
            raise

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks of a stream: whether an idle connection was closed by the other side."""
        if info == "is_readable":
            return _readable(self._sock)
        if info == "ssl_object":
            return self._sock if isinstance(self._sock, ssl.SSLSocket) else None
        return None


def _readable(sock: socket.socket) -> bool:
    """Whether an idle connection has something to say: its end, mostly. Asked of the socket below TLS, which knows."""
    if sock.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def _connect_words(host: str, error: OSError | None) -> str:
    if isinstance(error, TimeoutError):
        return f"{host} does not answer (no connection in time)"
    if isinstance(error, ConnectionRefusedError):
        return f"{host} refused the connection"
    return f"{host} cannot be reached ({error.strerror or error})" if error else f"{host} has no address"
