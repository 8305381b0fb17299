from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.errors import AlreadyRunning, StoreError
from aggregator.store.lock import Holder, holder, lock_path, writer

NOW = datetime(2026, 3, 14, 7, 0, tzinfo=UTC)
HOLD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from aggregator.store.lock import writer
with writer(Path(sys.argv[1]), "run", datetime(2026, 3, 14, 6, 30, tzinfo=UTC)):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "data" / "aggregator.db"


@pytest.fixture
def other(store: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its stdin ends or it is killed."""
    root = str(Path(__file__).parent.parent)
    command = [sys.executable, "-c", HOLD, str(store)]
    with subprocess.Popen(command, cwd=root, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


@pytest.mark.fault(9)
def test_a_second_process_is_refused_and_told_who_and_since_when(other: subprocess.Popen[str], store: Path) -> None:
    with pytest.raises(AlreadyRunning) as caught, writer(store, "poll", NOW):
        pytest.fail("two writers")
    assert str(caught.value) == (
        f"already running: `aggregator run` (pid {other.pid}, since 2026-03-14T06:30:00Z) writes to {store}"
    )
    assert caught.value.exit_code == 5
    assert holder(store) == Holder(other.pid, "run", "2026-03-14T06:30:00Z")


@pytest.mark.fault(9)
def test_the_lock_dies_with_its_process(other: subprocess.Popen[str], store: Path) -> None:
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert holder(store) is None
    with writer(store, "poll", NOW):
        assert holder(store) == Holder(os.getpid(), "poll", "2026-03-14T07:00:00Z")


def test_a_lock_ends_with_its_block_also_by_an_exception(store: Path) -> None:
    assert holder(store) is None
    with pytest.raises(ZeroDivisionError), writer(store, "poll", NOW):
        raise ZeroDivisionError
    assert holder(store) is None
    with writer(store, "digest", NOW):
        assert holder(store) == Holder(os.getpid(), "digest", "2026-03-14T07:00:00Z")


def test_a_shorter_command_leaves_nothing_of_a_longer_one(store: Path) -> None:
    for command in ("a rather long command", "run"):
        with writer(store, command, NOW):
            assert json.loads(lock_path(store).read_text())["command"] == command


@pytest.mark.parametrize("scribble", ["", "{", "[]", "null", '{"pid": "x"}', '{"pid": 1}', "\udcff"])
def test_a_lock_that_cannot_be_read_is_held_all_the_same(
    other: subprocess.Popen[str], store: Path, scribble: str
) -> None:
    lock_path(store).write_bytes(scribble.encode("utf-8", "surrogateescape"))
    assert holder(store) == Holder(0, "another command", "unknown")
    with pytest.raises(AlreadyRunning, match="another command"), writer(store, "poll", NOW):
        pytest.fail("two writers")


@pytest.mark.fault(9)
def test_an_old_lock_file_is_no_lock(store: Path) -> None:
    store.parent.mkdir()
    lock_path(store).write_text('{"pid": 1, "command": "run", "since": "2020-01-01T00:00:00Z"}')
    assert holder(store) is None
    with writer(store, "poll", NOW):
        pass


@pytest.mark.fault(9)
def test_in_two_containers_with_equal_pids_the_lock_counts_and_not_the_pid(
    other: subprocess.Popen[str], store: Path
) -> None:
    """The other one's file names our own pid: it is refused all the same."""
    told = {"pid": os.getpid(), "command": "run", "since": "2026-03-14T06:30:00Z"}
    lock_path(store).write_text(json.dumps(told))
    with pytest.raises(AlreadyRunning, match=f"pid {os.getpid()}"), writer(store, "poll", NOW):
        pytest.fail("two writers")


def test_looking_does_not_keep_a_writer_out(store: Path) -> None:
    enough = threading.Event()

    def look() -> None:
        while not enough.is_set():
            holder(store)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(100):
            with writer(store, "poll", NOW):
                pass
    finally:
        enough.set()
        for thread in threads:
            thread.join()


def test_a_folder_that_cannot_be_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="file"), writer(tmp_path / "file" / "aggregator.db", "poll", NOW):
        pytest.fail("no such folder")
    assert holder(tmp_path / "file" / "aggregator.db") is None
