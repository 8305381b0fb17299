"""A WebSub hub on a real loopback socket, that does what the Recommendation asks for, or misbehaves as it is told."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ssl
import threading
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.web import Answer, Request, Web

_PATIENCE = 60.0  # seconds that a test waits for what must come


@dataclass(frozen=True)
class Answered:
    """What a callback answered."""

    status: int
    body: bytes
    headers: dict[str, str]


@dataclass
class Hub:
    """Takes subscriptions, verifies them before (`early`) or after it has answered, and delivers.

    `answers` are given to the next requests in place of 202; `verifies` False: it never asks back. `lease` is what it
    grants, None: what was asked for, "" none at all.
    """

    tls: ssl.SSLContext | None = None
    host: str = "localhost"
    answers: list[Answer] = field(default_factory=list)
    verifies: bool = True
    early: bool = False
    lease: str | None = None
    forms: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    verified: list[Answered] = field(default_factory=list)
    subscribers: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._web = Web(self.tls)
        self._web.otherwise = self._take
        self._verifying: list[threading.Thread] = []

    def __enter__(self) -> Hub:
        self._web.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._web.__exit__(kind, error, trace)

    @property
    def url(self) -> str:
        return self._web.url("/hub", self.host)

    def settle(self) -> None:
        """Wait until everything that was to be verified is."""
        while self._verifying:
            thread = self._verifying.pop()
            thread.join(_PATIENCE)
            assert not thread.is_alive()

    # --- what is asked of it ---------------------------------------------------------------------------------

    def _take(self, request: Request) -> Answer:
        self.paths.append(request.target)
        if self.answers:
            return self.answers.pop(0)
        assert request.method == "POST"
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        form = {name: values[0] for name, values in parse_qs(request.body.decode(), strict_parsing=True).items()}
        self.forms.append(form)
        if self.verifies and self.early:
            self._verify(form)
        elif self.verifies:
            self._verifying.append(threading.Thread(target=self._verify, args=(form,), daemon=True))
            self._verifying[-1].start()
        return Answer(202)

    def _verify(self, form: dict[str, str]) -> None:
        challenge = f"challenge & <{len(self.verified)}>"
        query = {"hub.mode": form["hub.mode"], "hub.topic": form["hub.topic"], "hub.challenge": challenge}
        lease = form.get("hub.lease_seconds", "") if self.lease is None else self.lease
        answered = self.ask(form["hub.callback"], query | ({"hub.lease_seconds": lease} if lease else {}))
        self.verified.append(answered)
        if answered.status // 100 == 2 and answered.body.decode() == challenge:
            if form["hub.mode"] == "subscribe":
                self.subscribers[form["hub.callback"]] = form
            else:
                self.subscribers.pop(form["hub.callback"], None)

    # --- what it does of its own -----------------------------------------------------------------------------

    def ask(self, callback: str, query: dict[str, str]) -> Answered:
        """A GET of a callback."""
        return self._send("GET", callback, "?" + urlencode(query), b"", {})

    def deny(self, callback: str, topic: str, reason: str = "") -> Answered:
        """It will deliver no longer (section 5.2)."""
        return self.ask(callback, {"hub.mode": "denied", "hub.topic": topic, "hub.reason": reason})

    def deliver(
        self, callback: str, body: bytes, method: str | None = "sha256", secret: str | None = None, **headers: str
    ) -> Answered:
        """The content of a topic, signed with the subscriber's secret, with another one, or (`method` None) not."""
        form = self.subscribers.get(callback, {})
        own = {"Content-Type": "application/rss+xml", "Link": f'<{self.url}>; rel="hub", <{form.get("hub.topic")}>; '}
        own["Link"] += "rel=self"
        key = secret or form.get("hub.secret")
        if method and key:
            made = hmac.new(key.encode(), body, getattr(hashlib, method, hashlib.md5)).hexdigest()
            own["X-Hub-Signature"] = f"{method}={made}"
        return self._send("POST", callback, "", body, own | {n.replace("_", "-"): v for n, v in headers.items()})

    def _send(self, method: str, callback: str, query: str, body: bytes, headers: dict[str, str]) -> Answered:
        parts = urlsplit(callback)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE)
        try:
            connection.request(method, parts.path + query, body or None, headers)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Answered(answer.status, answer.read(), told)
        finally:
            connection.close()
