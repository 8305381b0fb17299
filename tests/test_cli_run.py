"""`aggregator run` as a process: the first minute, stopping, kill -9, a second one, a port that is taken."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.certificates import Authority
from tests.hub import Hub
from tests.web import Answer, Web, rss
from tests.world import DAY_ONE, World

CLOCK = DAY_ONE.strftime("%Y-%m-%dT%H:%M:%SZ")


class Program:
    """A running `aggregator run`."""

    def __init__(self, world: World, *more: str, environment: dict[str, str] | None = None) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log: Path = world.folder / "run.log"
        command = [
            sys.executable,
            "-m",
            "aggregator",
            "--config",
            str(world.folder / "feeds.yaml"),
            "--now",
            CLOCK,
            "run",
            "--port",
            str(self.port),
            *more,
        ]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stderr=log, stdout=log, env=os.environ | (environment or {}))

    def get(self, path: str = "/", **headers: str) -> tuple[int, bytes, Any]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, error.read(), error.headers

    def until(self, true: Callable[[], bool], seconds: float = 100) -> None:
        """Wait for it; the time is only there so that a program that hangs ends the test."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if true():
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Exit code and the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(timeout=60), time.monotonic() - began


@pytest.fixture
def start(world: World) -> Iterator[Callable[..., Program]]:
    programs: list[Program] = []

    def make(*more: str, environment: dict[str, str] | None = None) -> Program:
        programs.append(Program(world, *more, environment=environment))
        return programs[-1]

    yield make
    for program in programs:
        program.process.kill()
        program.process.wait()


class Hanging:
    """What a blog does that accepts a request and does not answer until released."""

    def __init__(self) -> None:
        self.released = threading.Event()

    def __call__(self, handler: Any) -> None:
        self.released.wait(60)
        handler.close_connection = True


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    made = Hanging()
    yield made
    made.released.set()


def test_the_first_minute(world: World, start: Callable[..., Program], hanging: Hanging) -> None:
    """The address is served at once with a bar, a slow source holds nothing up, then the digest is there."""
    world.blog("One", "a", "b")
    world.blog("Slow").broken = hanging
    world.write()
    program = start()
    program.until(lambda: b"Reading your 2 sources for the first time" in program.get()[1])
    assert b"<progress" in program.get()[1]
    assert program.get("/style.css")[0] == 200
    assert program.get("/atom.xml")[0] in (200, 503)
    program.until(lambda: b"Reading your" not in program.get()[1])
    assert program.get("/atom.xml")[0] == 200
    assert "sources read" not in program.log.read_text()  # the slow one is still awaited
    hanging.released.set()
    program.until(lambda: "Next digest" in program.log.read_text())
    assert program.get("/digest/latest.html")[0] == 200
    headers = program.get("/atom.xml")[2]
    assert headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert program.get("/atom.xml", **{"If-None-Match": headers["ETag"]})[0] == 304
    log = program.log.read_text()
    for words in (
        "1 of 2 sources read · 2 entries: 2 of the last week are news",
        "Your first digest",
        "Subscribe",
        "Next digest tomorrow 07:00 (UTC). Edit feeds.yaml and save: it is picked up.",
    ):
        assert words in log
    assert "Traceback" not in log


def test_a_host_that_is_not_this_machine_is_told_so(world: World) -> None:
    world.blog("One")
    world.write()
    world.run("run", "--host", "192.0.2.1", "--port", "0", code=1)
    assert "cannot serve on 192.0.2.1:0: " in world.said
    assert "; --host is an address of this machine" in world.said
    assert "--port" not in world.said


@pytest.mark.fault(12)
@pytest.mark.fault(12)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_soon_even_while_a_source_hangs(
    world: World, start: Callable[..., Program], hanging: Hanging, number: int
) -> None:
    """Long before the 30 s that the source may take. (The 5 s are for a machine that does nothing else.)"""
    world.blog("One", "a")
    world.blog("Slow").broken = hanging
    world.write()
    program = start()
    program.until(lambda: b"1 of 2" in program.get()[1])
    code, seconds = program.end(number)
    assert (code, seconds < 20) == (0, True)


def test_told_to_end_while_it_makes_a_digest_it_says_nothing_of_the_store(
    world: World, start: Callable[..., Program]
) -> None:
    """The next start makes the digest."""
    world.blog("One", "a")
    world.settings = "digest: {introduction: ./introduce}"
    command, begun = world.folder / "introduce", world.folder / "begun"
    command.write_text(f"#!/bin/sh\ncat > {begun}\nsleep 6\n", encoding="utf-8")
    command.chmod(0o755)
    world.write()
    program = start()
    program.until(begun.exists)
    code, _ = program.end()
    assert code == 0
    assert "Cannot operate" not in program.log.read_text()


def test_after_kill_minus_nine_it_goes_on_where_it_was(world: World, start: Callable[..., Program]) -> None:
    blog = world.blog("One", "a", "b")
    world.write()
    first = start()
    first.until(lambda: first.get("/digest/latest.html")[0] == 200)
    sealed = world.public("digest/2026-03-14.json").read_bytes()
    first.end(signal.SIGKILL)
    asked = len(blog.requests)
    second = start()
    second.until(lambda: second.get("/digest/latest.html")[0] == 200)
    time.sleep(0.5)
    assert len(blog.requests) == asked
    assert world.public("digest/2026-03-14.json").read_bytes() == sealed
    assert second.end()[0] == 0


def test_a_second_one_exits_5_and_a_taken_port_exits_1_before_anything_is_polled(
    world: World, start: Callable[..., Program], tmp_path: Path
) -> None:
    blog = world.blog("One", "a")
    world.write()
    first = start()
    first.until(lambda: first.get("/digest/latest.html")[0] == 200)
    world.run("run", "--port", "0", code=5)
    assert f"pid {first.process.pid}" in world.said
    asked = len(blog.requests)
    other = World(tmp_path / "other")
    other.folder.mkdir()
    other.write([blog])
    other.run("run", "--port", str(first.port), code=1)
    assert (
        other.said.strip()
        == f"cannot serve on 127.0.0.1:{first.port}: Address already in use; try --port {first.port + 1}"
    )
    assert len(blog.requests) == asked


@pytest.mark.fault(12)
def test_a_saved_file_is_picked_up_and_a_half_saved_one_is_not(world: World, start: Callable[..., Program]) -> None:
    """SIGHUP looks at once; a save alone is seen within a tick. What is broken is told, what was good stays."""
    world.blog("One", "a")
    world.settings = "callback: https://example.org/push"
    path = world.write()
    program = start("--no-serve")
    program.until(lambda: world.public("digest/latest.html").is_file())
    assert "`callback` has no effect with --no-serve" in program.log.read_text()
    two = world.blog("Two", "b")
    world.write()
    program.until(lambda: "b" in world.titles())
    assert "feeds.yaml: 1 source added (polling it now)" in program.log.read_text()
    good = path.read_text()
    path.write_text(good[: good.index(two.url)] + '"http://half')
    program.process.send_signal(signal.SIGHUP)
    program.until(lambda: "still using the version of 07:00" in program.log.read_text())
    told = next(line for line in program.log.read_text().splitlines() if "still using" in line)
    line = good[: good.index(two.url)].count("\n") + 1
    assert told.startswith(f"feeds.yaml:{line}:")
    assert "is the file half saved?" in told
    path.write_text(good)
    program.process.send_signal(signal.SIGHUP)
    program.until(lambda: "feeds.yaml: saved, in force" in program.log.read_text())
    world.blog("Three").broken = lambda handler: handler.send_error(404)
    world.write()
    program.process.send_signal(signal.SIGHUP)
    program.until(lambda: "not found (404) · feeds.yaml:" in program.log.read_text())
    code, seconds = program.end()
    assert (code, seconds < 20) == (0, True)


def test_a_service_manager_hears_that_it_is_ready_alive_and_stopping(
    world: World, start: Callable[..., Program], tmp_path: Path
) -> None:
    world.blog("One", "a")
    world.write()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        program = start(environment={"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"})
        heard = {manager.recv(4096).partition(b"=")[0] for _ in range(5)}
        assert heard == {b"READY", b"WATCHDOG"}
        program.process.send_signal(signal.SIGTERM)
        while manager.recv(4096) != b"STOPPING=1":
            pass
        assert program.process.wait(60) == 0


def test_behind_a_proxy_under_a_path(world: World, start: Callable[..., Program]) -> None:
    """Pages link relatively, so they hold under any path; what is measured stands beside it."""
    world.blog("One", "a")
    world.settings = "link: https://example.org/feeds/"
    world.write()
    program = start("--base-path", "/feeds", "--trust-proxy", "127.0.0.1", "--access-log")
    program.until(lambda: program.get("/feeds/digest/latest.html")[0] == 200)
    assert program.get("/feeds/atom.xml", **{"X-Forwarded-For": "203.0.113.9"})[0] == 200
    assert program.get("/atom.xml")[0] == 404
    assert program.get("/healthz")[:2] == (200, b"ok\n")
    program.until(lambda: b'aggregator_digest_age_seconds{series="main"} 0\n' in program.get("/metrics")[1])
    metrics = program.get("/metrics")[1].decode().splitlines()
    assert 'aggregator_polls_total{outcome="changed"} 1' in metrics
    assert any(line.startswith('aggregator_http_answers_total{status="200"} ') for line in metrics)
    assert program.end()[0] == 0
    log = program.log.read_text()
    assert "203.0.113.9 GET /feeds/atom.xml 200" in log
    assert f"Serving http://127.0.0.1:{program.port}/feeds/" in log
    assert "Feeds and pages name" not in log


@pytest.mark.slow
@pytest.mark.fault(7)
@pytest.mark.parametrize("harm", ["overwritten", "removed"])
def test_a_store_that_breaks_under_it_is_made_anew_and_nothing_is_announced_twice(
    world: World, start: Callable[..., Program], harm: str
) -> None:
    blog = world.blog("One", "a")
    world.write()
    program = start(environment={"NOTIFY_SOCKET": str(world.folder / "notify")})
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(world.folder / "notify"))
        program.until(lambda: program.get("/digest/latest.html")[0] == 200)
        kept, sealed = world.public("feed.json").read_bytes(), world.public("digest/2026-03-14.json").read_bytes()
        world.post(blog, "b")
        _break(world.folder / "data" / "aggregator.db", harm)
        program.until(lambda: world.public("feed.json").read_bytes() != kept and program.get("/atom.xml")[0] == 200)
        assert world.titles() == ["b", "a"]
        assert world.public("digest/2026-03-14.json").read_bytes() == sealed
        log = program.log.read_text()
        assert log.count("recovered from") == 1
        assert "Traceback" not in log
        assert world.run("status").count("One") == 1
        assert program.end()[0] == 0
        manager.setblocking(False)
        heard = [manager.recv(4096).partition(b"=")[0] for _ in range(3)]
        assert heard == [b"READY", b"READY", b"STOPPING"], "a new store is no end"


def _break(path: Path, harm: str) -> None:
    """Its file is gone, or full of something else; another process writes, so what is in memory is read again."""
    with closing(sqlite3.connect(path)) as sql:
        sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        sql.execute("UPDATE meta SET value = value")
        if harm == "removed":
            shutil.rmtree(path.parent)
            return
        path.write_bytes(b"not a page of it " * (path.stat().st_size // 17 + 1))
        sql.commit()


def test_what_a_hub_brings_is_published_and_said(world: World, start: Callable[..., Program], tmp_path: Path) -> None:
    """The whole program: found, asked for over https, verified, delivered, in the feed; the callback in no log."""
    authority = Authority(trustme.CA())
    authority.made.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with Web() as web, Hub(authority.server("localhost")) as hub:
        links = {"Link": f'<{hub.url}>; rel="hub"'}
        feed = web.on("/feed", Answer(200, rss(["a"]), links)).replace("127.0.0.1", "localhost")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        (world.folder / "feeds.yaml").write_text(
            f"timezone: UTC\ncallback: http://127.0.0.1:{port}/push/\n"
            f"sources: [{{url: '{feed}', allow_private: true}}]\n"
        )
        program = start("--port", str(port), "--access-log", environment={"SSL_CERT_FILE": str(tmp_path / "ca.pem")})
        program.port = port
        program.until(lambda: hub.subscribers != {})
        (callback,) = hub.subscribers
        assert hub.deliver(callback, rss(["pushed"])).status == 202
        program.until(lambda: b"pushed" in program.get("/atom.xml")[1])
        assert web.targets() == ["/feed"]
        assert program.end()[0] == 0
    assert "push by localhost:" in world.run("status", "--json")
    assert "push        push by localhost:" in world.run("explain", "https://made-up.example/pushed")
    assert callback.rpartition("/")[2] not in program.log.read_text()
