from __future__ import annotations

import json
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator.urls import (
    MAX_URL,
    absolute,
    canonical,
    clean_link,
    host_of,
    is_http,
    public_address,
    site_name,
    without_secrets,
)
from tests.corpus import ROOT as CORPUS
from tests.corpus import needs_corpus


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://a.example/x", "https://a.example/x"),
        ("https://a.example/X?b=2&a=1&c=%7e#Part", "https://a.example/X?b=2&a=1&c=%7e#Part"),
        ("https://a.example/?", "https://a.example/?"),
        ("HTTPS://A.example/x", "https://A.example/x"),
        (" https://a.example/x\n", "https://a.example/x"),
        ("https://a.exa\tmple/x\r\n/y", "https://a.example/x/y"),
        ("https://a.example/a b", "https://a.example/a%20b"),
        ("https://a.example/ö?q=ő", "https://a.example/ö?q=ő"),
        ('https://a.example/"><script>', "https://a.example/%22%3E%3Cscript%3E"),
        ("https://a.example/\u202egnp.exe", "https://a.example/%E2%80%AEgnp.exe"),
        ("https://bücher.example/", "https://bücher.example/"),
        ("http:/\\a.example/x", "http://a.example/x"),
        ("http:///a.example/x", "http://a.example/x"),
        ("http:\\\\a.example\\x", "http://a.example/x"),
        ("https://user:password@a.example/", "https://a.example/"),
        ("https://bank.example@evil.example/", "https://evil.example/"),
        ("https://bank.example\\@evil.example/", "https://bank.example/@evil.example/"),
        ("https://a.example:8443/", "https://a.example:8443/"),
        ("https://[2001:db8::1]:8080/x", "https://[2001:db8::1]:8080/x"),
    ],
)
def test_a_link_to_publish_keeps_its_bytes(url: str, link: str) -> None:
    assert clean_link(url) == link


@pytest.mark.parametrize(
    "url",
    [
        "", " ", "x", "/x", "//a.example/x", "\\\\a.example", "?q", "#f", "http:", "http://", "https:///",
        "http:a.example",
        "javascript:alert(1)", "JavaScript:alert(1)", "java\tscript:alert(1)", "\x01javascript:alert(1)", "vbscript:x",
        "data:text/html,x", "file:///etc/passwd", "blob:https://a.example/1", "intent://a#Intent;end",
        "feed:https://a.example/",
        "tag:a.example,2026:1", "urn:uuid:1", "mailto:a@a.example", "ftp://a.example/", "|cmd", "exec:ls", "filter:x",
        "http://[", "http://[::1", "http://a.example:port/", "http://a.example:99999/", "http://a b.example/", "http://.../",
        "http://a|b.example/", "http://\u202ea.example/", "http://℀.example/", "http://a\u200b.example/", "http://%61.example/",
        "http://<script>/", "http://a.example/" + "x" * 70_000, "http://" + "a" * 300 + ".example/",
    ],
)  # fmt: skip
def test_what_is_no_safe_link(url: str) -> None:
    assert clean_link(url) is None
    assert canonical(url) is None
    assert not is_http(url)
    assert host_of(url) == site_name(url) == ""


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("?utm_source=rss&utm_medium=feed&utm_campaign=news", ""),
        ("?UTM_Source=rss", ""),
        ("?id=7&utm_source=rss", "?id=7"),
        ("?utm_source=rss&id=7", "?id=7"),
        ("?b=1&fbclid=IwAR0&a=2&gclid=x", "?b=1&a=2"),
        ("?mc_cid=1&mc_eid=2&igshid=3&ref_src=twsrc", ""),
        ("?mtm_source=x&pk_campaign=y&_hsenc=z&mkt_tok=1&xtor=RSS-1", ""),
        ("?%75tm_source=rss", ""),
        ("?source=rss----abc---4", ""),
        ("?ref=rss&partner=rss&emc=rss", ""),
        ("#utm_source=rss&utm_medium=rss", ""),
        ("?id=7#xtor=RSS-16", "?id=7"),
        ("?v=abc&p=12&id=3&page=2&q=x&s=y", "?v=abc&p=12&id=3&page=2&q=x&s=y"),
        ("?ref=homepage&source=print&from=2020", "?ref=homepage&source=print&from=2020"),
        ("?pk=7&utm=1&autm_source=1", "?pk=7&utm=1&autm_source=1"),
        ("?a=1&&b=2", "?a=1&&b=2"),
        ("?crop/100x50", "?crop/100x50"),
        ("#section=1", "#section=1"),
        ("#:~:text=bread", "#:~:text=bread"),
    ],
)
def test_tracking_goes_and_content_stays(query: str, left: str) -> None:
    assert clean_link("https://a.example/x" + query) == "https://a.example/x" + left


def test_a_ref_that_names_the_page_it_stands_on_is_tracking() -> None:
    assert (
        clean_link("https://a.example/?ref=blog.example", seen_on="https://www.blog.example/feed")
        == "https://a.example/"
    )
    assert clean_link("https://a.example/?ref=a.example") == "https://a.example/"
    assert clean_link("https://a.example/?ref=other.example") == "https://a.example/?ref=other.example"


@pytest.mark.parametrize(
    "same",
    [
        "http://example.org/a/b",
        "https://www.example.org/a/b/",
        "https://m.example.org/a/b",
        "https://amp.example.org/a/b/index.html",
        "https://www.m.example.org:443/a/b/amp/",
        "http://example.org:80/a/b?amp=1",
        "https://EXAMPLE.org./a/b?outputType=amp",
        "https://user@example.org/a/b#comments",
        "https://example.org//a/./x/../b?utm_source=x&ref=news.example",
        "https://example.org/%61/%62",
    ],
)
def test_addresses_of_one_page_have_one_canonical_form(same: str) -> None:
    assert canonical(same) == "https://example.org/a/b"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://example.org", "https://example.org"),
        ("https://example.org/?b=2&a=1&b=1", "https://example.org?a=1&b=1&b=2"),
        ("https://example.org/A", "https://example.org/A"),
        ("https://example.org/ä%e4b%2f", "https://example.org/%C3%A4%E4b%2F"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("https://bücher.example/", "https://xn--bcher-kva.example"),
        ("https://m.example/x", "https://m.example/x"),
        ("https://www.example/x", "https://www.example/x"),
        ("https://example.org:8443/x", "https://example.org:8443/x"),
        ("https://example.org/camp", "https://example.org/camp"),
        ("https://example.org/?p=12&v=3", "https://example.org?p=12&v=3"),
    ],
)
def test_canonical_keeps_pages_apart(url: str, key: str) -> None:
    assert canonical(url) == key


PIECES = st.sampled_from(
    "http:// https:// www. m. amp. a.example example.org :80 :443 : / // /amp /index.html .amp .. . ? & # = amp=1 "
    "utm_source=x ref=b.example %41 %2e %25 %zz % ä @ user:pw@ \\ [ ] + ; ü.example ａ．ｅｘａｍｐｌｅ".split(" ")
)


@settings(max_examples=100)
@given(
    st.lists(PIECES, max_size=12).map("".join).map(lambda tail: "http://a.example" + tail)
    | st.lists(PIECES).map("".join)
)
@example("https://a.example/%2541")
@example("https://a.example/amp/index.html/amp/")
def test_both_forms_are_stable(url: str) -> None:
    link, key = clean_link(url), canonical(url)
    assert link is None or clean_link(link) == link
    assert key is None or canonical(key) == key
    assert (link is None) == (key is None)
    if link is not None:
        assert canonical(link) == key
        assert is_http(link)


@settings(max_examples=60)
@given(st.text(max_size=60), st.none() | st.text(max_size=30))
def test_nothing_raises(url: str, base: str | None) -> None:
    made = absolute(base, url)
    assert made is None or (made.isascii() and " " not in made and len(made) <= MAX_URL)
    assert clean_link(url) is None or "@" not in (clean_link(url) or "").split("/")[2]
    assert isinstance(without_secrets(url) + host_of(url) + site_name(url), str)


@pytest.mark.parametrize(
    ("base", "url", "expected"),
    [
        ("http://a/b/c/d;p?q", "g", "http://a/b/c/g"),
        ("http://a/b/c/d;p?q", "../../g", "http://a/g"),
        ("http://a/b/c/d;p?q", "?y", "http://a/b/c/d;p?y"),
        ("http://a/b/c/d;p?q", "#s", "http://a/b/c/d;p?q#s"),
        ("http://a/b/c/d;p?q", "//g/x", "http://g/x"),
        ("http://a/b/c/d;p?q", "", "http://a/b/c/d;p?q"),
        ("https://a.example/x", "\\y\\z", "https://a.example/y/z"),
        ("https://a.example/x", "ö ü?q=ß", "https://a.example/%C3%B6%20%C3%BC?q=%C3%9F"),
        ("https://bücher.example/", "x", "https://xn--bcher-kva.example/x"),
        (None, "https://a.example/%20 x", "https://a.example/%20%20x"),
        (None, " https://a.example/x\n", "https://a.example/x"),
        (None, "https://a.example", "https://a.example"),
        (None, "mailto:a b@a.example", "mailto:a%20b@a.example"),
        ("https://a.example/", "tag:a.example,2026:1", "tag:a.example,2026:1"),
        (None, "x", None),
        ("", "/x", None),
        ("nonsense", "x", None),
        ("http://[", "x", None),
        ("https://a.example/", "http://[", None),
        ("https://a.example/", "//[", None),
        ("https://a.example/", "x" * 10_000, None),
    ],
)
def test_absolute(base: str | None, url: str, expected: str | None) -> None:
    assert absolute(base, url) == expected


@pytest.mark.parametrize(
    ("url", "host", "site"),
    [
        ("https://www.Example.org/x", "www.example.org", "example.org"),
        ("http://127.0.0.1:8900/x/feed", "127.0.0.1:8900", "127.0.0.1"),
        ("https://user@blog.example.org:443/", "blog.example.org:443", "blog.example.org"),
        ("https://bücher.example/", "xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_hosts(url: str, host: str, site: str) -> None:
    assert host_of(url) == host
    assert site_name(url) == site


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:secret@a.example/x", "https://a.example/x"),
        ("postgresql://user:secret@db.example/x", "postgresql://db.example/x"),
        (
            "https://a.example/?token=1&a=2&API_KEY=3&access_token=4",
            "https://a.example/?token=…&a=2&API_KEY=…&access_token=…",
        ),
        ("https://a.example/?key=1;sig=2#access_token=3", "https://a.example/?key=…;sig=…#access_token=…"),
        (
            "https://a.example/?X-Amz-Signature=1&private%5Ftoken=2",
            "https://a.example/?X-Amz-Signature=…&private%5Ftoken=…",
        ),
        ("https://a.example/?page=1&author=ann", "https://a.example/?page=1&author=ann"),
        ("https://a.example/@ann?q=a@b", "https://a.example/@ann?q=a@b"),
        ("not a url", "not a url"),
    ],
)
def test_secrets_are_not_shown(url: str, shown: str) -> None:
    assert without_secrets(url) == shown


def test_long_hostile_addresses_take_no_time() -> None:
    started = time.process_time()
    for url in (
        "http://a/" + "?" * 7000,
        "http://a/?" + "&a=" * 2500,
        "http:" + "/" * 7900,
        "http://a/" + "/amp" * 1900,
        "@" * 9_000_000,
    ):
        assert clean_link(url) is None or canonical(url) is not None
        without_secrets(url)
        absolute(url, url)
    assert time.process_time() - started < 3


# Two of that suite are ours to differ in: bytes that need no change are kept (%20 stays %20), mailto is no page.
DIFFERENT = {"https://example.com/page?name=John%20Doe&utm_source=newsletter", "mailto:user@example.org"}


@example("http://-.-", None)
@example("https://a.example/?utm_source=x&b=%2F", None)
@example("https://b.example?ref=www.a.example&[c]=?/@", "https://a.example/feed")
@given(
    st.from_regex(
        r"https?://[a-z0-9.-]{1,20}(/[ -~]{0,20})?([?](utm_id=1|ref=a[.]example|&|[ -~]{0,9}){0,4})?", fullmatch=True
    ),
    st.sampled_from([None, "https://a.example/feed"]),
)
def test_the_short_way_of_a_clean_address_leads_to_the_same_place(url: str, seen_on: str | None) -> None:
    scheme, mark, rest = url.partition(":")
    assert clean_link(url, seen_on=seen_on) == clean_link(scheme.upper() + mark + rest, seen_on=seen_on)


@needs_corpus
def test_values_that_others_wrote() -> None:
    values = (CORPUS / "corpus" / "oracle" / "values-urlclean" / "values.jsonl").read_text("utf-8")
    rows = [json.loads(line) for line in values.split("\n") if line]
    wrong = {row["input"] for row in rows if (clean_link(row["input"], seen_on=row["feed"]) or "") != row["expect"]}
    assert wrong <= DIFFERENT


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://blog.example/feed", "https://blog.example/feed"),
        ("https://blog.example/feed/?a=1&b=%20#top", "https://blog.example/feed/?a=1&b=%20"),
        ("https://blog.example/feed?", "https://blog.example/feed?"),
        ("https://blog.example/?cat=2;page=3&&x", "https://blog.example/?cat=2;page=3&&x"),
        ("https://ann:s3cret@blog.example/feed", "https://blog.example/feed"),
        ("https://blog.example/feed?token=s3cret", "https://blog.example/feed"),
        ("https://blog.example/feed?lang=en&access_token=s3cret&page=2", "https://blog.example/feed?lang=en&page=2"),
        ("https://blog.example/feed?key=s3cret;lang=en", "https://blog.example/feed?lang=en"),
        ("https://blog.example/feed?API%5Fkey=s3cret", "https://blog.example/feed"),
        ("https://blog.example/feed#token=s3cret", "https://blog.example/feed"),
        ("tag:blog.example,2026:feed", "tag:blog.example,2026:feed"),
        ("", ""),
    ],
)
def test_public_address(url: str, shown: str) -> None:
    assert public_address(url) == shown


@pytest.mark.parametrize(
    ("base", "reference", "expected"),
    [
        ("https://a.example", "/b/c.jpg", "https://a.example/b/c.jpg"),
        ("https://a.example/x/y?q", "/b/", "https://a.example/b/"),
        ("https://a.example?x=/y", "/b/?z=/c", "https://a.example/b/?z=/c"),
        ("https://a.example/x/y", "/b/c", "https://a.example/b/c"),
        ("https://a.example/x/y", "//b.example/c", "https://b.example/c"),
        ("https://a.example/x/y", "/b//c", "https://a.example/b//c"),
        ("https://a.example/x/y", "/b/../c", "https://a.example/c"),
        ("https://a.example/x/y", "/.well-known/c", "https://a.example/.well-known/c"),
        ("https://a.example/x/y", "/b c", "https://a.example/b%20c"),
        ("https://a.example/x/y", "https://b.example/c/../d", "https://b.example/c/../d"),
    ],
)
def test_what_is_plain_is_resolved_without_taking_it_apart(base: str, reference: str, expected: str) -> None:
    """The same as for any other reference, only sooner."""
    assert absolute(base, reference) == expected
