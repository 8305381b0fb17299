from __future__ import annotations

import ipaddress
import socket
import sys
import time
from collections.abc import Iterator

import pytest

from aggregator.errors import FetchError
from aggregator.fetch.guard import NEXT_ADDRESS_AFTER, Guard, is_public

CLOSED = """
127.0.0.1 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 169.254.169.254 172.16.0.1 172.31.255.255
192.0.0.1 192.0.0.170 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1
224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 168.63.129.16 100.100.100.200
::1 :: fc00::1 fdff::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1 ff0e::1 2001:db8::1 3fff::1 100::1 5f00::1 4000::1
64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:100.64.0.1
::ffff:169.254.169.254 ::ffff:8.8.8.8 ::127.0.0.1 2002:7f00:1:: 2002:a9fe:a9fe:: 2002:808:808::
2001:0:4136:e378:8000:63bf:f5ff:fffe 2001:10::1 2001:20::1
""".split()
OPEN = """
8.8.8.8 1.1.1.1 100.63.255.255 100.128.0.0 172.15.255.255 172.32.0.1 192.0.1.1 198.17.255.255 198.20.0.1 223.255.255.255
168.63.129.15 2606:4700::1111 2a00:1450:4001::1 2001:4860:4860::8888 2001:200::1 64:ff9b::8.8.8.8
""".split()


@pytest.mark.parametrize("address", CLOSED)
def test_what_is_not_on_the_public_internet_is_closed(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    with pytest.raises(FetchError, match="private network") as caught:
        guard([address]).connect_tcp("blog.example", 80)
    assert caught.value.kind == "refused"


@pytest.mark.parametrize("address", OPEN)
def test_public_addresses_are_open(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def guard(addresses: list[str], permitted: str | None = None, seconds: float = 1.0) -> Guard:
    made = Guard(lambda host, port, timeout: addresses)
    made.deadline, made.permitted = time.monotonic() + seconds, permitted
    return made


@pytest.mark.parametrize(
    "addresses",
    [
        ["8.8.8.8", "127.0.0.1"],
        ["127.0.0.1", "8.8.8.8"],
        ["2606:4700::1111", "fd00::1"],
        ["fe80::1%eth0"],
        ["2606:4700::1111%1"],
        ["not an address"],
        [""],
    ],
)
def test_one_closed_or_odd_address_among_several_refuses_them_all(addresses: list[str]) -> None:
    with pytest.raises(FetchError, match="allow_private") as caught:
        guard(addresses).connect_tcp("blog.example", 80)
    assert caught.value.kind == "refused"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "0",
        "0.0.0.0",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "::",
    ],
)
def test_a_host_in_disguise_is_refused_through_the_real_resolver(host: str) -> None:
    made = Guard()
    made.deadline = time.monotonic() + 2
    with pytest.raises(FetchError) as caught:
        made.connect_tcp(host, 9)
    assert caught.value.kind == "refused"


@pytest.fixture
def listening() -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()


def test_the_permitted_host_and_no_other_may_be_private(listening: tuple[str, int]) -> None:
    made = guard(["127.0.0.1"], permitted="home.example")
    made.connect_tcp("home.example", listening[1]).close()
    assert made.made == 1
    for other in ("other.example", "sub.home.example", "127.0.0.1", "home.example."):
        with pytest.raises(FetchError) as caught:
            made.connect_tcp(other, listening[1])
        assert caught.value.kind == "refused"


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def test_a_broken_first_address_falls_to_the_next(listening: tuple[str, int]) -> None:
    made = guard(["::1", "127.0.0.1"], permitted="home.example")
    made.connect_tcp("home.example", listening[1]).close()


@pytest.mark.skipif(sys.platform != "linux", reason="needs a second loopback address")
def test_an_address_that_does_not_answer_costs_two_seconds_at_most(listening: tuple[str, int]) -> None:
    with socket.create_server(("127.0.0.3", listening[1]), backlog=0) as full:  # nobody accepts: the queue is full
        waiting = [socket.socket() for _ in range(3)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(full.getsockname())
        began = time.monotonic()
        guard(["127.0.0.3", "127.0.0.1"], permitted="home.example", seconds=20).connect_tcp(
            "home.example", listening[1]
        ).close()
        assert NEXT_ADDRESS_AFTER * 0.9 <= time.monotonic() - began < NEXT_ADDRESS_AFTER + 1
        began = time.monotonic()
        with pytest.raises(FetchError, match="does not answer") as caught:
            guard(["127.0.0.3"], permitted="home.example", seconds=0.3).connect_tcp("home.example", listening[1])
        assert caught.value.kind == "connect"
        assert time.monotonic() - began < 2
        for sock in waiting:
            sock.close()


def test_why_there_is_no_connection_is_said() -> None:
    with pytest.raises(FetchError, match=r"home\.example refused the connection") as caught:
        guard(["127.0.0.1"], permitted="home.example").connect_tcp("home.example", free_port())
    assert caught.value.kind == "connect"
    with pytest.raises(FetchError, match=r"home\.example has no address"):
        guard([], permitted="home.example").connect_tcp("home.example", 80)


def test_after_the_deadline_nothing_is_tried() -> None:
    with pytest.raises(FetchError) as caught:
        guard(["127.0.0.1"], permitted="home.example", seconds=-1).connect_tcp("home.example", 80)
    assert caught.value.kind == "timeout"


def test_local_sockets_are_refused() -> None:
    with pytest.raises(FetchError) as caught:
        guard([]).connect_unix_socket("/run/docker.sock")
    assert caught.value.kind == "refused"
