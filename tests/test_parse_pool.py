"""Workers: what one document may cost, and that it costs no other source anything. The functions are in costly.py."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from aggregator.errors import ParseError
from aggregator.parse.document import parse_and_normalize
from aggregator.parse.pool import OVER, Pool
from aggregator.parse.worker import Watched, resident
from tests import costly
from tests.makers import POOL
from tests.web import rss
from tests.world import World

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 3, 14, 7, tzinfo=UTC)


@pytest.fixture(scope="module")
def strict() -> Iterator[Pool]:
    """A pool with limits that cost a test little."""
    pool = Pool(cpu=0.2, memory=48 << 20, most=2)
    yield pool
    pool.close()


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def ends(pid: int, seconds: float = 60) -> bool:
    """Whether a process ends; the time is only there so that a worker that stays ends the test."""
    end = time.monotonic() + seconds
    while is_alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not is_alive(pid)


def test_a_call_gives_what_the_function_gives() -> None:
    assert POOL.run(costly.double, 21) == 42
    assert POOL.run(costly.pid) != os.getpid()


def test_a_document_is_read_in_a_worker_as_it_is_read_here() -> None:
    arguments = (rss(3), "https://blog.example/feed", "application/rss+xml", NOW)
    assert POOL.run(parse_and_normalize, *arguments) == parse_and_normalize(*arguments)


@pytest.mark.parametrize(
    ("title", "link", "shown"),
    [
        ("A &amp;amp; B", "/blog", ("A & B", "https://blog.example/blog")),
        ("\u202egnp.exe", "javascript:alert(1)", ("gnp.exe", None)),
        ("", "", (None, None)),
    ],
)
def test_what_a_feed_says_of_itself_is_safe_to_show(title: str, link: str, shown: tuple[str, str]) -> None:
    body = f"<rss version='2.0'><channel><title>{title}</title><link>{link}</link></channel></rss>".encode()
    feed, _ = parse_and_normalize(body, "https://blog.example/feed", None, NOW)
    assert (feed.title, feed.link) == shown


@pytest.mark.parametrize(
    ("function", "arguments", "kind", "words"),
    [
        (costly.burn, (), "limit", "took more than 0.2 s to read: kept the last good version"),
        (costly.burn_inside_a_library, (), "limit", "took more than 0.2 s to read: kept the last good version"),
        (costly.eat, (200,), "limit", "needed more than 48 MiB to read: kept the last good version"),
        (costly.descend, (), "limit", "was nested too deeply to read: kept the last good version"),
        (costly.crash, (), "limit", "the process that read it was ended by signal 11: kept the last good version"),
        (costly.leave, (), "limit", "the process that read it was ended with code 3: kept the last good version"),
        (costly.err, (), "limit", "could not be read, a fault of this program (ZeroDivisionError in costly.py:"),
        (costly.refuse, (), "html", "an HTML page, not a feed"),
    ],
)
def test_what_goes_wrong_is_one_line_and_the_next_document_is_read(
    strict: Pool, function: Callable[..., Any], arguments: tuple[Any, ...], kind: str, words: str
) -> None:
    with pytest.raises(ParseError) as told:
        strict.run(function, *arguments)
    assert (told.value.kind, str(told.value)[: len(words)]) == (kind, words)
    assert strict.run(costly.double, 2) == 4


def test_one_that_waits_without_working_ends_too() -> None:
    pool = Pool(wall=0.3, most=1)
    try:
        with pytest.raises(ParseError, match=r"took more than 0\.3 s by the clock to read"):
            pool.run(costly.wait)
        assert pool.size == 0
    finally:
        pool.close()


def test_the_time_of_a_document_is_its_own(strict: Pool) -> None:
    """Ten documents of a tenth of a second: none is charged for those before it."""
    assert [strict.run(costly.double, n) for n in range(200)] == [2 * n for n in range(200)]


def test_others_are_read_while_one_burns() -> None:
    pool = Pool(cpu=1, most=2)
    try:
        with ThreadPoolExecutor(2) as threads:
            slow = threads.submit(pool.run, costly.burn)
            assert [pool.run(costly.double, n) for n in range(20)] == [2 * n for n in range(20)]
            assert isinstance(slow.exception(), ParseError)
    finally:
        pool.close()


def test_workers_start_when_they_are_needed_and_rest_after_a_pass() -> None:
    pool = Pool(most=2)
    try:
        assert pool.size == 0
        first = pool.run(costly.pid)
        assert {pool.run(costly.pid) for _ in range(5)} == {first}
        with ThreadPoolExecutor(8) as threads:
            seen = set(threads.map(lambda _: pool.run(costly.pid), range(40)))
        assert len(seen) <= 2
        pool.rest()
        pool.sleep()
        assert pool.size == 1, "the next document may come soon"
    finally:
        pool.close()


def test_where_many_documents_are_expected_none_waits_for_a_worker_that_could_be_started() -> None:
    together = Barrier(2)
    with closing(Pool(most=2)) as pool, ThreadPoolExecutor(2) as threads:
        pool.expect_many()
        assert (pool.size, pool.most) == (0, 2)
        assert len(set(threads.map(lambda _: together.wait() >= 0 and pool.run(costly.pid), range(2)))) == 2
        pool.rest()
        assert pool.size == 1


def test_where_nothing_is_read_for_long_no_worker_is_kept() -> None:
    with closing(Pool(quiet=0.0)) as pool:
        first = pool.run(costly.pid)
        pool.sleep()
        assert pool.size == 0
        assert pool.run(costly.pid) != first


def test_a_worker_that_grew_makes_room_for_another() -> None:
    pool = Pool(most=1)
    try:
        assert pool.run(costly.keep, 1) == pool.run(costly.keep, 100)
        assert pool.size == 0
    finally:
        pool.close()


def test_one_that_was_killed_while_idle_is_replaced(strict: Pool) -> None:
    pid = strict.run(costly.pid)
    os.kill(pid, signal.SIGKILL)
    assert ends(pid)
    assert strict.run(costly.double, 4) == 8


def test_what_ends_the_program_by_signal_leaves_the_answer_in_work(strict: Pool) -> None:
    pid = strict.run(costly.pid)
    os.kill(pid, signal.SIGTERM)
    os.kill(pid, signal.SIGINT)
    assert strict.run(costly.pid) == pid


def test_closing_ends_busy_workers_at_once_and_nothing_is_read_after_it() -> None:
    pool = Pool(most=2)
    idle = pool.run(costly.pid)
    failures: list[BaseException] = []

    def busy() -> None:
        try:
            pool.run(costly.wait)
        except ParseError as error:
            failures.append(error)

    thread = threading.Thread(target=busy)
    thread.start()
    while pool._idle:
        time.sleep(0.01)
    pool.close()
    thread.join(timeout=60)
    assert len(failures) == 1
    assert ends(idle)
    with pytest.raises(ParseError, match="about to end"):
        pool.run(costly.double, 1)
    assert pool.size == 0


@pytest.mark.parametrize(("then", "limits"), [("time.sleep(600)", ""), ("pool.run(costly.wait)", "wall=3")])
def test_no_worker_outlives_a_program_that_is_killed(then: str, limits: str) -> None:
    code = (
        f"import time\nfrom aggregator.parse.pool import Pool\nfrom tests import costly\npool = Pool({limits})\n"
        f"print(pool.run(costly.pid), flush=True)\n{then}"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT, text=True)
    assert parent.stdout is not None
    with parent:
        worker = int(parent.stdout.readline())
        parent.kill()
    assert ends(worker)


def test_workers_know_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGGREGATOR_SMTP_URL", "smtps://me:secret@mail.example")
    pool = Pool(most=1)
    try:
        assert pool.run(costly.secrets) == []
    finally:
        pool.close()


def test_where_the_kernel_bounds_nothing_a_thread_ends_the_process() -> None:
    """What macOS needs, tried here in a process of its own."""
    code = (
        "import time\nfrom aggregator.parse.worker import Watched\nwatch = Watched()\nwatch.set(1 << 30)\n"
        "small = bytearray(b'x' * (8 << 20))\nwatch.lift()\nwatch.set(32 << 20)\nprint('so far', flush=True)\n"
        "kept = bytearray(b'x' * (200 << 20))\ntime.sleep(60)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stdout) == (OVER, "so far\n")
    assert resident() > 1 << 20
    assert Watched.__doc__


# --- in the program ------------------------------------------------------------------------------------------

QUADRATIC = (
    "<rss version='2.0'><channel><title>Trap</title><item a='1' a='2'><title>x</title>"
    + "".join(f"<category>c{n}</category>" for n in range(20_000))
    + "</item></channel>"
)
"""Half a megabyte that keeps feedparser busy for 23 s: it compares each category with all before it."""


def trap(handler: Any) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(QUADRATIC)))
    handler.end_headers()
    handler.wfile.write(QUADRATIC.encode())


@pytest.mark.fault(45)
def test_a_document_that_burns_costs_its_own_source_a_line_and_the_others_nothing(world: World) -> None:
    good = [world.blog(f"Good {n}", f"Story of blog {n}") for n in range(5)]
    world.blog("Trap").broken = trap
    world.write()
    done = world.poll()
    assert [(one["title"], one["error"]) for one in done["failed"]] == [
        ("Trap", "took more than 2 s to read: kept the last good version")
    ]
    assert (done["polled"], done["new"]) == (6, len(good))
    assert set(world.titles()) == {f"Story of blog {n}" for n in range(5)}
    state = next(one for one in json.loads(world.run("status", "--json"))["sources"] if one["title"] == "Trap")
    assert (state["state"], state["failures"]) == ("failing", 1)


def test_entries_stay_when_a_source_becomes_a_trap(world: World, strict: Pool) -> None:
    world.pool = strict
    blog = world.blog("Blog", "Told before")
    world.write()
    world.poll()
    blog.broken = trap
    world.now += timedelta(hours=2)
    assert len(world.poll()["failed"]) == 1
    assert world.titles() == ["Told before"]


def test_a_pass_in_which_nothing_changed_starts_no_worker(world: World) -> None:
    pool = Pool()
    world.pool = pool
    world.blog("Blog", "Only story")
    world.write()
    try:
        world.poll()
        assert pool.size == 1
        pool.close()
        world.pool = pool = Pool()
        world.now += timedelta(hours=2)
        assert world.poll()["not_modified"] == 1
        assert pool.size == 0
    finally:
        pool.close()
