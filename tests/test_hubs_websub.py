"""What a Link header names, what a lease is, what a signature proves; the rest is tested against a hub (subscriber)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.hubs import websub
from aggregator.records import Hints, Response, Subscription
from tests.makers import DAY, HOUR, NOW, entry, parsed

BASE = "https://blog.example.org/feed"
ONE = Subscription("https://me.example/push/x", 1, "https://hub.example/", BASE, "secret", "active", next_at=NOW)
ACTIVE = replace(ONE, ends_at=NOW + DAY, delivered_at=NOW - HOUR)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("<https://hub.example/>; rel=hub", [("hub", "https://hub.example/")]),
        ('<https://hub.example/>; rel="HUB self"', [("hub", "https://hub.example/"), ("self", "https://hub.example/")]),
        ("</hub>;rel=hub", [("hub", "https://blog.example.org/hub")]),
        ('<a>; title="x, y; z"; rel="self", <b>;rel=hub', [("self", f"{BASE[:-4]}a"), ("hub", f"{BASE[:-4]}b")]),
        ("<https://hub.example/?a=1,2&b=;>; rel = hub", [("hub", "https://hub.example/?a=1,2&b=;")]),
        ("<javascript:alert(1)>; rel=hub, <file:///etc/passwd>; rel=self", []),
        ("<https://hub.example/>", []),
        ("<https://hub.example/>; prerel=hub", []),
        ("https://hub.example/; rel=hub", []),
        ("<<<>>;;rel=", []),
    ],
)
def test_the_links_of_a_header(header: str, found: list[tuple[str, str]]) -> None:
    assert list(websub.links(header, BASE)) == found


@given(st.text(alphabet='<>;=", relhubsf/:?#a', max_size=200))
def test_no_header_breaks_it_and_every_link_can_be_asked(header: str) -> None:
    assert all(url.startswith(("http://", "https://")) for _, url in websub.links(header, BASE))


def test_a_header_is_read_in_linear_time() -> None:
    assert list(websub.links("; rel=" * 100_000 + "<" * 100_000, BASE)) == []


@pytest.mark.parametrize(
    ("link", "document", "hints"),
    [
        ("", (), ((), BASE)),
        ("", ("https://d.example/",), (("https://d.example/",), f"{BASE}?self")),
        ("<https://h.example/>; rel=hub", ("https://d.example/",), (("https://h.example/",), f"{BASE}?self")),
        ("<https://t.example/>; rel=self", ("https://d.example/",), (("https://d.example/",), f"{BASE}?self")),
        ("<https://h.example/>; rel=hub, </t>; rel=self", (), (("https://h.example/",), "https://blog.example.org/t")),
    ],
)
def test_the_header_goes_before_the_document(
    link: str, document: tuple[str, ...], hints: tuple[tuple[str, ...], str]
) -> None:
    itself = f"{BASE}?self" if document else None
    feed = parsed(hints=Hints(hubs=document), self_link=itself)
    heard = websub.heard(feed, Response(BASE, 200, {"link": link})).hints
    assert (heard.hubs, heard.topic) == hints


@pytest.mark.parametrize(
    ("text", "lease"),
    [
        ("864000", 10 * DAY),
        ("60", timedelta(minutes=1)),
        ("9" * 30, 14 * DAY),
        ("", 10 * DAY),
        ("0", 10 * DAY),
        ("-1", 10 * DAY),
        ("1e9", 10 * DAY),
        ("٣", 10 * DAY),
    ],
)
def test_the_lease_that_is_granted(text: str, lease: timedelta) -> None:
    assert websub.lease_of(text) == lease


def test_a_tiny_lease_is_no_storm() -> None:
    renewed = websub.verified(websub.asked(ONE, NOW), "subscribe", "1", NOW)
    assert renewed.next_at == NOW + timedelta(minutes=10)
    assert websub.lapsed(renewed, NOW + timedelta(seconds=1))


def test_a_hub_that_fails_is_asked_a_day_apart_at_last() -> None:
    one, gaps = replace(ONE, state="off"), []
    for _ in range(40):
        one = websub.refused(websub.asked(one, NOW), "away", NOW)
        assert one.next_at is not None
        gaps.append(one.next_at - NOW)
    assert gaps[:6] == [HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR, DAY]
    assert set(gaps[6:]) == {DAY}


@pytest.mark.websub("F13")
@given(
    st.binary(max_size=50), st.text(min_size=1, max_size=20), st.sampled_from(["sha1", "sha256", "sha384", "sha512"])
)
def test_one_signature_is_right(body: bytes, secret: str, method: str) -> None:
    right = hmac.new(secret.encode("utf-8", "replace"), body, getattr(hashlib, method)).hexdigest()
    if secret.isprintable():
        assert websub.is_signed(body, f"{method}={right}", secret)
        assert websub.is_signed(body, f"{method.upper()}={right.upper()}", secret)
        assert not websub.is_signed(body + b"x", f"{method}={right}", secret)
    for wrong in (right, f"{method}={right[:-1]}", f"{method}=", "", "=", f"md5={right}", f"{method}={right}0"):
        assert not websub.is_signed(body, wrong, "secret")


@pytest.mark.parametrize(
    ("one", "hub"),
    [
        (ACTIVE, "hub.example"),
        (None, None),
        (replace(ACTIVE, secret=None), None),
        (replace(ACTIVE, delivered_at=None), None),
        (replace(ACTIVE, ends_at=NOW), None),
        (replace(ACTIVE, state="off"), None),
        (replace(ACTIVE, state="leaving"), None),
        (replace(ACTIVE, missed_at=NOW), None),
        (replace(ACTIVE, missed_at=NOW - 2 * HOUR), "hub.example"),
    ],
)
def test_which_hub_is_relied_on(one: Subscription | None, hub: str | None) -> None:
    assert websub.hub_that_delivers(one, NOW) == hub


@pytest.mark.parametrize(
    ("published", "missed"), [(NOW, False), (NOW - timedelta(minutes=14), False), (NOW - HOUR, True), (None, True)]
)
def test_what_is_missed(published: object, missed: bool) -> None:
    assert websub.was_missed(ACTIVE, [entry("a", published=published)], NOW) == missed
    assert not websub.was_missed(replace(ACTIVE, state="off"), [entry("a", published=published)], NOW)
    assert not websub.was_missed(None, [entry("a", published=published)], NOW)


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (None, None),
        (replace(ONE, hub=""), None),
        (ACTIVE, "push by hub.example until 2026-03-15"),
        (replace(ACTIVE, ends_at=NOW, error="its hub answered 500"), "no push by hub.example: its hub answered 500"),
        (replace(ONE, state="off"), "no push by hub.example: not verified yet"),
    ],
)
def test_what_status_says(one: Subscription | None, words: str | None) -> None:
    assert websub.in_words(one, NOW) == words
