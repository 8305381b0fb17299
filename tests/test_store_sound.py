"""A file is looked through at a start unless it is just as its last writer left it, less than a day ago."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.store.lock import lock_path, writer
from aggregator.store.opening import writing
from aggregator.store.sound import still

NOW = datetime(2026, 3, 14, 7, 0, tzinfo=UTC)
LATER, HOUR = 10**9, timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store whose writer ended well, a second after it wrote last."""
    path = tmp_path / "aggregator.db"
    assert started(path, NOW) == []
    settled(path)
    return path


def settled(path: Path) -> None:
    """The note of the last writer is a second younger than the file: no clock of a disk is too coarse to tell."""
    written = path.stat().st_mtime_ns
    os.utime(lock_path(path), ns=(written + LATER, written + LATER))


def started(path: Path, now: datetime) -> list[str]:
    """What a writer that begins and ends now says of the file."""
    said: list[str] = []
    with writing(str(path), "poll", now, said.append):
        pass
    return said


def rotten(path: Path) -> None:
    """Another byte on the disk, and nobody wrote it."""
    told = path.stat()
    data = bytearray(path.read_bytes())
    data[2 * 4096 : 3 * 4096] = bytes(4096)
    with path.open("r+b") as file:
        file.write(data)
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))


def test_the_next_start_does_not_look_however_soon_it_comes(tmp_path: Path) -> None:
    path = tmp_path / "aggregator.db"
    for times in range(10):
        with writer(path, "poll", NOW) as held:
            assert still(path, held, NOW) == (NOW if times else None), "the note is younger than what was written"
            held.leave(held.left)
        started(path, NOW)


def test_what_nobody_wrote_is_not_looked_through_again_within_a_day_of_the_last_look(store: Path) -> None:
    for hours in (1, 23):
        with writer(store, "poll", NOW + hours * HOUR) as held:
            assert still(store, held, NOW + hours * HOUR) == NOW
            held.leave(held.left)
        settled(store)
    rotten(store)
    (told,) = started(store, NOW + 24 * HOUR)
    assert "is damaged" in told
    assert "moved aside" in told


@pytest.mark.fault(7)
def test_what_was_written_to_is_looked_through_at_once(store: Path) -> None:
    rotten(store)
    os.utime(store)
    (told,) = started(store, NOW + HOUR)
    assert "is damaged" in told


def _written_to(store: Path) -> None:
    os.utime(store)


def _grown(store: Path) -> None:
    told = store.stat()
    store.write_bytes(store.read_bytes() + bytes(4096))
    os.utime(store, ns=(told.st_atime_ns, told.st_mtime_ns))


def _another(store: Path) -> None:
    told = store.stat()
    other = store.with_name("other.db")
    other.write_bytes(store.read_bytes())
    os.utime(other, ns=(told.st_atime_ns, told.st_mtime_ns))
    other.replace(store)


def _with_a_log(store: Path) -> None:
    store.with_name(f"{store.name}-wal").write_bytes(b"of a writer that was killed")


def _in_the_same_moment(store: Path) -> None:
    told = store.stat()
    os.utime(lock_path(store), ns=(told.st_mtime_ns, told.st_mtime_ns))


def _gone(store: Path) -> None:
    store.unlink()


def _killed(store: Path) -> None:
    with pytest.raises(ZeroDivisionError), writing(str(store), "poll", NOW, print):
        raise ZeroDivisionError


def _left(text: str) -> Callable[[Path], None]:
    def leave(store: Path) -> None:
        lock_path(store).write_text(text)

    return leave


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(_written_to, id="written to"),
        pytest.param(_grown, id="another size"),
        pytest.param(_another, id="another file of its name"),
        pytest.param(_with_a_log, id="a log beside it"),
        pytest.param(_in_the_same_moment, id="a note of the moment of the last write"),
        pytest.param(_gone, id="not there"),
        pytest.param(_killed, id="a writer that did not end well"),
        pytest.param(_left(""), id="an empty lock"),
        pytest.param(_left("\0\0"), id="no JSON"),
        pytest.param(_left('{"pid": 1, "command": "poll", "since": "then"}'), id="an older version's"),
        pytest.param(_left('{"left": {"looked_at": "2026-03-14T07:00:00+00:00"}}'), id="half a note"),
        pytest.param(_left('{"left": {"looked_at": "2026-03-14T07:00:00", "file": []}}'), id="a time without zone"),
        pytest.param(_left('{"left": [1]}'), id="another shape"),
    ],
)
def test_all_else_is_looked_through(store: Path, harm: Callable[[Path], None]) -> None:
    with writer(store, "poll", NOW) as held:
        assert still(store, held, NOW) == NOW, "but for the harm it would not be"
        held.leave(held.left)
    settled(store)
    harm(store)
    with writer(store, "poll", NOW) as held:
        assert still(store, held, NOW) is None


def test_a_clock_that_was_set_back_says_nothing_of_the_last_look(store: Path) -> None:
    with writer(store, "poll", NOW - HOUR) as held:
        assert still(store, held, NOW - HOUR) is None
