"""Case L24 of the list of hostile input: a secret goes to its own host, and nowhere else."""

from __future__ import annotations

from base64 import b64decode

import pytest

from tests.web import Answer, Raw, Web, rss
from tests.world import World

pytestmark = pytest.mark.hostile("L24")
URL_SECRET, LOGIN, HEADER, PROXY = "hunter-in-url", "hunter-in-login", "hunter-in-header", "hunter-in-proxy"
SECRETS = (URL_SECRET, LOGIN, HEADER, PROXY, "aHVudGVyLWluLWxvZ2lu")  # the last: the middle of its base64
COMMANDS = (
    ("poll", "--verbose"),
    ("poll", "--force", "--log", "json", "--verbose"),
    ("poll", "--force", "--json"),
    ("status",),
    ("status", "--json"),
    ("check", "--online"),
    ("check", "--online", "--json"),
    ("digest",),
    ("digest", "--why"),
    ("publish",),
)


def test_no_secret_is_told_or_written(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEED_LOGIN", f"me:{LOGIN}")
    (world.folder / "login").write_text(f"m:{LOGIN}\n")
    answers = {
        "ok": Answer(200, rss(2)),
        "gone": Answer(410),
        "asks": Answer(401, b"", {"WWW-Authenticate": "Basic"}),
        "page": Answer(200, b"<html><body>no feed</body></html>"),
        "cut": Answer(200, rss(1), length=9999, then="close"),
        "junk": Raw(b"HTTP/1.1 200 OK\r\nx\r\n\r\n"),
        "loop": Answer(302, b"", {"Location": f"/loop?token={URL_SECRET}"}),
        "away": Answer(302, b"", {"Location": f"http://me:{URL_SECRET}@10.0.0.1/?key={URL_SECRET}"}),
        "odd": Answer(302, b"", {"Location": f"x-app://me:{URL_SECRET}@h/"}),
        "nowhere": Answer(302, b"", {"Location": f"http://me:{URL_SECRET}@[h/"}),
    }
    with Web() as web, Web() as proxy:
        lines = []
        for number, (name, answer) in enumerate(answers.items()):
            web.on(f"/{name}?token={URL_SECRET}", answer)
            auth = "env:FEED_LOGIN" if number % 2 else "file:login"
            url = web.url(f"/{name}?token={URL_SECRET}")
            lines.append(f"  - {{url: '{url}', auth: '{auth}', headers: {{X-Api-Key: {HEADER}}}}}")
        own = f"https://127.0.0.1:1/?sig={URL_SECRET}"  # nobody is there
        lines.append(f"  - {{url: '{own}', auth: 'env:FEED_LOGIN'}}")
        through, feed = proxy.url("").replace("//", f"//me:{PROXY}@"), f"blog.example/?password={URL_SECRET}"
        lines += [f"  - {{url: '{scheme}://{scheme}.{feed}', proxy: '{through}'}}" for scheme in ("http", "https")]
        text = "\n".join(["timezone: UTC", "defaults: {allow_private: true, every: 1m}", "sources:", *lines, ""])
        (world.folder / "feeds.yaml").write_text(text, encoding="utf-8")
        told = "".join(world.run(*command, code=None) + world.said for command in COMMANDS)
        assert web.asked, told
        sent = [request.headers["authorization"].removeprefix("Basic ") for request in web.asked]
        assert all(LOGIN in b64decode(one).decode() for one in sent)
        assert all("authorization" not in request.headers for request in proxy.asked)
    assert len(web.asked) > 20  # they were sent where they belong, so there was something to leak
    assert [secret for secret in SECRETS if secret in told] == []
    for path in world.folder.rglob("*"):
        if path.is_file() and path.name not in ("feeds.yaml", "login"):
            known = SECRETS[1:] if "data" in path.parts else SECRETS  # the store knows a source by its address
            assert [secret for secret in known if secret.encode() in path.read_bytes()] == [], path


def test_a_mistake_is_told_without_the_token(world: World) -> None:
    line = f"  - https://blog.example/feed?token={URL_SECRET}\n"
    (world.folder / "feeds.yaml").write_text(f"sources:\n{line}{line}")
    told = world.run("check", code=2) + world.said
    assert "stands on line 2 already" in told
    assert URL_SECRET not in told


def test_a_password_in_an_address_is_refused_without_being_told(world: World) -> None:
    (world.folder / "feeds.yaml").write_text(f"sources:\n  - https://me:{LOGIN}@blog.example/feed\n")
    told = world.run("check", code=2) + world.said
    assert "a password does not belong into the address" in told
    assert LOGIN not in told
