"""Sources asked once: what is said of each, when two are the same, and what speaks against an added one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.discovery.online import added, brings_the_same, judged, looks, perhaps_the_same, secure_variants
from aggregator.errors import FetchError
from aggregator.pipeline import Polled
from aggregator.records import Entry, Redirect, Response, Source
from tests.makers import DAY, NOW, ONE, THREE, TWO, config, entry, parsed, state, words


def posts(count: int, *, every: float = 7, old: float = 1, site: str = "a", length: int = 20) -> tuple[Entry, ...]:
    return tuple(
        entry(
            f"{site}{n}",
            link=f"https://{site}.example/{n}",
            text=words(length, n),
            published=NOW - (old + n * every) * DAY,
        )
        for n in range(count)
    )


def answer(url: str, *entries: Entry, hops: tuple[Redirect, ...] = (), line: int = 1, private: bool = False) -> Polled:
    source = Source(url, line=line, allow_private=private)
    response = Response(hops[-1].url if hops else url, 200, {}, b"", hops)
    return Polled(source, state(0, url), response, parsed(title="Anna's Blog"), entries)


def failure(url: str, words: str = "not found (404)") -> Polled:
    return Polled(Source(url, line=9), state(0, url), Response(url, 404, {}), error=FetchError("http", words))


def test_what_is_there() -> None:
    (look,) = looks([answer(ONE, *posts(8, length=300))], [], NOW)
    assert (look.title, look.status, look.entries, look.rhythm, look.text) == ("Anna's Blog", 200, 8, "weekly", "full")
    assert look.newest == NOW - DAY
    assert (look.ok, look.advice) == (True, ())


@pytest.mark.parametrize(
    ("length", "text"), [(300, "full"), (201, "full"), (200, "excerpt"), (20, "excerpt"), (5, "titles")]
)
def test_how_much_of_its_entries_a_feed_holds(length: int, text: str) -> None:
    assert looks([answer(ONE, *posts(5, length=length))], [], NOW)[0].text == text


@pytest.mark.parametrize(
    ("polled", "advice"),
    [
        (answer(ONE), "no entry in it yet"),
        (answer(ONE, *posts(2, old=400)), "last entry 400 days ago"),
        (answer(ONE, *posts(10, old=110)), "last entry 110 days ago, silent for 110 days, its rhythm is weekly"),
        (answer(ONE, entry("x", published=None)), "its entries carry no dates"),
        (answer(ONE, *posts(3), hops=(Redirect(301, TWO),)), f"has moved for good to {TWO}"),
    ],
)
def test_advice(polled: Polled, advice: str) -> None:
    (look,) = looks([polled], [], NOW)
    assert look.advice == (advice,)
    assert look.ok


def test_a_temporary_redirect_is_no_advice_and_a_failure_is_one_thing() -> None:
    fine, broken = looks([answer(ONE, *posts(3), hops=(Redirect(302, TWO),)), failure(TWO)], [], NOW)
    assert fine.advice == ()
    assert (broken.ok, broken.error, broken.status, broken.advice) == (False, "not found (404)", 404, ())


def test_its_https_works_too() -> None:
    plain, own, other = "http://a.example/feed", "http://192.0.2.1/feed", "http://b.example/feed"
    there = [
        answer(plain, *posts(5)),
        answer(own, *posts(5, site="c"), private=True),
        answer(other, *posts(4, site="b")),
    ]
    asked = secure_variants(there)
    assert [source.url for source in asked] == ["https://a.example/feed", "https://b.example/feed"]
    assert not any(source.headers or source.auth for source in asked)
    secure = [answer("https://a.example/feed", *posts(5)), failure("https://b.example/feed", "no certificate")]
    assert [look.advice for look in looks(there, secure, NOW)] == [("its https works too",), (), ()]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (posts(10), posts(10), True),
        (posts(10), posts(40), True),  # the shorter feed of the same blog brings nothing new
        (posts(40), posts(10), False),
        (posts(10), posts(10, site="b"), False),
        (posts(2), posts(2), True),
        (posts(2), posts(1), False),
        ((), posts(5), False),
        ((), (), False),
    ],
)
def test_when_a_feed_brings_what_another_brings(one: tuple[Entry, ...], other: tuple[Entry, ...], same: bool) -> None:
    assert brings_the_same(answer(ONE, *one), answer(TWO, *other)) is same


def test_of_thousands_the_same_are_found_by_an_index() -> None:
    blogs = [answer(f"https://blog{n}.example/feed", *posts(3, site=f"s{n % 1990}"), line=n) for n in range(2000)]
    told = [(look.source.line, look.advice) for look in looks(blogs, [], NOW) if look.advice]
    assert told == [(1990 + n, (f"brings the same as the source on line {n}",)) for n in range(10)]


def test_what_a_change_adds_may_not_use_what_it_brings_along() -> None:
    """A pull request could send our secrets to its own server, or look into our network."""
    old = Source("http://10.0.0.7/feed", allow_private=True)
    stranger = Source(ONE, auth="env:TOKEN", headers=(("X-Key", "k"),), proxy="http://p", allow_private=True, line=4)
    ours = Source("http://10.0.0.7/other", allow_private=True)
    before = config(old, folder=Path("/base"))
    new = added(before, config(old, Source("http://10.0.0.7/feed/"), stranger, ours))
    assert new == [Source(ONE, line=4), Source("http://10.0.0.7/other", allow_private=True)]


def test_only_what_may_be_the_same_is_asked_of_the_old_ones() -> None:
    before = config("https://www.a.example/old", "https://feeds.feedburner.com/anna", "https://other.example/feed", TWO)
    found = perhaps_the_same([answer(ONE, *posts(5))], before)
    assert [source.url for source in found] == ["https://www.a.example/old", "https://feeds.feedburner.com/anna"]


BEFORE = config(TWO, THREE)


@pytest.mark.parametrize(
    ("new", "problem"),
    [
        (answer(ONE, *posts(5)), None),
        (answer(ONE, *posts(5, old=364)), None),
        (answer(ONE, *posts(5, old=366)), "its newest entry is 366 days old"),
        (answer(ONE), "holds no entry yet; add it when it does"),
        (answer(ONE, *posts(5), hops=(Redirect(302, TWO + "/"),)), f"leads to a source that is there already: {TWO}"),
        (answer(ONE, *posts(4, site="t")), f"brings the same entries as a source that is there already: {TWO}"),
    ],
)
def test_what_speaks_against_an_added_source(new: Polled, problem: str | None) -> None:
    (look,) = judged([new], [answer(TWO, *posts(9, site="t"))], BEFORE, NOW)
    assert look.problems == ((problem,) if problem else ())
    assert look.ok is (problem is None)


def test_an_old_source_that_leads_to_the_added_one() -> None:
    old = answer(TWO, *posts(9, site="t"), hops=(Redirect(301, ONE),))
    (look,) = judged([answer(ONE, *posts(5))], [old], BEFORE, NOW)
    assert look.problems == (f"leads to a source that is there already: {TWO}",)


def test_two_added_ones_that_are_the_same() -> None:
    first, second = judged([answer(ONE, *posts(5)), answer(THREE + "/2", *posts(5))], [], BEFORE, NOW + timedelta(1))
    assert (first.ok, second.ok) == (True, False)
