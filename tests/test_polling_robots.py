from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.polling.robots import MOST_READ, allows

HOST = "https://shop.example.org"
BOTH = "User-agent: fow-aggregator\nDisallow: /ours\n\nUser-agent: *\nDisallow: /all\n"


@pytest.mark.parametrize(
    ("robots", "path", "allowed"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: /", "/robots.txt", True),
        ("user-AGENT : * \n disallow:/a # no\n", "/a/b", False),
        ("User-agent: *\nDisallow: /a", "/b", True),
        ("User-agent: *\nDisallow: /a", "/about", False),  # a prefix, not a folder
        ("User-agent: *\nDisallow: /A", "/a", True),
        (BOTH, "/all", True),  # the group that names us is the only one
        (BOTH, "/ours", False),
        ("User-agent: Fow-Aggregator/9.1 (x)\nDisallow: /", "/a", False),
        ("User-agent: fow\nDisallow: /", "/a", True),
        ("User-agent: other\nUser-agent: fow-aggregator\nDisallow: /a", "/a", False),
        (("User-agent: fow-aggregator\nDisallow: /a\nUser-agent: other\nAllow: /\nUser-agent: fow-aggregator\n"
         "Disallow: /b"), "/b", False),  # groups for us are one
        ("User-agent: fow-aggregator\nCrawl-delay: 1\n\nUser-agent: *\nDisallow: /", "/a", False),  # one group: no rule
        ("User-agent: fow-aggregator\nAllow: /\n\nUser-agent: *\nDisallow: /", "/a", True),
        ("Disallow: /a", "/a", True),  # a rule of no group
        # the longest rule, whatever the order; of two alike the one that allows
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("User-agent: *\nAllow: /a/b\nDisallow: /a", "/a/c", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a", "/a", True),
        # wildcards
        ("User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf?z", True),
        ("User-agent: *\nDisallow: *", "/x", False),
        ("User-agent: *\nDisallow: /a*b*c", "/a1b2c3", False),
        ("User-agent: *\nDisallow: /a*b*c", "/a1c2b3", True),
        ("User-agent: *\nDisallow: /a$", "/a", False),
        ("User-agent: *\nDisallow: /a$", "/ab", True),
        ("User-agent: *\nDisallow: /*ab$", "/ab", False),
        ("User-agent: *\nDisallow: /ab*b$", "/ab", True),  # no letter is used twice
        ("User-agent: *\nDisallow: /*?print=", "/a?print=1", False),
        # one spelling (2.2.2)
        ("User-agent: *\nDisallow: /über", "/%C3%BCber", False),
        ("User-agent: *\nDisallow: /%7ejoe", "/~joe", False),
        ("User-agent: *\nDisallow: /a%2fb", "/a%2Fb", False),
        ("User-agent: *\nDisallow: /a%2fb", "/a/b", True),
        ("\ufeffUser-agent: *\r\nDisallow: /a\r\n", "/a", False),
    ],
)  # fmt: skip
def test_what_a_host_allows(robots: str, path: str, allowed: bool) -> None:
    assert allows(robots.encode(), HOST + path) is allowed


@given(st.binary(max_size=300), st.text(max_size=50))
def test_any_bytes_have_an_answer(robots: bytes, path: str) -> None:
    assert allows(robots, f"{HOST}/{path}") in (True, False)


def test_a_huge_file_is_read_as_far_as_it_must_be_and_in_no_time() -> None:
    started = time.process_time()
    assert allows(b"User-agent: *\nDisallow: /" + b"*a" * MOST_READ, HOST + "/aa" * 3000)
    assert allows(b"User-agent: *\n" + b"#" * MOST_READ + b"\nDisallow: /", HOST + "/a")
    assert time.process_time() - started < 10
