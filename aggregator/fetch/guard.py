"""Where the aggregator may connect: every resolved address is checked at the moment of connecting.

A network backend for httpcore that resolves by itself, refuses addresses that are not on the public Internet
(IANA special-purpose registries, RFC 6890; `ipaddress.is_global` is wrong for NAT64, 6to4, multicast and cloud
metadata) and connects to the checked address, so that no second look-up can change the answer. It also holds
the deadline of the whole exchange, whatever a slow server does.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpcore

from aggregator.errors import FetchError
from aggregator.fetch.names import Resolver, in_turns, look_up
from aggregator.fetch.stream import Stream

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
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

_HERE = (".localhost", ".localdomain", ".local", ".internal", ".lan", ".home.arpa", ".in-addr.arpa", ".ip6.arpa")

NEXT_ADDRESS_AFTER = 2.0  # seconds that an address may take to answer while there is another one


def is_public(address: Address) -> bool:
    """Whether an address is on the public Internet; a NAT64 one (RFC 6052) is judged by what it stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in net for net in _CLOSED_V4)
    if address in _NAT64:
        return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address in _OPEN_V6 and not any(address in net for net in _CLOSED_V6)


def is_public_name(host: str) -> bool:
    """Whether a host may be on the public Internet as far as its spelling tells, without asking a name server.

    An address must be public, in every spelling that a resolver knows (`127.1`, `0x7f000001`); a name must have a
    dot, and none of the endings that are used inside a network or a machine only (RFC 6761, 6762, 8375).
    """
    name = host.strip("[]").rstrip(".").lower()
    try:
        return is_public(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        return is_public(ipaddress.IPv4Address(socket.inet_aton(name)))
    except (OSError, UnicodeError):
        return "." in name and ":" not in name and not name.endswith(_HERE)


def dial(address: str, port: int, timeout: float) -> socket.socket:
    """A TCP connection to a numeric address within `timeout` seconds; raises OSError."""
    if ":" in address:
        return socket.create_connection((address, port), timeout=timeout)  # which knows scopes (`%eth0`)
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout)
        sock.connect((address, port))
    except OverflowError:
        sock.close()
        raise OSError(f"there is no port {port}") from None
    except BaseException:
        sock.close()
        raise
    return sock


class Guard(httpcore.NetworkBackend):
    """The network of one lane; set `deadline`, `permitted` and `behind_proxy` before each exchange.

    `deadline` is on the monotonic clock; `permitted` is the one host name that may be on a private network, as it
    stands in the request; `behind_proxy` says that the only host to connect to is a proxy. `made` counts
    connections, `sent_at` is when bytes last went out (monotonic). While `head_allowance` is a number, so many bytes
    may still be read: what comes before an answer's body has an end.
    """

    def __init__(self, resolver: Resolver = look_up, dial: Dial = dial) -> None:
        self._resolve = resolver
        self._dial = dial
        self.deadline = 0.0
        self.permitted: str | None = None
        self.behind_proxy = False
        self.made = 0
        self.sent_at = 0.0
        self.head_allowance: int | None = None

    def sent(self) -> None:
        """Note that bytes went out."""
        self.sent_at = time.monotonic()

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
        self.sent()  # where nothing else follows, the distance to the next request counts from this look-up
        shown = f"the proxy {host}" if self.behind_proxy else host
        addresses = in_turns(self._resolve(host, port, self.remaining()))
        if host != self.permitted:
            _check(shown, addresses)
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
            return Stream(sock, self)
        raise FetchError("connect", _connect_words(shown, reason))

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        """Never: feeds are not on local sockets."""
        raise FetchError("refused", "local sockets are not fetched")


def refuse_by_name(host: str, permitted: str | None) -> None:
    """For a host that a proxy will resolve: raises FetchError (`refused`) when its spelling alone says private."""
    if host != permitted and not is_public_name(host):
        raise _private(host, "")


def _check(shown: str, addresses: list[str]) -> None:
    """One private address among several is enough to refuse: a name that mixes them is an attack."""
    for text in addresses:
        try:
            public = "%" not in text and is_public(ipaddress.ip_address(text))
        except ValueError:
            public = False
        if not public:
            raise _private(shown, "" if text == shown else f" ({text})")


def _private(shown: str, where: str) -> FetchError:
    hint = "`allow_private: true` permits it for a source you trust"
    return FetchError("refused", f"{shown} is on a private network{where}; {hint}")


def _connect_words(shown: str, error: OSError | None) -> str:
    if isinstance(error, TimeoutError):
        return f"{shown} does not answer (no connection in time)"
    if isinstance(error, ConnectionRefusedError):
        return f"{shown} refused the connection"
    return f"{shown} cannot be reached ({error.strerror or error})" if error else f"{shown} has no address"
