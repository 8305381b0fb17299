"""Section N of the list of hostile input: no way leads to an address that is not on the public Internet.

Judged by the interpreter's own audit events: not one connection is even tried.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from aggregator.discovery.discover import feed_links
from aggregator.errors import FetchError
from aggregator.fetch.client import Client, Request, Trust, user_agent
from aggregator.fetch.guard import dial
from aggregator.fetch.names import look_up
from aggregator.fetch.turns import Turns
from aggregator.records import Response, Source, SourceState
from tests.watch import Seen, watching
from tests.web import Answer, Web, rss
from tests.world import World

TLS = Trust()
PUBLIC = "8.8.8.8"  # stands for any public address; the scripted web answers in its place

# an address, and what else a URL may hold to mean it
ADDRESSES = {
    "127.0.0.1": (
        "2130706433 0x7f000001 0x7F.0.0.1 0177.0.0.1 017700000001 127.1 127.0.1 127.0.0.1. 127.255.255.254 "
        "\uff11\uff12\uff17.0.0.1 127\u30020\u30020\u30021 \u2460\u2461\u2466.\u24ea.\u24ea.\u2460 %31%32%37.0.0.1 "
        "localhost LOCALHOST localhost. localhost.localdomain 127.0.0.1.nip.io me@127.0.0.1"
    ),
    "0.0.0.0": "0 0x0 00 0.0 0.0.0.0.",
    "0.1.2.3": "66051 0.1.515",
    "10.0.0.1": "167772161 10.1 012.0.0.1 10.0.0.1.nip.io",
    "100.64.0.1": "100.64.1",
    "169.254.169.254": "2852039166 0xa9fea9fe 0251.0376.0251.0376 169.254.43518 metadata.google.internal",
    "172.16.0.1": "172.16.1 172.31.255.255",
    "192.0.0.1": "",
    "192.0.0.170": "",
    "192.0.2.1": "",
    "192.88.99.1": "",
    "192.168.0.1": "3232235521 192.168.1 app.192-168-0-1.sslip.io",
    "198.18.0.1": "198.19.255.255",
    "198.51.100.1": "",
    "203.0.113.1": "",
    "224.0.0.1": "239.255.255.255",
    "240.0.0.1": "0xf0000001",
    "255.255.255.255": "4294967295 255.255.65535",
    "::1": "[0:0:0:0:0:0:0:1] [::0001] ip6-localhost",
    "::": "[0::0]",
    "fc00::1": "[FC00::1]",
    "fe80::1": "[fe80::1%25lo] [fe80::1%lo] [fe80::1%251]",
    "fec0::1": "",
    "ff02::1": "",
    "ff0e::1": "",
    "2001:db8::1": "",
    "3fff::1": "",
    "64:ff9b::7f00:1": "[64:ff9b::127.0.0.1]",
    "64:ff9b::a9fe:a9fe": "[64:ff9b::169.254.169.254]",
    "64:ff9b:1::1": "",
    "100::1": "",
    "::ffff:127.0.0.1": "[::ffff:7f00:1] [::FFFF:127.0.0.1] [0:0:0:0:0:ffff:7f00:1]",
    "::ffff:10.0.0.1": "[::ffff:a00:1]",
    "::ffff:100.64.0.1": "",
    "::ffff:169.254.169.254": "[::ffff:a9fe:a9fe]",
    "::127.0.0.1": "[::7f00:1]",
    "2002:7f00:1::": "",
    "2002:a9fe:a9fe::": "",
    "2001:0:4136:e378:8000:63bf:f5ff:fffe": "",
    "5f00::1": "",
    "fd00:ec2::254": "",
    "168.63.129.16": "168.63.33040",
    "100.100.100.200": "",
    "192.0.0.192": "",
}


def numbered(first: int, rows: list[object]) -> list[object]:
    """Rows as parameters, each a case of the list."""
    return [
        pytest.param(row, id=f"N{number:02}", marks=pytest.mark.hostile(f"N{number:02}"))
        for number, row in enumerate(rows, first)
    ]


class Names:
    """A name server: a name gives its answers in turn, the last for ever; what is no name goes to the machine's own."""

    def __init__(self, **names: list[list[str]]) -> None:
        self.names = {name.replace("_", "."): list(answers) for name, answers in names.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, timeout: float) -> list[str]:
        self.asked.append(host)
        answers = self.names.get(host)
        if answers is None:
            return look_up(host, port, timeout)
        return answers.pop(0) if len(answers) > 1 else answers[0]


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as made:
        yield made


def client(names: Callable[[str, int, float], list[str]] = look_up, public: int = 0) -> Client:
    """A client for which the public address is the scripted web at this port."""

    def through(address: str, port: int, timeout: float) -> socket.socket:
        return dial("127.0.0.1", public, timeout) if address == PUBLIC else dial(address, port, timeout)

    return Client(agent=user_agent(None), tls=TLS, timeout=5, resolver=names, dial=through, turns=Turns(spacing=0.0))


def poll(made: Client, source: Source) -> Response:
    with closing(made):
        return made.poll(source, SourceState(1, source.url, source.url))


def refused(made: Client, source: Source) -> Seen:
    """It fails, in one clear line; what was seen while it did."""
    with watching() as seen, pytest.raises(FetchError) as caught:
        poll(made, source)
    assert caught.value.kind in {"refused", "redirect", "dns"}, str(caught.value)
    assert str(caught.value).isprintable()
    assert (seen.started, seen.outside()) == ([], [])
    return seen


def url_of(host: str) -> str:
    return f"http://[{host}]/feed" if ":" in host and "[" not in host else f"http://{host}/feed"


# --- 44 addresses, in all their spellings ----------------------------------------------------------------------


@pytest.mark.parametrize("address", numbered(1, list(ADDRESSES)))
def test_an_address_is_never_connected_to(address: str) -> None:
    with watching() as seen, pytest.raises(FetchError, match="is on a private network") as caught:
        poll(client(), Source(url_of(address)))
    assert (caught.value.kind, seen.connected) == ("refused", [])
    for host in ADDRESSES[address].split():
        name = host.rpartition("@")[2].lower()
        letters = name.rstrip(".")[-1].isalpha() and not name.startswith("0x")
        names = {name.replace(".", "_"): [[address]]} if letters and name.isascii() else {}
        assert refused(client(Names(**names)), Source(url_of(host))).connected == [], host


@pytest.mark.parametrize("address", numbered(1, list(ADDRESSES)))
def test_a_name_does_not_hide_it_and_a_permission_for_another_host_does_not_help(address: str) -> None:
    names = Names(evil_example=[[address]], home_example=[["127.0.0.1"]])
    assert refused(client(names), Source("http://evil.example/feed")).connected == []
    with Web() as home:
        home.on("/feed", Answer(302, b"", {"Location": url_of(address)}))
        home.on("/named", Answer(302, b"", {"Location": "http://evil.example/"}))
        for path in ("/feed", "/named"):
            source = Source(home.url(path, host="home.example"), allow_private=True)
            with watching(allow={home.port}) as seen, pytest.raises(FetchError, match="private network"):
                poll(client(names), source)
            assert seen.connected == [("127.0.0.1", home.port)]  # the permitted one, and no other


@pytest.mark.parametrize("address", numbered(1, list(ADDRESSES)))
def test_with_permission_it_is_tried_so_the_watch_sees_what_it_must(address: str) -> None:
    if ":" in address and not socket.has_ipv6:
        pytest.fail("the proof needs a Python that knows IPv6")
    with watching() as seen, pytest.raises(FetchError) as caught:
        poll(client(), Source(url_of(address), allow_private=True))
    assert caught.value.kind == "connect"
    assert [socket.getaddrinfo(host, 80)[0][4][0] for host, _ in seen.connected] == [
        socket.getaddrinfo(address, 80)[0][4][0]
    ]


# --- 12 targets of redirects -----------------------------------------------------------------------------------

TARGETS = [
    "http://127.0.0.1:{port}/in",
    "http://localhost:{port}/in",
    "http://[::1]:{port}/in",
    "http://169.254.169.254/latest/meta-data/",
    "http://2130706433:{port}/in",
    "http://[::ffff:7f00:1]:{port}/in",
    "http://0:{port}/in",
    "//10.0.0.1/in",
    "https://192.168.0.1/in",
    "http://blog.example@127.0.0.1:{port}/in",
    "http://evil.example:{port}/in",
    "http:\\\\127.1:{port}\\in",
]


@pytest.mark.parametrize("target", numbered(45, TARGETS))
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_leads_there(web: Web, target: str, status: int) -> None:
    location = target.replace("{port}", str(web.port))
    web.on("/feed", Answer(status, b"", {"Location": location}))
    web.on("/again", Answer(status, b"", {"Location": "/feed"}))
    web.on("/in", Answer(200, rss(1)))
    for path in ("/feed", "/again"):
        names = Names(blog_example=[[PUBLIC]], evil_example=[["127.0.0.1"]])
        with watching(allow={web.port}) as seen, pytest.raises(FetchError) as caught:
            poll(client(names, web.port), Source(f"http://blog.example{path}"))
        assert caught.value.kind == "refused", str(caught.value)
        assert "/in" not in web.targets()
        assert set(seen.connected) == {("127.0.0.1", web.port)}  # the public one, on this machine
        assert len(seen.connected) == 1


# --- 4 rebindings ----------------------------------------------------------------------------------------------


@pytest.mark.hostile("N57")
def test_a_name_is_asked_for_once_and_the_checked_address_is_the_one_connected_to(web: Web) -> None:
    web.on("/feed", Answer(200, rss(1), then="close"))
    names = Names(rebind_example=[[PUBLIC], ["127.0.0.1"]])
    with watching(allow={web.port}) as seen:
        assert poll(client(names, web.port), Source("http://rebind.example/feed")).status == 200
    assert (names.asked, len(seen.connected)) == (["rebind.example"], 1)
    assert "rebind.example" not in seen.asked  # nobody asked the machine behind our back
    assert refused(client(names, web.port), Source("http://rebind.example/feed")).connected == []


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([PUBLIC, "10.0.0.1"], marks=pytest.mark.hostile("N58")),
        pytest.param(["10.0.0.1", PUBLIC], marks=pytest.mark.hostile("N58")),
        pytest.param([*[PUBLIC] * 40, "169.254.169.254"], marks=pytest.mark.hostile("N58")),
        pytest.param([PUBLIC, "fd00::1"], marks=pytest.mark.hostile("N59")),
        pytest.param(["::ffff:127.0.0.1", PUBLIC], marks=pytest.mark.hostile("N59")),
    ],
)
def test_one_private_address_among_public_ones_refuses_them_all(web: Web, answers: list[str]) -> None:
    names = Names(mixed_example=[answers])
    assert refused(client(names, web.port), Source("http://mixed.example/feed")).connected == []


@pytest.mark.hostile("N60")
def test_a_name_that_changes_between_two_hops_is_checked_at_each(web: Web) -> None:
    web.on("/feed", Answer(302, b"", {"Location": f"http://rebind.example:{web.port}/in"}))
    web.on("/in", Answer(200, rss(1)))
    names = Names(rebind_example=[[PUBLIC], ["127.0.0.1"]])
    with watching(allow={web.port}) as seen, pytest.raises(FetchError, match="private network"):
        poll(client(names, web.port), Source("http://rebind.example/feed"))
    assert (web.targets(), len(seen.connected)) == (["/feed"], 1)


# --- 3 ways through proxies ------------------------------------------------------------------------------------


@pytest.mark.hostile("N61")
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("place", ["127.0.0.1", "localhost", "proxy.example", "[::1]", "0x7f.1"])
def test_a_private_proxy_needs_the_permission_too(web: Web, place: str, scheme: str) -> None:
    source = Source(f"{scheme}://blog.example/feed", proxy=f"http://{place}:{web.port}")
    names = Names(proxy_example=[["127.0.0.1"]])
    assert refused(client(names), source).connected == []
    web.on("http://blog.example/feed", Answer(200, rss(1)))
    if scheme == "http" and place == "127.0.0.1":
        with watching(allow={web.port}) as seen:
            assert poll(client(names), replace(source, allow_private=True)).status == 200
        assert seen.connected == [("127.0.0.1", web.port)]


@pytest.mark.hostile("N62")
@pytest.mark.parametrize(
    "address", [*ADDRESSES, *"2130706433 0x7f.1 127.1 0 localhost router metadata.internal".split()]
)
def test_a_proxy_is_not_asked_for_a_private_host(web: Web, address: str) -> None:
    names = Names(proxy_example=[[PUBLIC]])
    proxy = f"http://proxy.example:{web.port}"
    assert refused(client(names, web.port), Source(url_of(address), proxy=proxy)).connected == []
    web.on("http://blog.example/feed", Answer(302, b"", {"Location": url_of(address)}))
    with watching(allow={web.port}), pytest.raises(FetchError, match="private network"):
        poll(client(names, web.port), Source("http://blog.example/feed", proxy=proxy))
    assert web.targets() == ["http://blog.example/feed"]


@pytest.mark.hostile("N63")
@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"])
def test_proxies_of_the_environment_are_not_used(web: Web, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    web.on("/feed", Answer(200, rss(1)))
    with Web() as proxy:
        monkeypatch.setenv(name, proxy.url(""))
        with watching(allow={web.port, proxy.port}) as seen:
            answer = poll(client(Names(blog_example=[[PUBLIC]]), web.port), Source("http://blog.example/feed"))
        assert (answer.status, seen.connected) == (200, [("127.0.0.1", web.port)])
        assert proxy.asked == []


# --- 3 links that others give ----------------------------------------------------------------------------------


@pytest.mark.hostile("N64")
@pytest.mark.parametrize("address", ADDRESSES)
def test_no_hub_is_there(address: str) -> None:
    home = Request(url_of(address), "POST", b"hub.mode=subscribe", permitted="home.example")
    for request in (home, replace(home, permitted=None)):
        with watching() as seen, closing(client()) as made, pytest.raises(FetchError, match="private network"):
            made.ask(request)
        assert seen.connected == []


@pytest.mark.hostile("N65")
@pytest.mark.parametrize("target", TARGETS)
def test_no_hub_hands_what_is_sent_to_it_on_to_there(web: Web, target: str) -> None:
    web.on("/hub", Answer(307, b"", {"Location": target.replace("{port}", str(web.port))}))
    names = Names(hub_example=[[PUBLIC]], evil_example=[["127.0.0.1"]])
    request = Request("http://hub.example/hub", "POST", b"hub.callback=https://us.example/secret")
    with watching(allow={web.port}), closing(client(names, web.port)) as made, pytest.raises(FetchError) as caught:
        made.ask(request)
    assert caught.value.kind == "refused"
    assert web.targets() == ["/hub"]


@pytest.mark.hostile("N66")
@pytest.mark.parametrize("address", ADDRESSES)
def test_no_feed_that_a_page_offers_is_there(web: Web, address: str) -> None:
    page = f'<html><link rel="alternate" type="application/rss+xml" href="{url_of(address)}">'.encode()
    for link in feed_links(page, "http://blog.example/"):
        assert refused(client(), Source(link.url)).connected == []
    web.on("/", Answer(302, b"", {"Location": url_of(address)}))
    with watching(allow={web.port}), pytest.raises(FetchError, match="private network"):
        poll(client(Names(blog_example=[[PUBLIC]]), web.port), Source("http://blog.example/"))


# --- the watch itself, and the whole program -------------------------------------------------------------------


def test_the_watch_sees_what_is_allowed_too(web: Web, tmp_path: Path) -> None:
    url = web.on("/feed", Answer(200, rss(1)))
    outside = tmp_path / "outside"
    with watching(allow={web.port}) as seen:
        assert poll(client(), Source(url, allow_private=True)).status == 200
        outside.write_text("x")
        subprocess.run([sys.executable, "-c", ""], check=True)
    assert seen.connected == [("127.0.0.1", web.port)]
    assert seen.outside() == [str(outside)]
    assert seen.outside(tmp_path) == []
    assert any("subprocess.Popen" in name for name in seen.started)


@pytest.mark.hostile("N01", "N06", "N45", "N61")
def test_twenty_good_feeds_are_delivered_beside_hostile_addresses(world: World, web: Web) -> None:
    good = [world.blog(f"Good {number}", f"News {number}") for number in range(20)]
    web.on("/away", Answer(302, b"", {"Location": "http://169.254.169.254/latest/meta-data/?token=hunter2"}))
    ports = {int(blog.url.split(":")[2].split("/")[0]) for blog in good} | {web.port}
    lines = [f"  - {{url: '{blog.url}', allow_private: true}}" for blog in good]
    lines += [f"  - {{url: '{web.url('/away')}', allow_private: true}}"]
    lines += [f"  - 'http://{host}:{web.port}/feed'" for host in ("127.0.0.1", "2130706433", "[::ffff:7f00:1]")]
    lines += ["  - 'http://169.254.169.254/latest/?token=hunter2'"]
    lines += [f"  - {{url: 'http://blog.example/feed', proxy: '{web.url('').replace('//', '//me:hunter2@')}'}}"]
    (world.folder / "feeds.yaml").write_text("\n".join(["timezone: UTC", "sources:", *lines, ""]))
    with watching(allow=ports) as seen:
        result = world.poll()
    assert sorted(world.titles()) == sorted(f"News {number}" for number in range(20))
    assert len(result["failed"]) == 6
    assert all("private network" in one["error"] for one in result["failed"])
    assert {port for _, port in seen.connected} == ports
    assert len(seen.connected) == 21
    assert (seen.outside(world.folder), seen.started) == ([], [])
    told = world.said + str(result)
    assert "hunter2" not in told
    assert all(line.isprintable() for line in told.splitlines())
