"""Addresses as they stand in a request: what is read quickly is what httpx reads, and nothing else is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fetch import unusual
from aggregator.fetch.address import Address, _target, parts_of

PLAIN = {
    "http://blog.example": Address(b"http", b"blog.example", None, b"blog.example", b"/"),
    "http://blog.example:80/a": Address(b"http", b"blog.example", None, b"blog.example", b"/a"),
    "https://blog.example:80/a": Address(b"https", b"blog.example", 80, b"blog.example:80", b"/a"),
    "https://blog.example:0443/": Address(b"https", b"blog.example", None, b"blog.example", b"/"),
    "https://blog.example?a=1": Address(b"https", b"blog.example", None, b"blog.example", b"/?a=1"),
    "https://blog.example/a?": Address(b"https", b"blog.example", None, b"blog.example", b"/a?"),
    "http://127.0.0.1:8080/%7Ea//b/../c;d?x=%20|": Address(
        b"http", b"127.0.0.1", 8080, b"127.0.0.1:8080", b"/%7Ea//b/../c;d?x=%20|"
    ),
}
UNUSUAL = {
    "HTTP://Blog.Example/A": Address(b"http", b"blog.example", None, b"blog.example", b"/A"),
    "https://b\u00fccher.example/\u00e4": Address(
        b"https", b"xn--bcher-kva.example", None, b"xn--bcher-kva.example", b"/%C3%A4"
    ),
    "http://[2001:db8::1]:81/": Address(b"http", b"2001:db8::1", 81, b"[2001:db8::1]:81", b"/"),
    "http://127.1/": Address(b"http", b"127.1", None, b"127.1", b"/"),
}


@pytest.mark.parametrize("url", [*PLAIN, *UNUSUAL])
def test_an_address_in_its_parts(url: str) -> None:
    assert parts_of(url) == (PLAIN | UNUSUAL)[url]


@pytest.mark.parametrize("url", ["http://256.1.1.1/", "http://01.2.3.4/", "http://[::1/", "http://a b/\x00"])
def test_what_cannot_be_asked(url: str) -> None:
    with pytest.raises(ValueError, match=r"address|URL|hostname|port"):
        parts_of(url)


pieces = st.sampled_from(
    ["http", "https", "://", "a", "-", ".", "..", "1", "127.0.0.1", ":80", ":", "/", "?", "#", "@", "%"]
)


def told(url: str, read: Callable[[str], Address]) -> Address | None:
    try:
        return read(url)
    except ValueError:
        return None


@given(st.lists(pieces | st.text(max_size=3), max_size=12).map("".join).map("http://{}".format))
def test_what_is_plain_is_read_as_httpx_reads_it(url: str) -> None:
    assert told(url, parts_of) == told(url, lambda url: Address(*unusual.parts_of(url), _target(url)))


def test_plain_addresses_do_without_httpx() -> None:
    code = f"import sys; from aggregator.fetch.address import parts_of\nfor url in {[*PLAIN]!r}: parts_of(url)\n"
    code += "assert 'httpx' not in sys.modules; parts_of('http://Blog.Example/'); assert 'httpx' in sys.modules\n"
    code += "assert 'rich' not in sys.modules and 'click' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
