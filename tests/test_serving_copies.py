from __future__ import annotations

import gzip
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from aggregator.publish.files import write_all
from aggregator.serving.copies import Copies, File, Versions, inside, is_unchanged

LONG = b"<p>A long text that is worth packing.</p>" * 100
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


def feed_of(*names: str) -> bytes:
    """An Atom document with an entry for each name."""
    entries = "".join(f"<entry><id>urn:{name}</id><title>{name}</title></entry>" for name in names)
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><id>urn:feed</id>{entries}</feed>".encode()


@pytest.fixture
def copies(tmp_path: Path) -> Copies:
    write_all(tmp_path, {"atom.xml": LONG, "short.txt": b"short"})
    return Copies(tmp_path)


def text(copies: Copies, name: str) -> bytes | None:
    found = copies.known(name) or copies.read(name)
    return found.file.plain if found else None


@pytest.mark.polite("E12")
def test_a_version_is_packed_once_not_for_each_reader(copies: Copies) -> None:
    assert copies.known("atom.xml") is None
    first = copies.read("atom.xml")
    assert first is not None
    assert gzip.decompress(first.file.packed or b"") == LONG
    with ThreadPoolExecutor(8) as pool:
        assert all(found is first for found in pool.map(copies.read, ["atom.xml"] * 50))
    assert copies.known("atom.xml") is first


def test_what_is_known_waits_for_nothing_that_is_read(copies: Copies, tmp_path: Path) -> None:
    """A pipe takes as long as its writer likes; it is no plain file, so it is not even opened."""
    os.mkfifo(tmp_path / "pipe.xml")
    assert copies.read("pipe.xml") is None
    copies.read("atom.xml")
    with copies._reading:
        assert copies.known("atom.xml") is not None


@pytest.mark.parametrize("how", ["replaced", "written over", "same size and time"])
def test_another_version_is_noticed_by_the_look_at_the_file(copies: Copies, tmp_path: Path, how: str) -> None:
    assert text(copies, "short.txt") == b"short"
    path = tmp_path / "short.txt"
    stat = path.stat()
    if how == "written over":
        path.write_bytes(b"other")
    else:
        write_all(tmp_path, {"short.txt": b"other"})
    if how == "same size and time":
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert copies.known("short.txt") is None
    assert text(copies, "short.txt") == b"other"
    path.unlink()
    assert text(copies, "short.txt") is None


def test_what_was_known_and_became_a_way_out_is_not_served(copies: Copies, tmp_path: Path) -> None:
    outside = tmp_path.parent / "outside.txt"
    outside.write_bytes(b"short")
    assert text(copies, "short.txt") == b"short"
    (tmp_path / "short.txt").unlink()
    (tmp_path / "short.txt").symlink_to(outside)
    assert text(copies, "short.txt") is None


def test_memory_is_bounded_and_what_is_asked_for_stays(tmp_path: Path) -> None:
    names = [f"{number}.bin" for number in range(10)]
    write_all(tmp_path, {name: os.urandom(1000) for name in names} | {"huge.xml": LONG * 2})
    copies = Copies(tmp_path, most=3500)
    for name in names:
        assert text(copies, name) is not None
        assert text(copies, "0.bin") is not None
        assert copies.weight <= 3500
    assert [name for name in names if copies.known(name)] == ["0.bin", "8.bin", "9.bin"]
    huge = copies.read("huge.xml")
    assert huge is not None
    assert (huge.file.plain, huge.file.packed, huge.file.size) == (b"", None, 2 * len(LONG))
    assert copies.known("huge.xml") is huge
    assert copies.weight == 3000  # nothing had to go for it


def test_what_is_read_from_the_disk_is_the_version_that_was_told(tmp_path: Path) -> None:
    write_all(tmp_path, {"huge.xml": LONG})
    first = Copies(tmp_path, most=10).read("huge.xml")
    held = Copies(tmp_path).read("huge.xml")
    assert first is not None
    assert held is not None
    assert first.file.digest == held.file.digest
    assert first.file.on_disk is not None
    with first.file.on_disk.opened() or BytesIO() as stream:
        write_all(tmp_path, {"huge.xml": LONG + b"more"})
        assert stream.read() == LONG
    assert first.file.on_disk.opened() is None
    (tmp_path / "huge.xml").unlink()
    assert first.file.on_disk.opened() is None


def test_a_version_that_replaces_another_does_not_count_twice(copies: Copies, tmp_path: Path) -> None:
    for number in range(5):
        write_all(tmp_path, {"short.txt": b"x" * (number + 1)})
        copies.read("short.txt")
    assert copies.weight == 5


def test_many_threads_leave_the_count_right(tmp_path: Path) -> None:
    names = [f"{number}.bin" for number in range(20)]
    write_all(tmp_path, {name: bytes(100) for name in names})
    copies, start = Copies(tmp_path, most=1000), threading.Barrier(4)

    def ask(first: int) -> None:
        start.wait(60)
        for turn in range(200):
            text(copies, names[(first * 5 + turn * 7) % 20])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(4)))
    assert copies.weight == 100 * sum(copies.known(name) is not None for name in names)
    assert copies.weight <= 1000


@pytest.mark.parametrize("name", ["../x", "a/../atom.xml", ".hidden", "a\0b", "none", "", ".", "a" * 5000])
def test_only_plain_files_of_the_folder_are_found(copies: Copies, tmp_path: Path, name: str) -> None:
    assert inside(tmp_path, name) is None
    assert copies.read(name) is None


def test_an_unreadable_file_is_not_there(copies: Copies, tmp_path: Path) -> None:
    (tmp_path / "short.txt").chmod(0)
    if os.access(tmp_path / "short.txt", os.R_OK):
        pytest.skip("root reads everything")
    assert copies.read("short.txt") is None


@pytest.mark.parametrize(
    ("tags", "since", "unchanged"),
    [
        (['"d"'], None, True),
        (['"d-gzip"'], None, True),
        (["*"], None, True),
        (['"e"', '"d"'], None, True),
        (['"e"'], NOON, False),
        ([""], NOON, False),
        ([], NOON, True),
        ([], NOON.replace(hour=11), False),
        ([], None, False),
    ],
)
def test_conditions(tags: list[str], since: datetime | None, unchanged: bool) -> None:
    assert is_unchanged(File(b"", None, "d", NOON), tags, since) is unchanged


def test_old_versions_are_forgotten_first() -> None:
    versions = Versions(most=2)
    files = [File(feed_of("a", str(n)), None, f"version {n}", NOON) for n in range(3)]
    for file in files:
        assert versions.since("atom.xml", file, []) is None
    assert versions.since("atom.xml", files[2], ['"version 0"']) is None
    found = versions.since("atom.xml", files[2], ['"version 1-gzip"'])
    assert found is not None
    assert found[0] == '"version 1-gzip"'
