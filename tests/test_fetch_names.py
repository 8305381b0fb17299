from __future__ import annotations

import socket
import threading
import time

import pytest

from aggregator.errors import FetchError
from aggregator.fetch.names import in_turns, look_up


def test_look_up_gives_each_address_once() -> None:
    assert look_up("127.0.0.1", 80, 2) == ["127.0.0.1"]


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "x..example", "\udc80.example"])
def test_a_name_that_cannot_be_one(host: str) -> None:
    with pytest.raises(FetchError, match="no such host") as caught:
        look_up(host, 80, 5)
    assert caught.value.kind == "dns"


@pytest.mark.fault(39)
def test_a_name_that_does_not_exist() -> None:
    def ask(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "no")

    with pytest.raises(FetchError, match=r"gone\.example: no such host") as caught:
        look_up("gone.example", 80, 2, ask)
    assert caught.value.kind == "dns"


@pytest.mark.fault(39)
def test_a_name_server_that_hangs_is_left_behind_in_time() -> None:
    enough = threading.Event()
    began = time.monotonic()
    with pytest.raises(FetchError, match="did not answer in time") as caught:
        look_up("slow.example", 80, 0.3, lambda host, port: [host] if enough.wait(10) else [])
    assert caught.value.kind == "dns"
    assert time.monotonic() - began < 2
    enough.set()


@pytest.mark.fault(39)
def test_many_hanging_names_leave_a_plain_error_and_then_their_places() -> None:
    enough, failures = threading.Event(), []

    def hang(host: str, port: int) -> list[str]:
        enough.wait(10)
        return ["192.0.2.1"]

    def ask() -> None:
        try:
            look_up("slow.example", 80, 0.3, hang)
        except FetchError as error:
            failures.append(error.kind)

    threads = [threading.Thread(target=ask) for _ in range(70)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == ["dns"] * 70
    assert time.monotonic() - began < 3
    enough.set()
    assert look_up("quick.example", 80, 2, lambda host, port: ["192.0.2.2"]) == ["192.0.2.2"]


@pytest.mark.fault(39)
def test_fifty_hanging_names_do_not_stop_another() -> None:
    enough, begun = threading.Event(), threading.Semaphore(0)

    def hang(host: str, port: int) -> list[str]:
        begun.release()
        enough.wait(60)
        return ["192.0.2.1"]

    found: list[list[str]] = []
    threads = [threading.Thread(target=lambda: found.append(look_up("slow.example", 80, 60, hang))) for _ in range(50)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert begun.acquire(timeout=60)
    assert look_up("quick.example", 80, 60, lambda host, port: ["192.0.2.2"]) == ["192.0.2.2"]
    enough.set()
    for thread in threads:
        thread.join()
    assert found == [["192.0.2.1"]] * 50  # slow is not wrong


@pytest.mark.fault(39)
def test_a_name_server_that_fails_just_now_is_said() -> None:
    def ask(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    with pytest.raises(FetchError, match="no answer just now"):
        look_up("flapping.example", 80, 2, ask)


@pytest.mark.fault(40)
def test_two_kinds_of_addresses_take_turns() -> None:
    assert in_turns(["::1", "::2", "::3", "1.1.1.1", "1.1.1.2"]) == ["::1", "1.1.1.1", "::2", "1.1.1.2", "::3"]
    assert in_turns(["1.1.1.1", "::1", "::2"]) == ["1.1.1.1", "::1", "::2"]
    assert in_turns(["1.1.1.1"]) == ["1.1.1.1"]
    assert in_turns([]) == []
