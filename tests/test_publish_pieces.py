"""A large file in pieces: what is read is what was put, wherever it waits, and nothing is left behind."""

from __future__ import annotations

import errno
import os
import tracemalloc
from pathlib import Path

import pytest

from aggregator.errors import PublishError
from aggregator.publish.files import write_all
from aggregator.publish.pieces import BLOCK, HELD, Opened, Spool, blocks, size


@pytest.mark.parametrize("large", [False, True])
def test_what_was_put_is_read_in_any_order(tmp_path: Path, large: bool) -> None:
    spool = Spool(tmp_path / "archive")
    sizes = [3, 0, HELD if large else 5, BLOCK + 1, 2]
    contents = [bytes([65 + number]) * length for number, length in enumerate(sizes)]
    pieces = tuple(spool.put(data) for data in contents)
    turned = (b"head", *reversed(pieces))
    assert b"".join(blocks(turned)) == b"head" + b"".join(reversed(contents))
    assert size(turned) == 4 + sum(sizes)
    assert spool.put(b"more").size == 4
    assert b"".join(blocks(pieces)) == b"".join(contents)
    assert (tmp_path / "archive").is_dir() == large  # what is small never goes there
    assert not list(tmp_path.rglob("*.*"))


def test_a_file_is_read_as_it_was_when_it_was_opened(tmp_path: Path) -> None:
    write_all(tmp_path, {"a": b"0123456789"})
    file = Opened.at(tmp_path / "a")
    write_all(tmp_path, {"a": b"other"})
    parts = (file.piece(0, 3), b"-", file.piece(8), file.piece(20), file.piece().part(slice(4, 6)))
    assert write_all(tmp_path, {"a": parts}) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"012-8945"
    assert write_all(tmp_path, {"a": parts}) == []


def test_a_file_that_was_cut_meanwhile_is_not_passed_on_as_whole(tmp_path: Path) -> None:
    (tmp_path / "from").write_bytes(b"x" * 100)
    piece = Opened.at(tmp_path / "from").piece()
    (tmp_path / "from").write_bytes(b"x" * 50)
    with pytest.raises(PublishError, match="cut while it was read"):
        write_all(tmp_path, {"to": (piece,)})
    assert [path.name for path in tmp_path.iterdir()] == ["from"]


def test_a_large_file_is_written_and_compared_without_being_held(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    parts = tuple(spool.put(os.urandom(BLOCK)) for _ in range(20))
    tracemalloc.start()
    try:
        assert write_all(tmp_path, {"a": parts}) == ["a"]
        assert write_all(tmp_path, {"a": parts}) == []
        assert tracemalloc.get_traced_memory()[1] < 4 * BLOCK
    finally:
        tracemalloc.stop()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "in-the-way").touch()
    with pytest.raises(PublishError, match=r"in-the-way: .*the last good version stays"):
        Spool(tmp_path / "in-the-way").put(b"x" * (HELD + 1))


@pytest.mark.fault(4)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full is Linux's")
def test_a_disk_that_is_full_is_told(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.put(b"x" * (HELD + 1))
    with Path("/dev/full").open("wb", buffering=0) as full:
        spool._hold(full)
        with pytest.raises(PublishError, match=os.strerror(errno.ENOSPC)):
            spool.put(b"x")
