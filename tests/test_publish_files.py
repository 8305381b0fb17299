from __future__ import annotations

import os
import threading
from itertools import pairwise
from pathlib import Path

import pytest

from aggregator.errors import PublishError
from aggregator.publish.files import write_all


def everything(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_what_differs_is_written_and_named_in_order(tmp_path: Path) -> None:
    files = {"b.xml": b"1", "tags/new-work/atom.xml": b"2", "a.html": b""}
    assert write_all(tmp_path / "public", files) == ["b.xml", "tags/new-work/atom.xml", "a.html"]
    assert everything(tmp_path / "public") == files
    assert write_all(tmp_path / "public", files | {"a.html": b"x", "c": b"y"}) == ["a.html", "c"]
    assert write_all(tmp_path / "public", {}) == []


@pytest.mark.polite("E01")
def test_what_is_equal_is_not_touched(tmp_path: Path) -> None:
    write_all(tmp_path, {"atom.xml": b"one", "same-size": b"abc"})
    for name in ("atom.xml", "same-size"):
        os.utime(tmp_path / name, ns=(1, 1))
    before = (tmp_path / "atom.xml").stat()
    assert write_all(tmp_path, {"atom.xml": b"one", "same-size": b"abd"}) == ["same-size"]
    after = (tmp_path / "atom.xml").stat()
    assert (after.st_mtime_ns, after.st_ino, after.st_ctime_ns) == (1, before.st_ino, before.st_ctime_ns)
    assert (tmp_path / "same-size").stat().st_mtime_ns != 1


def test_a_file_in_parts_is_that_of_their_sum(tmp_path: Path) -> None:
    parts = (b"one", memoryview(b"a two b")[2:5], b"")
    assert write_all(tmp_path, {"atom.xml": parts}) == ["atom.xml"]
    assert everything(tmp_path) == {"atom.xml": b"onetwo"}
    assert write_all(tmp_path, {"atom.xml": parts}) == write_all(tmp_path, {"atom.xml": b"onetwo"}) == []
    assert write_all(tmp_path, {"atom.xml": (b"one", b"tow")}) == ["atom.xml"]


def test_each_version_is_a_second_later_for_readers_that_ask_by_last_modified(tmp_path: Path) -> None:
    """Three versions within a second, then a clock that was an hour ahead is set back; found with newsboat."""
    path, seconds = tmp_path / "atom.xml", []
    for number in range(5):
        write_all(tmp_path, {"atom.xml": f"version {number}".encode()})
        seconds.append(int(path.stat().st_mtime))
        if number == 2:
            ahead = path.stat().st_mtime + 3600
            os.utime(path, (ahead, ahead))
            seconds.append(int(ahead))
    assert all(later > earlier for earlier, later in pairwise(seconds)), seconds


def test_files_are_for_everybody_to_read(tmp_path: Path) -> None:
    write_all(tmp_path, {"atom.xml": b"one"})
    assert (tmp_path / "atom.xml").stat().st_mode & 0o777 == 0o644


@pytest.mark.polite("E06")
@pytest.mark.fault(3)
def test_of_a_hundred_thousand_reads_none_is_torn(tmp_path: Path) -> None:
    """Readers open, read and close as fast as they can while a writer publishes one version after the other."""
    versions = [bytes([65 + n]) * (4_000 + 701 * n) for n in range(26)]
    path, torn, enough = tmp_path / "atom.xml", list[bytes](), threading.Event()
    write_all(tmp_path, {"atom.xml": versions[0]})

    def read() -> None:
        for _ in range(100_000):
            descriptor = os.open(path, os.O_RDONLY)
            data = os.read(descriptor, 50_000)
            os.close(descriptor)
            if not data or data != versions[data[0] - 65]:
                torn.append(data)
        enough.set()

    reader = threading.Thread(target=read)
    reader.start()
    written = 0
    while not enough.is_set():
        written += 1
        assert write_all(tmp_path, {"atom.xml": versions[written % 26]}) == ["atom.xml"]
    reader.join()
    assert not torn
    assert written > 20
    assert [found.name for found in tmp_path.iterdir()] == ["atom.xml"]


@pytest.mark.polite("E06")
@pytest.mark.fault(3)
def test_two_writers_do_not_get_into_each_others_way(tmp_path: Path) -> None:
    versions, broken = [bytes([65 + n]) * 50_000 for n in range(4)], []

    def write(version: bytes) -> None:
        try:
            for _ in range(25):
                write_all(tmp_path, {"sub/atom.xml": version})
        except PublishError as error:
            broken.append(error)

    threads = [threading.Thread(target=write, args=(version,)) for version in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not broken
    assert [path.name for path in (tmp_path / "sub").iterdir()] == ["atom.xml"]
    assert (tmp_path / "sub" / "atom.xml").read_bytes() in versions


@pytest.mark.parametrize("name", ["in-the-way/atom.xml", "in-the-way/deeper/atom.xml"])
def test_a_file_where_a_folder_should_be(tmp_path: Path, name: str) -> None:
    (tmp_path / "in-the-way").write_text("a file")
    with pytest.raises(PublishError) as caught:
        write_all(tmp_path, {"good": b"1", name: b"2", "later": b"3"})
    message = str(caught.value)
    assert message.startswith(f"publish: cannot write {tmp_path / name}: ")
    assert message.endswith("; the last good version stays")
    assert caught.value.exit_code == 4
    assert everything(tmp_path) == {"in-the-way": b"a file", "good": b"1"}


def test_a_folder_where_a_file_should_be_leaves_no_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "atom.xml").mkdir()
    with pytest.raises(PublishError, match=r"atom\.xml"):
        write_all(tmp_path, {"atom.xml": b"1"})
    assert [path.name for path in tmp_path.iterdir()] == ["atom.xml"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(tmp_path: Path) -> None:
    write_all(tmp_path, {"atom.xml": b"1"})
    tmp_path.chmod(0o555)
    with pytest.raises(PublishError, match=r"atom\.xml"):
        write_all(tmp_path, {"atom.xml": b"2"})
    assert (tmp_path / "atom.xml").read_bytes() == b"1"
    tmp_path.chmod(0o755)


def test_a_link_is_replaced_and_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    (tmp_path / "atom.xml").symlink_to(tmp_path / "mine")
    write_all(tmp_path, {"atom.xml": b"1"})
    assert (tmp_path / "mine").read_text() == "precious"
    assert not (tmp_path / "atom.xml").is_symlink()
