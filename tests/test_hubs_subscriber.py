"""The subscriber against a real hub: section F of the list of politeness, each line over real sockets.

A publisher (tests/web.py), a hub on https (tests/hub.py) and our callback in the program's own web server; the clock
is the test's.
"""

from __future__ import annotations

import gzip
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from aggregator.fetch.client import Wire
from aggregator.hubs.callback import LIMIT, PROBE, Callback
from aggregator.hubs.subscriber import Subscriber
from aggregator.pipeline import Polled, poll_source, settle
from aggregator.polling.recorder import record
from aggregator.records import PollResult, Subscription
from aggregator.serving.serve import Site, bind, server
from tests.certificates import Authority
from tests.hub import Answered, Hub
from tests.makers import DAY, HOUR, NOW, POOL, config, memory_store, source
from tests.web import Answer, Web, rss

NEWS = "application/rss+xml"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(trustme.CA())


@pytest.fixture(scope="module")
def tls(authority: Authority) -> ssl.SSLContext:
    return authority.server("localhost")


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Callback, str]]:
    """The program's web server with a callback: where hubs call in all these tests."""
    desk, sock = Callback(), bind("127.0.0.1", 0)
    web = server(Site(tmp_path_factory.mktemp("public"), lambda: None, lambda: True, desk=desk))
    thread = threading.Thread(target=web.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    yield desk, f"http://127.0.0.1:{sock.getsockname()[1]}/push/"
    web.should_exit = True
    thread.join(60)


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as made:
        yield made


@pytest.fixture
def hub(tls: ssl.SSLContext) -> Iterator[Hub]:
    with Hub(tls) as made:
        yield made


def rss_with(hub: str, entries: Any = 2, topic: str = "", **more: Any) -> bytes:
    """An RSS document that names a hub and itself."""
    links = f"<a:link rel='hub' href='{hub}'/>" + (f"<a:link rel='self' href='{topic}'/>" if topic else "")
    return rss(entries, extra=links, **more).replace(b"<rss ", b"<rss xmlns:a='http://www.w3.org/2005/Atom' ", 1)


class Reader:
    """A store with one source, polled and subscribed as in `run`."""

    def __init__(self, url: str, door: tuple[Callback, str], tls: ssl.SSLContext, **fields: Any) -> None:
        desk, base = door
        desk.take()
        self.config = config(source(url, allow_private=True, **fields), callback=base)
        self.config = replace(self.config, usual=source("", allow_private=True))
        self.desk, self.store, self.now, self.url = desk, memory_store(), NOW, url
        self.wire = Wire("tester", lambda: tls, timeout=20)
        self.follow()
        self.start()

    def start(self) -> None:
        """`run` begins (again)."""
        self.subscriber = Subscriber(self.store, POOL, lambda: self.now, self.desk)

    def follow(self, **fields: Any) -> None:
        """feeds.yaml is saved."""
        self.config = replace(self.config, **fields)
        with self.store.transaction():
            self.store.sources.follow(self.config.sources, self.now)

    def record(self, polled: Polled) -> PollResult:
        result = settle(polled, self.store, self.now, hears=True)
        record(result, self.store, self.now)
        return result

    def poll(self) -> PollResult:
        state = self.store.sources.states()[self.url]
        with closing(self.wire.client()) as client:
            result = self.record(poll_source(client, POOL, self.config.sources[0], state, self.now))
        self.subscriber.look_again()
        return result

    def tick(self, later: timedelta = timedelta(0)) -> list[str]:
        """A tick of `run`: the titles of what hubs have brought."""
        self.now += later
        results = [self.record(polled) for polled in self.subscriber.tick(self.config, self.wire)]
        return [entry.title for result in results for entry, _ in result.changes.new]

    def subscribe(self, hub: Hub) -> Subscription:
        """The first poll, the request, the verification."""
        self.poll()
        self.tick()
        hub.settle()
        self.tick()
        return self.one

    @property
    def one(self) -> Subscription:
        (found,) = self.store.subscriptions.all()
        return found

    @property
    def next_poll(self) -> timedelta:
        """From now to the next poll."""
        at = self.store.sources.states()[self.url].next_poll_at
        assert isinstance(at, datetime)
        return at - self.now

    def titles(self) -> set[str]:
        return {stored.entry.title for stored in self.store.entries.get(range(1, 1000))}


@pytest.fixture
def reader(web: Web, hub: Hub, door: tuple[Callback, str], authority: Authority) -> Reader:
    """A reader of a feed whose document names hub and topic, not subscribed yet."""
    topic = web.url("/feed", "localhost")
    web.on("/feed", Answer(200, rss_with(hub.url, ["a", "b"], topic), {"Content-Type": NEWS}))
    return Reader(topic, door, authority.trusting())


# --- discovery -----------------------------------------------------------------------------------------------

ATOM = (
    "<feed xmlns='http://www.w3.org/2005/Atom'><title>Made up</title><id>urn:x</id>"
    "<link rel='hub' href='{hub}'/><link rel='self' href='{topic}'/>"
    "<entry><id>urn:a</id><title>a</title><updated>2026-03-14T06:00:00Z</updated></entry></feed>"
)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("header", marks=pytest.mark.websub("F01")),
        pytest.param("atom", marks=pytest.mark.websub("F03")),
        pytest.param("rss", marks=pytest.mark.websub("F04")),
        pytest.param("header wins", marks=pytest.mark.websub("F05")),
        pytest.param("self is the topic", marks=pytest.mark.websub("F06")),
    ],
)
def test_hub_and_topic_are_found(
    line: str, web: Web, hub: Hub, door: tuple[Callback, str], authority: Authority
) -> None:
    url, topic = web.url("/feed", "localhost"), web.url("/topic", "localhost")
    links = f'<{hub.url}>; title="a, b"; REL="hub preload", <{topic}>; rel=self'
    wrong = "https://wrong.example/hub"
    documents = {
        "header": (rss(1), {"Link": links}),
        "atom": (ATOM.format(hub=hub.url, topic=topic).encode(), {}),
        "rss": (rss_with(hub.url, 1, topic), {}),
        "header wins": (rss_with(wrong, 1, "https://wrong.example/topic"), {"Link": links}),
        "self is the topic": (rss_with(hub.url, 1, topic), {"Link": '<https://style.example/>; rel="stylesheet"'}),
    }
    body, headers = documents[line]
    web.on("/feed", Answer(200, body, headers))
    one = Reader(url, door, authority.trusting()).subscribe(hub)
    assert (one.state, one.hub, one.topic) == ("active", hub.url, topic)
    assert [form["hub.topic"] for form in hub.forms] == [topic]


@pytest.mark.websub("F02")
def test_a_hub_that_only_the_sites_page_names_tells_when_to_ask_the_feed(
    web: Web, hub: Hub, door: tuple[Callback, str], authority: Authority
) -> None:
    """The page is the topic: what is delivered is a page, which is no feed, but says that there is news."""
    home, url = web.url("/", "localhost"), web.url("/feed", "localhost")
    page = f"<html><head><link href='{hub.url}' rel='hub'><link rel='self' href='{home}'></head><body>Hi</body></html>"
    web.on("/", Answer(200, page.encode(), {"Content-Type": "text/html"}))
    body = rss(["a"]).replace(b"https://made-up.example/</link>", f"{home}</link>".encode(), 1)
    web.on("/feed", Answer(200, body))
    reader = Reader(url, door, authority.trusting(), every=HOUR)
    reader.poll()
    reader.tick()  # looks at the page
    reader.tick()  # asks the hub
    hub.settle()
    reader.tick()
    assert (reader.one.state, reader.one.topic) == ("active", home)
    reader.now += 2 * HOUR
    reader.poll()
    assert hub.deliver(reader.one.callback, page.encode(), Content_Type="text/html").status == 202
    with reader.store.transaction():
        state = reader.store.sources.states()[url]
        reader.store.sources.save(replace(state, next_poll_at=reader.now + DAY))
    assert reader.tick() == []
    assert timedelta(0) < reader.next_poll <= HOUR
    assert web.targets().count("/") == 1
    for _ in range(3):
        reader.tick(7 * DAY)
    assert web.targets().count("/") == 1


def test_a_page_that_names_no_hub_is_looked_at_once_a_month(
    web: Web, door: tuple[Callback, str], authority: Authority
) -> None:
    home = web.on("/", Answer(200, b"<html><head><title>Home</title></head></html>"))
    web.on("/feed", Answer(200, rss(["a"]).replace(b"https://made-up.example/</link>", f"{home}</link>".encode(), 1)))
    reader = Reader(web.url("/feed"), door, authority.trusting())
    reader.poll()
    for _ in range(29):
        reader.tick(DAY)
    assert web.targets().count("/") == 1
    reader.tick(3 * DAY)
    assert web.targets().count("/") == 2


@pytest.mark.parametrize(
    "status",
    [pytest.param(302, marks=pytest.mark.websub("F07")), pytest.param(301, marks=pytest.mark.websub("F08"))],
)
def test_a_topic_that_redirects_is_known_by_what_answers(
    status: int, web: Web, hub: Hub, door: tuple[Callback, str], authority: Authority
) -> None:
    there = web.url("/there", "localhost")
    web.on("/feed", Answer(status, b"", {"Location": there}))
    web.on("/there", Answer(200, rss(["a"]), {"Link": f'<{hub.url}>; rel="hub"'}))
    reader = Reader(web.url("/feed", "localhost"), door, authority.trusting())
    one = reader.subscribe(hub)
    assert (one.state, one.topic) == ("active", there)
    hub.deliver(one.callback, rss(["c"]))
    assert reader.tick() == ["c"]


@pytest.mark.parametrize(
    "status",
    [pytest.param(307, marks=pytest.mark.websub("F09")), pytest.param(308, marks=pytest.mark.websub("F10"))],
)
def test_a_hub_that_redirects_is_followed_with_the_whole_form(status: int, reader: Reader, hub: Hub) -> None:
    hub.answers = [Answer(status, b"", {"Location": "/elsewhere"})]
    assert reader.subscribe(hub).state == "active"
    assert hub.paths == ["/hub", "/elsewhere"]
    (form,) = hub.forms
    assert form["hub.mode"] == "subscribe"
    assert form["hub.secret"] == reader.one.secret


def test_a_hub_does_not_lead_off_https_with_our_secret(reader: Reader, hub: Hub, web: Web) -> None:
    hub.answers = [Answer(307, b"", {"Location": web.url("/hub", "localhost")})]
    reader.poll()
    reader.tick()
    assert "/hub" not in web.targets()
    assert "from https to http" in (reader.one.error or "")


# --- verification of intent ----------------------------------------------------------------------------------


@pytest.mark.websub("F11")
def test_only_what_was_asked_for_is_verified(reader: Reader, hub: Hub) -> None:
    hub.verifies = False
    reader.poll()
    reader.tick()
    one = reader.one
    right = {"hub.mode": "subscribe", "hub.topic": one.topic, "hub.challenge": "c & <1>", "hub.lease_seconds": "99999"}
    for wrong in ({"hub.topic": "https://other.example/"}, {"hub.mode": "unsubscribe"}, {"hub.challenge": ""}):
        assert hub.ask(one.callback, right | wrong).status == 404
    assert hub.ask(one.callback[:-1], right).status == 404
    assert hub.ask(one.callback.rpartition("/")[0] + "/", right).status == 404
    assert hub.ask(one.callback, {}).status == 404
    answered = hub.ask(one.callback, right)
    assert (answered.status, answered.body) == (200, b"c & <1>")
    assert answered.headers["content-type"].startswith("text/plain")
    assert answered.headers["x-content-type-options"] == "nosniff"
    reader.tick()
    assert reader.one.state == "active"
    assert hub.ask(one.callback, right).status == 404, "it was asked for once"


def test_a_hub_may_verify_before_it_has_answered(reader: Reader, hub: Hub) -> None:
    hub.early = True
    assert reader.subscribe(hub).state == "active"
    assert [answered.status for answered in hub.verified] == [200]


def test_a_hub_that_never_verifies_is_asked_less_and_less_often(reader: Reader, hub: Hub) -> None:
    hub.verifies = False
    reader.poll()
    asked = []
    for hour in range(72):
        before = len(hub.forms)
        reader.tick(HOUR)
        asked += [hour] * (len(hub.forms) - before)
    assert len(asked) <= 9
    assert reader.one.state == "off"
    assert reader.one.error == "its hub never verified what it was asked for"
    hub.verifies = True
    reader.tick(DAY)
    hub.settle()
    reader.tick()
    assert (reader.one.state, reader.one.error) == ("active", None)


def test_a_hub_that_is_away_costs_the_source_nothing(
    web: Web, door: tuple[Callback, str], authority: Authority
) -> None:
    with Hub() as gone:
        away = gone.url
    web.on("/feed", Answer(200, rss_with(away, ["a"])))
    reader = Reader(web.url("/feed", "localhost"), door, authority.trusting())
    reader.poll()
    for _ in range(24):
        reader.tick(HOUR)
    assert reader.one.state == "off"
    assert 4 <= reader.one.tries <= 7
    state = reader.store.sources.states()[reader.url]
    assert (state.failures, state.error) == (0, None)


def test_a_hub_that_asks_to_wait_is_left_alone(reader: Reader, hub: Hub) -> None:
    hub.answers = [Answer(503, b"", {"Retry-After": "86400"})]
    reader.poll()
    reader.tick()
    assert reader.one.error == "its hub answered 503"
    for _ in range(23):
        reader.tick(HOUR)
    assert len(hub.paths) == 1
    reader.tick(2 * HOUR)
    assert len(hub.paths) == 2


@pytest.mark.parametrize("failure", ["away", "refuses", "denies", "never verifies"])
def test_where_a_feed_names_two_hubs_the_second_is_asked_when_the_first_fails(
    failure: str, reader: Reader, web: Web, hub: Hub, tls: ssl.SSLContext
) -> None:
    """And the first again in its time, when the second fails too."""
    with Hub(tls) as gone:
        away = gone.url
    with Hub(tls) as second:
        first_url = away if failure == "away" else hub.url
        links = f'<{first_url}>; rel="hub", <{second.url}>; rel="hub"'
        web.on("/feed", Answer(200, rss(["a"]), {"Link": links}))
        hub.answers = [Answer(500)] * 9 if failure == "refuses" else []
        hub.verifies = failure == "denies"
        one = reader.subscribe(hub)
        if failure == "denies":
            assert hub.deny(one.callback, one.topic).status == 200
        reader.tick(HOUR)
        second.settle()
        reader.tick()
        assert (reader.one.state, reader.one.hub) == ("active", second.url)
        assert reader.one.callback != one.callback, "what the first may say yet is not taken for the second's word"
        assert reader.tick(timedelta(minutes=1)) == []
        assert second.deliver(reader.one.callback, rss(["a", "b"])).status == 202
        assert reader.tick() == ["b"]
        second.answers = [Answer(500)] * 99
        for _ in range(4 * 14):
            reader.tick(6 * HOUR)
        assert 2 <= len(hub.paths if failure != "away" else second.paths) <= 40, "asked less and less often"
        assert len(reader.store.subscriptions.all()) == 1


def test_what_is_denied_is_polled_and_asked_for_again_in_a_week(reader: Reader, hub: Hub) -> None:
    one = reader.subscribe(hub)
    assert hub.deny(one.callback, "https://other.example/").status == 404
    assert hub.deny(one.callback, one.topic, "not  from\nyou").status == 200
    reader.tick()
    assert (reader.one.state, reader.one.error) == ("denied", "its hub denied it: not from you")
    assert hub.deliver(one.callback, rss(["c"])).status == 404
    reader.tick(6 * DAY)
    assert len(hub.forms) == 1
    reader.tick(2 * DAY)
    hub.settle()
    reader.tick()
    assert reader.one.state == "active"


# --- delivery ------------------------------------------------------------------------------------------------


@pytest.mark.websub("F12")
def test_a_delivery_is_answered_before_it_is_read(reader: Reader, hub: Hub) -> None:
    one = reader.subscribe(hub)
    began = time.monotonic()
    answered = hub.deliver(one.callback, rss_with(hub.url, ["c", "b", "a"], reader.url))
    assert (answered.status, answered.body) == (202, b"")
    assert time.monotonic() - began < 20  # the list says 2 s; a loaded machine may take longer than ours does
    assert reader.titles() == {"a", "b"}
    assert reader.tick() == ["c"]
    assert reader.tick() == []
    assert reader.titles() == {"a", "b", "c"}


@pytest.mark.websub("F13")
@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_a_delivery_counts_with_the_right_signature_alone(method: str, reader: Reader, hub: Hub) -> None:
    one = reader.subscribe(hub)
    assert hub.deliver(one.callback, rss(["evil"]), method, secret="another").status == 202
    signed = hub.deliver(one.callback, rss(["evil"]), "md5")
    assert signed.status == 202
    assert hub.deliver(one.callback, rss(["evil"]), None, X_Hub_Signature=f"{method}=é").status == 202
    assert hub.deliver(one.callback, rss(["evil"]), None, X_Hub_Signature=f"{method}=").status == 202
    assert reader.tick() == []
    assert reader.one.delivered_at is None
    assert hub.deliver(one.callback, rss(["good"]), method).status == 202
    assert reader.tick() == ["good"]


@pytest.mark.websub("F14")
def test_a_delivery_without_a_signature_is_forgotten(reader: Reader, hub: Hub) -> None:
    one = reader.subscribe(hub)
    assert hub.deliver(one.callback, rss(["evil"]), None).status == 202
    assert reader.tick() == []
    assert (reader.titles(), reader.one.delivered_at) == ({"a", "b"}, None)


@pytest.mark.websub("F15")
def test_a_callback_cannot_be_guessed_and_a_secret_goes_over_https_alone(
    web: Web, hub: Hub, door: tuple[Callback, str], authority: Authority
) -> None:
    with Hub() as plain:
        made = []
        for number, at in enumerate((hub, hub, plain)):
            url = web.on(f"/feed{number}", Answer(200, rss_with(at.url, ["a"])))
            reader = Reader(url.replace("127.0.0.1", "localhost"), door, authority.trusting())
            made.append(reader.subscribe(at))
        assert [one.state for one in made] == ["active"] * 3
        assert len({one.callback for one in made}) == 3
        assert all(len(one.callback.rpartition("/")[2]) >= 43 for one in made)
        secrets = [form.get("hub.secret") for form in (*hub.forms, *plain.forms)]
        assert secrets[2] is None
        assert len({*secrets}) == 3
        assert all(32 <= len(secret) < 200 for secret in secrets[:2] if secret)
        plain.deliver(made[2].callback, rss(["evil"]), None)
        assert reader.tick() == [], "nothing is believed of a hub that signs nothing"
        assert reader.titles() == {"a"}
        assert reader.next_poll <= HOUR


def test_of_two_hubs_the_one_on_https_is_asked(
    web: Web, hub: Hub, door: tuple[Callback, str], authority: Authority
) -> None:
    links = f'<http://plain.example/hub>; rel="hub", <{hub.url}>; rel="hub"'
    web.on("/feed", Answer(200, rss(["a"]), {"Link": links}))
    assert Reader(web.url("/feed", "localhost"), door, authority.trusting()).subscribe(hub).state == "active"


@pytest.mark.websub("F16")
def test_a_lease_is_renewed_before_it_ends_under_the_same_name(reader: Reader, hub: Hub) -> None:
    one = reader.subscribe(hub)
    assert hub.forms[0]["hub.lease_seconds"] == "864000"
    for _ in range(4 * 40):
        reader.tick(6 * HOUR)
        hub.settle()
        ends_at = reader.one.ends_at
        assert reader.one.state == "active"
        assert ends_at is not None
        assert ends_at > reader.now
    assert 4 <= len(hub.forms) <= 8
    assert {form["hub.callback"] for form in hub.forms} == {one.callback}
    assert {form["hub.secret"] for form in hub.forms} == {one.secret}


@pytest.mark.websub("F16")
@pytest.mark.parametrize(("lease", "days"), [("99999999999", 14), ("soon", 10)])
def test_whatever_lease_is_granted_ends_within_14_days(lease: str, days: int, reader: Reader, hub: Hub) -> None:
    hub.lease = lease
    assert reader.subscribe(hub).ends_at == reader.now + days * DAY


def test_a_delivery_counts_while_a_lease_is_being_renewed(reader: Reader, hub: Hub) -> None:
    one = reader.subscribe(hub)
    hub.verifies = False
    reader.tick(7 * DAY)
    assert reader.one.pending == "subscribe"
    hub.deliver(one.callback, rss(["c"], newest=reader.now))
    assert reader.tick() == ["c"]


@pytest.mark.websub("F17")
def test_polling_slows_while_the_hub_delivers_and_returns_when_something_was_missed(
    reader: Reader, hub: Hub, web: Web
) -> None:
    one = reader.subscribe(hub)
    reader.now += 2 * HOUR
    reader.poll()
    assert reader.next_poll < 6 * HOUR, "a hub that has delivered nothing yet is not relied on"
    hub.deliver(one.callback, rss(["c"], newest=reader.now))
    assert reader.tick() == ["c"]
    reader.now += HOUR
    reader.poll()
    assert DAY <= reader.next_poll < DAY + HOUR
    assert "localhost" in reader.store.sources.states()[reader.url].reason
    web.on("/feed", Answer(200, rss_with(hub.url, ["missed", "c"], reader.url, newest=reader.now + 2 * HOUR)))
    reader.now += DAY
    assert [entry.title for entry, _ in reader.poll().changes.new] == ["missed"]
    assert reader.one.missed_at == reader.now
    assert reader.next_poll < 6 * HOUR
    reader.now += HOUR
    reader.poll()
    assert reader.next_poll < 6 * HOUR, "until it delivers again"
    hub.deliver(one.callback, rss(["d"], newest=reader.now))
    reader.tick()
    reader.now += HOUR
    reader.poll()
    assert reader.next_poll >= DAY


def test_an_entry_on_its_way_is_not_missed(reader: Reader, hub: Hub, web: Web) -> None:
    reader.subscribe(hub)
    reader.now += HOUR
    web.on("/feed", Answer(200, rss_with(hub.url, ["c"], reader.url, newest=reader.now - timedelta(minutes=5))))
    assert len(reader.poll().changes.new) == 1
    assert reader.one.missed_at is None


@pytest.mark.websub("F17")
def test_a_lease_that_ends_brings_polling_back_at_once(reader: Reader, hub: Hub) -> None:
    one = reader.subscribe(hub)
    hub.deliver(one.callback, rss(["c"]))
    reader.tick()
    hub.verifies = False
    for _ in range(9):
        reader.tick(DAY)
        reader.poll()
    assert (reader.one.state, reader.next_poll >= DAY) == ("active", True)
    reader.tick(21 * HOUR)
    assert reader.one.state == "active"
    reader.tick(HOUR * 4)
    assert reader.one.state == "off"
    assert reader.next_poll <= timedelta(0)
    reader.poll()
    assert "its news" not in reader.store.sources.states()[reader.url].reason


def test_after_a_stop_what_hubs_may_have_tried_to_bring_is_polled(reader: Reader, hub: Hub) -> None:
    one = reader.subscribe(hub)
    hub.deliver(one.callback, rss(["c"]))
    reader.tick()
    reader.now += HOUR
    reader.poll()
    assert reader.next_poll >= DAY
    reader.now += 5 * HOUR
    reader.start()
    reader.tick()
    assert reader.next_poll <= timedelta(0)


@pytest.mark.websub("F18")
def test_what_is_delivered_is_cleaned_bounded_and_takes_nothing_away(reader: Reader, hub: Hub) -> None:
    one = reader.subscribe(hub)
    evil = rss(["c"]).replace(b"What c is about.", b"&lt;script&gt;alert(1)&lt;/script&gt;&lt;p&gt;Clean.&lt;/p&gt;")
    assert hub.deliver(one.callback, evil).status == 202
    assert reader.tick() == ["c"]
    stored = next(one for one in reader.store.entries.get(range(1, 10)) if one.entry.title == "c")
    assert "script" not in stored.entry.summary + stored.entry.content
    assert "Clean." in stored.entry.text
    assert reader.titles() == {"a", "b", "c"}, "what is not in it is not gone"
    assert hub.deliver(one.callback, b" " * (LIMIT + 1)).status == 413
    bomb = gzip.compress(b" " * (LIMIT + 1))
    assert hub.deliver(one.callback, bomb, Content_Encoding="gzip").status == 413
    assert hub.deliver(one.callback, b"?", Content_Encoding="br").status == 415
    assert hub.deliver(one.callback, gzip.compress(rss(["d"])), Content_Encoding="gzip").status == 202
    assert reader.tick() == ["d"]


def test_a_delivery_of_another_topic_is_not_ours(reader: Reader, hub: Hub) -> None:
    one = reader.subscribe(hub)
    hub.deliver(one.callback, rss(["evil"]), Link=f'<{hub.url}>; rel="hub", <https://other.example/feed>; rel="self"')
    assert reader.tick() == []
    hub.deliver(one.callback, rss_with(hub.url, ["evil"], "https://other.example/feed"), Link="")
    assert reader.tick() == []
    hub.deliver(one.callback, rss_with(hub.url, ["c"], one.topic.replace("http:", "https:")), Link="")
    assert reader.tick() == ["c"]


def test_what_is_delivered_and_is_no_feed_is_a_hint_to_ask(reader: Reader, hub: Hub) -> None:
    one = reader.subscribe(hub)
    reader.now += 30 * timedelta(minutes=1)
    with reader.store.transaction():
        state = reader.store.sources.states()[reader.url]
        reader.store.sources.save(replace(state, next_poll_at=reader.now + DAY))
    hub.deliver(one.callback, b"", Content_Type="text/plain")
    assert reader.tick() == []
    assert reader.next_poll == timedelta(minutes=30), "not before its `every`"


@pytest.mark.websub("F19")
def test_a_source_that_leaves_is_unsubscribed_and_its_pushes_hear_410(reader: Reader, hub: Hub) -> None:
    one = reader.subscribe(hub)
    reader.follow(sources=(source("https://other.example.org/feed"),))
    reader.tick()
    assert [form["hub.mode"] for form in hub.forms] == ["subscribe", "unsubscribe"]
    assert hub.deliver(one.callback, rss(["c"])).status == 410
    hub.settle()
    reader.tick()
    assert hub.subscribers == {}
    assert reader.one.state == "left"
    assert hub.deliver(one.callback, rss(["c"]), secret="any").status == 410
    assert reader.tick() == []
    reader.tick(31 * DAY)
    assert reader.store.subscriptions.all() == []
    reader.tick()
    assert hub.deliver(one.callback, rss(["c"]), secret="any").status == 405, "no more than any address"


@pytest.mark.websub("F19")
@pytest.mark.parametrize("change", ["paused", "private", "callback", "hub"])
def test_what_is_not_wanted_any_more_is_told_to_the_hub(change: str, reader: Reader, hub: Hub, web: Web) -> None:
    one = reader.subscribe(hub)
    match change:
        case "paused" | "private":
            reader.follow(sources=(replace(reader.config.sources[0], **{change: True}),))
        case "callback":
            reader.follow(callback=None)
        case "hub":
            web.on("/feed", Answer(200, rss_with("https://new.example/hub", ["c"], reader.url)))
            reader.now += HOUR
            reader.poll()
    reader.tick()
    hub.settle()
    reader.tick()
    assert hub.forms[-1]["hub.mode"] == "unsubscribe"
    assert hub.forms[-1]["hub.callback"] == one.callback
    assert hub.subscribers == {}


def test_a_hub_that_does_not_hear_that_it_is_left_is_told_three_times(reader: Reader, hub: Hub) -> None:
    reader.subscribe(hub)
    hub.verifies = False
    reader.follow(sources=(source("https://other.example.org/feed"),))
    for _ in range(48):
        reader.tick(HOUR)
    assert [form["hub.mode"] for form in hub.forms] == ["subscribe"] + ["unsubscribe"] * 3
    assert reader.one.state == "left"


@pytest.mark.parametrize("secret", [{"private": True}, {"headers": (("X-Key", "k"),)}, {"paused": True}])
def test_of_what_is_secret_no_hub_hears(
    secret: dict[str, Any], web: Web, hub: Hub, door: tuple[Callback, str], authority: Authority
) -> None:
    web.on("/feed", Answer(200, rss_with(hub.url, ["a"])))
    reader = Reader(web.url("/feed", "localhost"), door, authority.trusting(), **secret)
    reader.poll()
    reader.tick()
    assert (hub.forms, reader.store.subscriptions.all()) == ([], [])


def test_without_a_callback_nothing_is_asked(reader: Reader, hub: Hub) -> None:
    reader.follow(callback=None)
    reader.poll()
    reader.tick()
    assert (hub.paths, reader.store.subscriptions.all()) == ([], [])


def test_the_callback_can_be_found_by_doctor_and_knows_two_methods(
    reader: Reader, hub: Hub, door: tuple[Callback, str]
) -> None:
    one = reader.subscribe(hub)
    told: Answered = hub.ask(door[1] + PROBE, {})
    assert (told.status, told.body) == (200, b"a WebSub callback\n")
    assert hub._send("PUT", one.callback, "", b"", {}).status == 405


def test_the_folder_of_the_program_is_not_a_callback(tmp_path: Path) -> None:
    desk = Callback()
    assert not desk.is_here("/")
    assert desk.wants("/push/x") == 404
    assert desk.deliver("/push/x", {}, b"") == 404
