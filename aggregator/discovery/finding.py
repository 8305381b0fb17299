"""From an address that a person knows to a feed that can be polled: asks politely, one GET an address, and compares.

What is known of a site is tried first, then the address itself, then what its page offers, links to, and where feeds
usually stand; the first of these steps that brings a feed ends the search.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.discovery.discover import Offers, guesses, is_comments, known_feeds
from aggregator.entries.fullness import Fullness, fullness
from aggregator.pipeline import Polled
from aggregator.polling.health import typical_gap
from aggregator.records import Response
from aggregator.urls import canonical

Ask = Callable[[str], Polled]
"""One polite GET of an address; a failure is data."""

Read = Callable[[Response], Offers]
"""What a page says about feeds."""

MOST_COMPARED = 5
_PERMANENT = (301, 308)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A feed that was found. `gap` is the median time between entries."""

    url: str
    title: str
    entries: int
    newest: datetime | None
    gap: timedelta | None
    fullness: Fullness
    is_comments: bool
    links: frozenset[str]


@dataclass(frozen=True, slots=True)
class Found:
    """The feeds behind an address, the best first, or why there are none."""

    candidates: tuple[Candidate, ...] = ()
    error: str = ""


def address(typed: str) -> str:
    """What a person typed, as an address: `example.org` and `feed://example.org` are https."""
    plain = re.sub(r"^feed:(?://)?", "", typed.strip(), flags=re.IGNORECASE)
    return plain if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:/", plain) else f"https://{plain.lstrip('/')}"


def find(url: str, ask: Ask, read: Read) -> Found:
    """The feeds behind `url`: distinct ones only, entries before comments, full text before teasers."""
    if known := _feeds(known_feeds(url), ask, most=1):
        return Found(known)
    polled = ask(url)
    if (itself := _candidate(polled)) is not None:
        return Found((itself,))
    page = polled.response
    if page is None or page.status != 200:
        return Found(error=str(polled.error))
    says = read(page)
    for step, most in (
        ([one for one in says.links if not is_comments(one)], MOST_COMPARED),
        (says.itself, 1),
        ([one for one in says.in_text if not is_comments(one)], MOST_COMPARED),
        (guesses(page.url), 1),
        ([one for one in (*says.links, *says.in_text) if is_comments(one)], 1),
    ):
        if found := _feeds(step, ask, most):
            return Found(found)
    return Found(error="no feed was found behind this page; does the site name one?")


def _feeds(urls: Iterable[str], ask: Ask, most: int) -> tuple[Candidate, ...]:
    """The feeds among these addresses, in the order of preference; at most `most` are looked for."""
    found: list[Candidate] = []
    asked: set[str | None] = set()
    for url in urls:
        key = canonical(url)
        if key not in asked and len(found) < most and len(asked) < 2 * most + 10:
            asked.add(key)
            if (candidate := _candidate(ask(url))) is not None:
                found.append(candidate)
    return tuple(_distinct(sorted(found, key=lambda one: (one.is_comments, one.fullness != "full"))))


def _distinct(candidates: Iterable[Candidate]) -> Iterable[Candidate]:
    """The same entries in another format, or as teasers, are no second feed; neither are comments beside entries."""
    kept: list[Candidate] = []
    for one in candidates:
        if (one.is_comments and kept) or any(_is_same(one, other) for other in kept):
            continue
        kept.append(one)
    return kept


def _is_same(one: Candidate, other: Candidate) -> bool:
    fewer = min(len(one.links), len(other.links))
    return canonical(one.url) == canonical(other.url) or (fewer > 0 and 2 * len(one.links & other.links) >= fewer)


def _candidate(polled: Polled) -> Candidate | None:
    response, feed = polled.response, polled.feed
    if response is None or feed is None:
        return None
    moved_for_good = all(hop.status in _PERMANENT for hop in response.redirects)
    title = " ".join((feed.title or "").split())
    dates = sorted((entry.published for entry in polled.entries if entry.published), reverse=True)
    return Candidate(
        url=response.url if moved_for_good else polled.source.url,
        title=title,
        entries=len(polled.entries),
        newest=dates[0] if dates else None,
        gap=typical_gap(dates[:20]),
        fullness=fullness(polled.entries),
        is_comments=is_comments(f"{polled.source.url} {title}"),
        links=frozenset(entry.canonical_url or entry.guid for entry in polled.entries),
    )
