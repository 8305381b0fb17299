from __future__ import annotations

import contextlib
import gzip
import time
import zlib
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import FetchError
from aggregator.fetch.body import LIMIT, MOST_MEMBERS, decoded

TEXT = b"<?xml version='1.0'?><rss>" + b"".join(b"<item>%d</item>" % n for n in range(500)) + b"</rss>"


def pack_zlib(data: bytes) -> bytes:
    return zlib.compress(data)


def pack_raw(data: bytes) -> bytes:
    machine = zlib.compressobj(9, zlib.DEFLATED, -15)
    return machine.compress(data) + machine.flush()


def in_pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("", TEXT),
        ("identity", TEXT),
        (" , identity,", TEXT),
        ("gzip", gzip.compress(TEXT)),
        ("X-GZIP", gzip.compress(TEXT)),
        ("deflate", pack_zlib(TEXT)),
        ("deflate", pack_raw(TEXT)),
        ("deflate", gzip.compress(TEXT)),  # the label is wrong, the bytes tell
        ("gzip", pack_zlib(TEXT)),
        ("gzip", TEXT),
        ("deflate", TEXT),
        ("gzip, gzip", gzip.compress(gzip.compress(TEXT))),
        ("deflate, gzip", gzip.compress(pack_raw(TEXT))),
        ("gzip, deflate", pack_zlib(gzip.compress(TEXT))),
        ("gzip, identity", gzip.compress(TEXT)),
        ("gzip, gzip", gzip.compress(TEXT)),  # labelled twice, packed once
    ],
)
@pytest.mark.parametrize("size", [1, 7, 600, 2**20])
def test_every_coding_is_undone_however_it_arrives(coding: str, packed: bytes, size: int) -> None:
    assert decoded(in_pieces(packed, size), coding) == TEXT


@pytest.mark.parametrize("coding", ["", "gzip", "deflate", "gzip, deflate"])
def test_nothing_stays_nothing(coding: str) -> None:
    assert decoded([], coding) == b""
    assert decoded([b"", b""], coding) == b""


@pytest.mark.parametrize("pack", [gzip.compress, pack_zlib, pack_raw])
def test_a_cut_or_broken_body_is_a_failure(pack: Callable[[bytes], bytes]) -> None:
    packed = pack(TEXT)
    for cut in (len(packed) // 2, len(packed) - 1):
        with pytest.raises(FetchError, match="cut short") as caught:
            decoded([packed[:cut]], "deflate")
        assert caught.value.kind == "body"


def test_a_wrong_checksum_is_a_failure() -> None:
    packed = bytearray(gzip.compress(TEXT))
    packed[-6] ^= 1
    with pytest.raises(FetchError, match="broken") as caught:
        decoded([bytes(packed)], "gzip")
    assert caught.value.kind == "body"


@pytest.mark.parametrize("size", [1, 5, 2**20])
@pytest.mark.parametrize("junk", [b"\0", b"\0" * 600, b"<!-- cached -->", b"\x1fno"])
def test_junk_after_the_end_is_ignored(junk: bytes, size: int) -> None:
    assert decoded(in_pieces(gzip.compress(TEXT) + junk, size), "gzip") == TEXT


@pytest.mark.parametrize("boundary", [0, 1, 2])
def test_members_follow_one_another_wherever_the_pieces_end(boundary: int) -> None:
    one, two = gzip.compress(TEXT), gzip.compress(b"more")
    both = one + two
    assert decoded([both[: len(one) + boundary], both[len(one) + boundary :]], "gzip") == TEXT + b"more"
    with pytest.raises(FetchError, match="cut short"):
        decoded([both[:-3]], "gzip")


@pytest.mark.parametrize("size", [65535, 65536, 65537, 131072])
@pytest.mark.parametrize("pack", [gzip.compress, pack_zlib, pack_raw])
def test_a_body_of_just_full_pieces_loses_no_byte(pack: Callable[[bytes], bytes], size: int) -> None:
    assert decoded([pack(b"\0" * size)], "deflate") == b"\0" * size


def test_an_unknown_coding_is_said() -> None:
    for coding in ("br", "zstd", "gzip, br", "x" * 5000):
        with pytest.raises(FetchError, match="not asked for") as caught:
            decoded([b"x"], coding)
        assert len(str(caught.value)) < 200
    with pytest.raises(FetchError, match="6 times"):
        decoded([b"x"], ", ".join(["gzip"] * 6))


@pytest.fixture(scope="module")
def bomb() -> bytes:
    return gzip.compress(b"\0" * (64 * 2**20))


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_bomb_is_stopped_early(bomb: bytes, layers: int) -> None:
    for _ in range(layers - 1):
        bomb = gzip.compress(bomb)
    began = time.process_time()
    with pytest.raises(FetchError, match="larger than 32 MiB") as caught:
        decoded(in_pieces(bomb, 65536), ", ".join(["gzip"] * layers))
    assert caught.value.kind == "limit"
    assert time.process_time() - began < 1


def test_the_limit_is_exact() -> None:
    assert len(decoded([b"x" * 100], "", limit=100)) == 100
    assert len(decoded([gzip.compress(b"x" * 100)], "gzip", limit=100)) == 100
    for body, coding in ((b"x" * 101, ""), (gzip.compress(b"x" * 101), "gzip")):
        with pytest.raises(FetchError):
            decoded([body], coding, limit=100)


def test_a_stream_that_says_nothing_for_ever_ends_at_the_limit() -> None:
    def empty_blocks() -> Iterator[bytes]:
        yield b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
        while True:
            yield b"\0\0\0\xff\xff" * 13_000

    for endless in (empty_blocks(), iter(lambda: b"x" * 65536, b"")):
        with pytest.raises(FetchError) as caught:
            decoded(endless, "gzip")
        assert caught.value.kind == "limit"


def test_thousands_of_members_are_an_attack() -> None:
    assert decoded([gzip.compress(b"x") * MOST_MEMBERS], "gzip") == b"x" * MOST_MEMBERS
    with pytest.raises(FetchError) as caught:
        decoded([gzip.compress(b"x") * (MOST_MEMBERS + 1)], "gzip")
    assert caught.value.kind == "limit"


@pytest.mark.parametrize(
    ("broken", "raised"), [(ConnectionResetError, FetchError), (OSError, FetchError), (TimeoutError, TimeoutError)]
)
def test_a_connection_that_breaks_within_a_body_is_the_answers_fault(broken: type[Exception], raised: type) -> None:
    def breaking() -> Iterator[bytes]:
        yield b"<rss>"
        raise broken

    with pytest.raises(raised) as caught:
        decoded(breaking(), "")
    assert getattr(caught.value, "kind", "body") == "body"


@given(st.binary(max_size=3000), st.sampled_from(("gzip", "deflate", "deflate, gzip")))
def test_no_bytes_raise_anything_but_a_fetch_error(noise: bytes, coding: str) -> None:
    for body in (noise, b"\x1f\x8b" + noise, gzip.compress(noise)[:-4] + noise):
        with contextlib.suppress(FetchError):
            assert len(decoded([body], coding)) <= LIMIT


@given(st.lists(st.binary(max_size=300), max_size=6), st.integers(1, 400))
def test_what_was_packed_comes_back(parts: list[bytes], size: int) -> None:
    members = b"".join(map(gzip.compress, parts))
    assert decoded(in_pieces(members, size), "gzip") == b"".join(parts)
