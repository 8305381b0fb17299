from __future__ import annotations

import sqlite3
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.store.packing import Damaged, compress, decompress
from tests.makers import words
from tests.world import World

TEXT = words(200).encode()
SHORT = words(20).encode()


@given(st.binary())
def test_bytes_come_back_in_the_form_of_today_and_of_before(data: bytes) -> None:
    assert decompress(compress(data)) == data
    assert decompress(zlib.compress(data, 1)) == data


def test_its_first_bytes_tell_a_form_from_the_other() -> None:
    """RFC 8878, 3.1.1, and RFC 1950, 2.2: both are found in stores, side by side."""
    assert compress(TEXT)[:4] == bytes.fromhex("28b52ffd")
    assert {zlib.compress(TEXT, level)[0] for level in range(10)} == {0x78}
    assert compress(SHORT) == b"\0" + zlib.crc32(SHORT).to_bytes(4, "little") + SHORT


@pytest.mark.parametrize(("pack", "text"), [(compress, TEXT), (compress, SHORT), (zlib.compress, TEXT)])
def test_one_bit_that_is_another_is_damage_that_is_told(pack: type[bytes], text: bytes) -> None:
    """Checksums tell it: never are other bytes given back than what was packed."""
    whole = pack(text)
    for place in range(0, 8 * len(whole), 7):
        harmed = bytearray(whole)
        harmed[place // 8] ^= 1 << place % 8
        try:
            assert decompress(bytes(harmed)) == text  # zlib: how hard it was packed, which nothing depends on
        except Damaged as error:
            assert str(error).startswith("store: a packed row in it is damaged (")


@pytest.mark.parametrize(
    "data", [b"", b"{}", compress(TEXT)[:-3], compress(SHORT)[:-3], b"\0", zlib.compress(TEXT)[:-3], compress(TEXT)[:4]]
)
def test_what_is_cut_or_nothing_packed_is_damage(data: bytes) -> None:
    with pytest.raises(Damaged, match="restore a backup"):
        decompress(data)


def test_a_length_that_no_entry_has_asks_for_no_memory() -> None:
    """RFC 8878, 3.1.1.1: the frame's content size stands behind its descriptor, here after the window."""
    harmed = bytearray(compress(bytes(1 << 20)))
    assert int.from_bytes(harmed[6:10], "little") == 1 << 20
    harmed[6:10] = (0xFFFFFFF0).to_bytes(4, "little")
    with pytest.raises(Damaged, match="damaged"):
        decompress(bytes(harmed))


def test_many_threads_pack_and_unpack_at_the_same_time() -> None:
    """Pages are served while a pass records, and one compressor must not be used by two threads at a time."""
    texts = [words(30 + number).encode() * (1 + number % 5) for number in range(40)]

    def there_and_back(text: bytes) -> bytes:
        return decompress(compress(text))

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(there_and_back, texts * 5)) == texts * 5


def test_a_damaged_entry_is_told_in_one_line(world: World) -> None:
    world.blog("One", "Bread", "Cake")
    world.write()
    world.poll()
    with closing(sqlite3.connect(world.folder / "data" / "aggregator.db")) as sql, sql:
        (data,) = sql.execute("SELECT data FROM entries WHERE title = 'Cake'").fetchone()
        sql.execute("UPDATE entries SET data = ? WHERE title = 'Cake'", (data[:-6] + bytes(6),))
    world.run("explain", "https://one.example/cake", code=3)
    assert world.said.count("\n") == 1
    assert "a packed row in it is damaged" in world.said
