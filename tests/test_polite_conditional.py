"""Politeness, section A: conditional requests, as publishers with habits see them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.personas import START, Persona, Stage
from tests.web import Answer, Raw, Request, rss

FEED = "http://blog.example/feed"
BODY = rss(3, newest=START)
D1, D2 = "Tue, 02 Jan 2024 03:04:05 GMT", "Wed, 03 Jan 2024 03:04:05 GMT"
BOTH = {"ETag": '"v1"', "Last-Modified": D1}
ASKED_BOTH = {"If-None-Match": '"v1"', "If-Modified-Since": D1}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage() as made:
        yield made


def ok(body: bytes = BODY, **headers: str) -> Answer:
    return Answer(200, body, {name.replace("_", "-"): value for name, value in headers.items()})


PERSONAS = [
    Persona(
        "A02",
        (ok(ETag='"5f3-61a-gzip"', Last_Modified=D1), Answer(304)),
        ({}, {"If-None-Match": '"5f3-61a-gzip"', "If-Modified-Since": D1}),
    ),
    *(
        Persona("A03", (ok(ETag=tag), Answer(304)), ({}, {"If-None-Match": tag}))
        for tag in ('W/"x"', "abc", '""', '"a,b"', '"' + "e" * 1022 + '"')
    ),
    *(
        Persona("A03", (ok(Last_Modified=at), Answer(304)), ({}, {"If-Modified-Since": at}))
        for at in ("2024-01-02 03:04:05", "tue, 02 jan 2024 03:04:05 gmt", "Wed, 01 Jan 2098 00:00:00 GMT")
    ),
    Persona("A04", (ok(ETag='"v1"', Date=D1), Answer(304)), ({}, {"If-None-Match": '"v1"'})),
    Persona("A05", (ok(Last_Modified=D1, Date=D2), Answer(304)), ({}, {"If-Modified-Since": D1})),
    Persona("A06", (ok(Date=D1, Expires=D1), ok(), ok()), ({}, {}, {})),
    Persona(
        "A07",
        (ok(ETag='"v1"', Last_Modified=D1), ok(ETag='"v2"', Last_Modified=D2), Answer(304)),
        ({}, ASKED_BOTH, {"If-None-Match": '"v2"', "If-Modified-Since": D2}),
    ),
    Persona(
        "A08",
        (
            Answer(200, BODY, BOTH),
            Answer(304, b"", {"ETag": '"v2"'}),
            Answer(304, b"", {"Last-Modified": D2}),
            Answer(304),
        ),
        (
            {},
            ASKED_BOTH,
            {"If-None-Match": '"v2"', "If-Modified-Since": D1},
            {"If-None-Match": '"v2"', "If-Modified-Since": D2},
        ),
    ),
    Persona("A09", (Answer(200, BODY, BOTH), Answer(304), Answer(304)), ({}, ASKED_BOTH, ASKED_BOTH)),
    Persona(
        "A10", (Answer(200, BODY, BOTH), ok(ETag='"v2"'), Answer(304)), ({}, ASKED_BOTH, {"If-None-Match": '"v2"'})
    ),
    Persona("A10", (Answer(200, BODY, BOTH), ok(), Answer(304)), ({}, ASKED_BOTH, {})),
    *(
        Persona("A11", (Answer(200, BODY, BOTH), bad, Answer(304)), ({}, ASKED_BOTH, ASKED_BOTH))
        for bad in (
            Answer(200, BODY[:-99], {"ETag": '"bad"'}, length=len(BODY), then="close"),
            Answer(200, rss(["One", "Two"])[:-60], {"ETag": '"bad"'}),
            Answer(200, b"<html><p>Be right back</html>", {"ETag": '"bad"'}),
            Answer(200, b"", {"ETag": '"bad"'}),
            Answer(200, b"%PDF-1.7 nothing", {"ETag": '"bad"', "Last-Modified": D2}),
            Answer(200, b"\x1f\x8b\x08\x00", {"ETag": '"bad"', "Content-Encoding": "gzip"}),
            Raw(b'HTTP/1.1 200 OK\r\nETag: "bad"\r\nContent-Length: 99999999\r\n\r\n<rss'),
        )
    ),
    *(
        Persona(
            "A14",
            (Answer(200, BODY, BOTH), Answer(status, b"no", {"ETag": '"e"', "Last-Modified": D2}), Answer(304)),
            ({}, ASKED_BOTH, ASKED_BOTH),
        )
        for status in (400, 401, 403, 404, 410, 500, 502, 503)
    ),
    Persona("A15", (Answer(304, b"", {"ETag": '"x"'}), Answer(200, BODY, BOTH), Answer(304)), ({}, {}, ASKED_BOTH)),
]


def marked(number: int, persona: Persona) -> object:
    return pytest.param(persona, id=f"{persona.line}-{number}", marks=pytest.mark.polite(persona.line))


@pytest.mark.parametrize("persona", [marked(number, persona) for number, persona in enumerate(PERSONAS)])
def test_persona(stage: Stage, persona: Persona) -> None:
    persona.play(stage)


@pytest.mark.polite("A11")
def test_a_body_beyond_the_limit_leaves_the_validators(stage: Stage) -> None:
    bomb = b'HTTP/1.1 200 OK\r\nETag: "bad"\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n' + b" " * 2**20 + b"\r\n"
    chunk = Raw(bomb + (b"100000\r\n" + b" " * 2**20 + b"\r\n") * 32)
    Persona("A11", (Answer(200, BODY, BOTH), chunk, Answer(304)), ({}, ASKED_BOTH, ASKED_BOTH)).play(stage)


@pytest.mark.polite("A13")
def test_restarts_ask_for_nothing_and_forget_nothing(stage: Stage) -> None:
    stage.on(FEED, Answer(200, BODY, BOTH), Answer(304))
    stage.follow(FEED)
    for minutes in range(0, 60, 6):
        stage.restart()
        stage.run(days=6 / 1440)
        assert len(stage.asked) == 1, minutes
    stage.run(days=1)
    assert all(one.conditions == ASKED_BOTH for one in stage.asked[1:])
    assert len(stage.asked) > 20


@pytest.mark.polite("A16")
def test_validators_stay_with_the_address_that_gave_them(stage: Stage) -> None:
    stage.on(FEED, Answer(200, BODY, BOTH))
    new = stage.on("http://new.example/feed", Answer(200, BODY, {"ETag": '"n"'}), Answer(304))
    stage.follow(FEED)
    stage.poll()
    stage.follow(new)  # the user edits the line
    stage.poll(later=2 * HOUR)
    stage.poll(later=2 * HOUR)
    assert [one.conditions for one in stage.asked if one.url == new] == [{}, {"If-None-Match": '"n"'}]


@pytest.mark.polite("A16")
@pytest.mark.parametrize("status", [301, 308])
def test_validators_do_not_follow_a_move(stage: Stage, status: int) -> None:
    stage.on(FEED, Answer(200, BODY, BOTH), Answer(status, b"", {"Location": "http://new.example/feed"}))
    stage.on("http://new.example/feed", Answer(200, BODY, {"ETag": '"n"'}), Answer(304))
    stage.follow(FEED)
    for _ in range(3):
        stage.poll(later=2 * HOUR)
    old, new = ([one.conditions for one in stage.asked if one.url == url] for url in (FEED, "http://new.example/feed"))
    assert old == [{}, ASKED_BOTH, {}]  # what is remembered now is the new address's
    assert new == [{}, {"If-None-Match": '"n"'}]


@pytest.mark.polite("A17")
def test_thirty_days_of_a_quiet_feed_cost_one_body(stage: Stage) -> None:
    def quiet(request: Request) -> Answer:
        return Answer(304) if request.headers.get("if-none-match") == '"v1"' else Answer(200, BODY, BOTH)

    stage.on(FEED, quiet)
    stage.follow(FEED)
    stage.run(days=30)
    assert len(stage.asked) >= 700
    assert [one.conditions for one in stage.asked].count({}) == 1
    assert min(stage.gaps(FEED)) >= HOUR


@pytest.mark.polite("A20")
def test_twenty_equal_bodies_to_conditional_requests_mean_no_working_validators(stage: Stage) -> None:
    """Apache appends -gzip to the tag and then knows it no more: the whole body, each time."""
    stage.on(FEED, ok(ETag='"5f3-gzip"'))
    stage.follow(FEED)
    stage.run(days=9, until=lambda: len(stage.asked) >= 24)
    assert all(one.conditions == {"If-None-Match": '"5f3-gzip"'} for one in stage.asked[1:])
    hours = [gap // HOUR for gap in stage.gaps(FEED)]
    assert hours[:20] == [1] * 20
    assert hours[20:23] == [2, 4, 8]
    assert stage.health(FEED).reason == "unchanged, and without working validators: every 1 day"


@pytest.mark.polite("A19")
def test_a_partial_feed_adds_and_takes_nothing_away(stage: Stage) -> None:
    """RFC 3229: the entries since the validators that were sent; those that are not in it are not gone."""
    fresh = rss([f"Fresh {n}" for n in range(9)], newest=START + 11 * HOUR)
    partial = Answer(226, fresh, {"IM": "feed", "ETag": '"v2"'})
    stage.on(FEED, Answer(200, rss(6, newest=START), BOTH), partial, Answer(304))
    stage.follow(FEED)
    for _ in range(3):
        stage.poll()
        stage.now += 12 * HOUR
    assert [one.headers.get("a-im") for one in stage.asked] == [None, "feed", "feed"]
    assert stage.asked[2].conditions == {"If-None-Match": '"v2"', "If-Modified-Since": D1}
    assert len(stage.stored(FEED)) == 15
    assert len([title for title in stage.merged() if title.startswith("Fresh")]) == 9  # nothing is held as a flood
    kept = stage.app.store.bodies.newest(stage.state(FEED).key)
    assert kept is not None
    assert kept.data == rss(6, newest=START)


@pytest.mark.polite("A19")
@pytest.mark.parametrize(
    ("first", "second", "error"),
    [
        (Answer(200, BODY, {"Last-Modified": D1}), Answer(304), None),
        (Answer(200, BODY, BOTH), Answer(226, BODY, {"ETag": '"v2"'}), "an unexpected answer (226)"),
        (Answer(200, BODY, BOTH), Answer(226, BODY, {"IM": "gzip"}), "an unexpected answer (226)"),
        (Answer(200, BODY), Answer(226, BODY, {"IM": "feed"}), "says 'only what is new' (226) to a request without"),
    ],
)
def test_a_partial_feed_is_asked_for_only_with_a_tag(
    stage: Stage, first: Answer, second: Answer, error: str | None
) -> None:
    stage.on(FEED, first, second)
    stage.follow(FEED)
    stage.poll()
    stage.poll(later=2 * HOUR)
    assert ("a-im" in stage.asked[1].headers) is ("ETag" in first.headers)
    assert (stage.state(FEED).error or "").startswith(error or "")
    assert (stage.state(FEED).error is None) is (error is None)
