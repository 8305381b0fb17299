"""The feed behind a page, in the order of trust: what the site is known for, what the page's head offers, what its
text links to, and where feeds usually stand. Addresses and bytes in, addresses out; nothing is fetched here.
"""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from aggregator.urls import absolute, is_http

if TYPE_CHECKING:
    from lxml import html as lxml_html

_TYPES = {
    "application/atom+xml": 0,
    "application/rss+xml": 0,
    "application/feed+json": 1,
    "application/rdf+xml": 1,
    "application/json": 2,
    "application/xml": 3,
    "text/xml": 3,
}
_MOST_READ = 2**20
_MOST_LINKS = 8
_WELL_KNOWN = ("feed", "rss", "feed.xml", "atom.xml", "rss.xml", "index.xml", "feed.json", "feeds/posts/default")
_CHANNEL_ID = ("channelId", "identifier")
_FEED_PATH = re.compile(
    r"/(?:rss|atom|feeds?)(?:/|\?|$|\.(?:xml|json|php|rss|atom)\b)|[./](?:rss|atom)\?|/index\.(?:xml|rdf)\?"
    r"|[?&](?:feed|format)=(?:rss|atom|json)",
    re.IGNORECASE,
)
_FEED_WORDS = re.compile(
    r"(?:the |our |my )?(?:(?:rss|atom|json)[ -]?(?:2\.0|feed|feeds)?|(?:web )?feed)", re.IGNORECASE
)
# host (without www. and m.), path and query of a page -> its feed
_KNOWN = tuple(
    (re.compile(page, re.ASCII), feed)
    for page, feed in (
        (r"youtube\.com/channel/([\w-]+)", "https://www.youtube.com/feeds/videos.xml?channel_id={0}"),
        (r"youtube\.com/user/([\w-]+)", "https://www.youtube.com/feeds/videos.xml?user={0}"),
        (
            r"youtube\.com/playlist\?(?:[^#]*&)?list=([\w-]+)",
            "https://www.youtube.com/feeds/videos.xml?playlist_id={0}",
        ),
        (r"github\.com/([\w.-]+)/([\w.-]+)/(releases|tags)[/?]", "https://github.com/{0}/{1}/{2}.atom"),
        (
            r"github\.com/([\w.-]+)/([\w.-]+)/commits/([\w.-]+)(?<!\.atom)\?",
            "https://github.com/{0}/{1}/commits/{2}.atom",
        ),
        (r"github\.com/([\w.-]+)/([\w.-]+)\?", "https://github.com/{0}/{1}/releases.atom"),
        (r"github\.com/([\w.-]+)/([\w.-]+)\?", "https://github.com/{0}/{1}/commits.atom"),
        (r"(?:old\.)?reddit\.com/(r|user)/([\w-]+)(?!.*\.rss\?)", "https://www.reddit.com/{0}/{1}/.rss"),
        (r"medium\.com/(?!feed[/?])(@?[\w.-]+)", "https://medium.com/feed/{0}"),
        (r"([\w-]+\.(?:substack|medium)\.com)(?!/feed\?)", "https://{0}/feed"),
        (r"bsky\.app/profile/([\w.:-]+)\?", "https://bsky.app/profile/{0}/rss"),
        (r"dev\.to/(?!feed[/?])([\w-]+)", "https://dev.to/feed/{0}"),
        (r"stackoverflow\.com/questions/tagged/([^/?]+)", "https://stackoverflow.com/feeds/tag/{0}"),
    )
)
_NOT_A_FEED = "/wp-json/"  # WordPress offers its programming interface as an alternate of every page


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A feed that a page offers: absolute URL, and the title that the page gives it."""

    url: str
    title: str


@dataclass(frozen=True, slots=True)
class Offers:
    """What a page leads to, as addresses: by its head, by what it says it is, by links in its text."""

    links: tuple[str, ...] = ()
    itself: tuple[str, ...] = ()
    in_text: tuple[str, ...] = ()


def offers(page: bytes, url: str) -> Offers:
    """All that a page says about feeds."""
    links, in_text = feed_links(page, url), page_links(page, url)
    return Offers(tuple(one.url for one in links), page_itself(page, url), tuple(one.url for one in in_text))


def feed_links(page: bytes, url: str) -> list[FeedLink]:
    """The feeds named by `link rel=alternate` (RSS autodiscovery), posts before comments, in the page's order."""
    document = _document(page, url)
    if document is None:
        return []
    base = _base(document, url)
    found: list[tuple[int, int, FeedLink]] = []
    for number, link in enumerate(document.iter("link")):
        kind = (link.get("type") or "").partition(";")[0].strip().lower()
        if "alternate" not in (link.get("rel") or "").lower().split() or kind not in _TYPES:
            continue
        target, title = absolute(base, (link.get("href") or "").strip()), link.get("title") or ""
        if target and is_http(target) and _NOT_A_FEED not in target:
            rank = 10 * is_comments(f"{target} {title}") + _TYPES[kind]
            found.append((rank, number, FeedLink(target, title)))
    return [link for _, _, link in sorted(found, key=lambda row: row[:2])]


def hub_links(page: bytes, url: str) -> tuple[tuple[str, ...], str | None]:
    """The WebSub hubs that a page's `link` elements name, and the address under which they know it (rel=self)."""
    document = _document(page, url)
    if document is None:
        return (), None
    base, found = _base(document, url), list[tuple[str, str]]()
    for link in document.iter("link"):
        target = absolute(base, (link.get("href") or "").strip()) if link.get("href") else None
        if target and is_http(target):
            found += ((rel, target) for rel in (link.get("rel") or "").lower().split())
    hubs = tuple(dict.fromkeys(target for rel, target in found if rel == "hub"))
    return hubs, next((target for rel, target in found if rel == "self"), None)


def is_comments(words: str) -> bool:
    """Does an address or a title speak of comments?"""
    return "comment" in words.lower()


def page_links(page: bytes, url: str) -> list[FeedLink]:
    """What the text of a page links to and calls a feed, in the page's order; at most 8."""
    document = _document(page, url)
    if document is None:
        return []
    base, found = _base(document, url), dict[str, FeedLink]()
    for link in document.iter("a"):
        written = (link.get("href") or "").strip()
        target = absolute(base, written) if written else None
        words = " ".join((link.text_content() or "").split())[:80]
        if target and is_http(target) and (_FEED_PATH.search(_path_of(target)) or _FEED_WORDS.fullmatch(words)):
            found.setdefault(target, FeedLink(target, words))
        if len(found) == _MOST_LINKS:
            break
    return sorted(found.values(), key=lambda one: is_comments(f"{one.url} {one.title}"))


def page_itself(page: bytes, url: str) -> tuple[str, ...]:
    """The feeds that follow from what a page says it is: its canonical address, a YouTube channel's id."""
    document = _document(page, url)
    if document is None:
        return ()
    links = [link.get("href") or "" for link in document.iter("link") if link.get("rel") == "canonical"]
    ids = [meta.get("content") or "" for meta in document.iter("meta") if meta.get("itemprop") in _CHANNEL_ID]
    named = [absolute(url, link) or "" for link in links]
    named += [f"https://www.youtube.com/channel/{one}" for one in ids if _is_youtube(url)]
    return tuple(dict.fromkeys(feed for one in named for feed in known_feeds(one)))


# --- sites that are known ------------------------------------------------------------------------------------


def known_feeds(url: str) -> tuple[str, ...]:
    """The feeds that a well-known site has for a page of this address, the likeliest first; empty for other sites."""
    if not is_http(url):
        return ()
    parts = urlsplit(url)
    host = (parts.hostname or "").lower().removeprefix("www.").removeprefix("m.")
    place = f"{host}{parts.path.rstrip('/')}?{parts.query}"
    found = ((known.match(place), feed) for known, feed in _KNOWN)
    return tuple(dict.fromkeys(feed.format(*match.groups()) for match, feed in found if match))


def guesses(url: str) -> tuple[str, ...]:
    """Where feeds usually stand, near this page first and then at the root of its site; at most 12 addresses."""
    parts = urlsplit(url)
    steps = [step for step in parts.path.split("/") if step]
    near = list[str]()
    if len(steps) == 1 and steps[0].startswith("@"):  # a profile in the fediverse: /@name
        near.append(f"/{steps[0]}.rss")
    for depth in range(min(len(steps), 2), 0, -1):
        if "." not in steps[depth - 1]:
            near += [f"/{'/'.join(steps[:depth])}/{name}" for name in _WELL_KNOWN[:2]]
    places = [*near[:5], *(f"/{name}" for name in _WELL_KNOWN)]
    return tuple(dict.fromkeys(urljoin(url, place) for place in places))[:12]


def _is_youtube(url: str) -> bool:
    return (urlsplit(url).hostname or "").lower().removeprefix("www.").removeprefix("m.") == "youtube.com"


def _path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


# --- reading a page ------------------------------------------------------------------------------------------


def _document(page: bytes, url: str) -> lxml_html.HtmlElement | None:
    from lxml import etree  # noqa: PLC0415 (10 ms, for who meets a page in place of a feed)
    from lxml import html as lxml_html  # noqa: PLC0415

    head = page[:_MOST_READ]
    parser = lxml_html.HTMLParser(encoding=_coding(head))
    try:
        return lxml_html.document_fromstring(head, base_url=url, parser=parser)
    except (etree.LxmlError, ValueError):
        return None


def _base(document: lxml_html.HtmlElement, url: str) -> str:
    element = document.find(".//base")
    return absolute(url, (element.get("href") if element is not None else None) or url) or url


def _coding(head: bytes) -> str | None:
    """UTF-8 where the bytes are that; else what the page says of itself."""
    try:
        getincrementaldecoder("utf-8")().decode(head)  # a character that the limit has cut is no mistake
    except UnicodeDecodeError:
        return None
    return "utf-8"
