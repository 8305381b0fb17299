from __future__ import annotations

import pytest

from aggregator.fetch.client import Tls, Trust
from aggregator.fetch.post import post_forms
from tests.web import Answer, Raw, Scripted, Web

TLS = Trust()
FORM = {"hub.mode": "publish", "hub.url": "https://reader.example.net/a b.xml?x=1&y=ü"}


def told(web: Web, *answers: Scripted, timeout: float = 60.0, tls: Tls = TLS) -> str | None:
    web.on("/hub", *answers)
    return post_forms(web.url("/hub"), [FORM, {"again": "1"}], agent="fow-aggregator/0", tls=tls, timeout=timeout)


def test_a_form_goes_out_as_browsers_send_it() -> None:
    with Web() as web:
        assert told(web, Answer(204), Answer(202, b"thank you")) is None
        first, second = web.asked
    assert (first.method, first.target) == ("POST", "/hub")
    assert first.headers["content-type"] == "application/x-www-form-urlencoded"
    assert first.headers["user-agent"] == "fow-aggregator/0"
    assert not {"cookie", "referer", "authorization"} & first.headers.keys()
    body = b"hub.mode=publish&hub.url=https%3A%2F%2Freader.example.net%2Fa+b.xml%3Fx%3D1%26y%3D%C3%BC"
    assert first.headers["content-length"] == str(len(body))
    assert first.body == body
    assert second.body == b"again=1"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(500), "it answered 500"),
        (Answer(404, b"no hub here"), "it answered 404"),
        (Answer(302, headers={"Location": "/elsewhere"}), "it answered 302"),
        (Raw(b"SSH-2.0\r\n\r\n"), "not an HTTP answer"),
        (Raw(b"", then="reset"), "the connection broke"),
    ],
)
def test_the_first_that_fails_ends_it_with_one_plain_line(answer: Scripted, words: str) -> None:
    with Web() as web:
        trouble = told(web, answer)
        assert trouble is not None
        assert trouble.startswith(words)
        assert "\n" not in trouble
        assert web.targets() == ["/hub"]


def test_a_hub_that_hangs_costs_the_time_allowed_and_no_more() -> None:
    with Web() as web:
        assert told(web, Answer(wait=25), timeout=0.3) == "no complete answer within the time allowed"


def test_a_hub_that_drips_headers_for_ever_is_left() -> None:
    with Web() as web:
        trouble = told(web, Raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000))
        assert trouble is not None
        assert trouble.startswith("its headers")


def test_a_hub_that_is_not_there() -> None:
    with Web() as web:
        port = web.port
    trouble = post_forms(f"http://127.0.0.1:{port}/", [FORM], agent="a", tls=TLS)
    assert trouble == "127.0.0.1 refused the connection"
    nowhere = post_forms("http://127.0.0.1:99999/", [FORM], agent="a", tls=TLS)
    assert nowhere == "127.0.0.1 cannot be reached (there is no port 99999)"
