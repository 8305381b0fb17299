"""The digest as the HTML part of a mail: one file that needs nothing else and asks nobody.

Mail programs keep little of a page: styles stand in the tags, no colour of text or ground is set (so that light and
dark both fit), there is no image, script or form, and every link is absolute. The plain part is `text.text`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from aggregator.records import Digest
from aggregator.render import issue
from aggregator.render.site import Site, rendered, web_link
from aggregator.render.words import covers

# Gmail shows the first 102 KB of a message and hides the rest behind a link; other programs are more patient.
LIMIT = 90_000  # bytes
_LONGEST_TEXT = 1000  # characters of one title, name or summary
_LONGEST_LINK = 2000  # characters; what is longer is no address that a mail program opens


@dataclass(frozen=True, slots=True)
class _Cut:
    """What of a digest is written out: the lines of everything else, the names in the account, so many stories."""

    rest: bool
    names: bool
    stories: int


def html(digest: Digest, *, site: Site) -> bytes:
    """The mail, UTF-8, at most `LIMIT` bytes; what does not fit is said to be on the page, and linked.

    What is cut, in this order: everything else, the names in the account, stories from the last one up.
    """
    made = b""
    for cut in _cuts(len(digest.stories)):
        made = _render(digest, site, cut)
        if len(made) <= LIMIT:
            break
    return made


def address(digest: Digest, site: Site) -> str:
    """Where readers find the page of this digest."""
    folder = f"{digest.series}/" if digest.series else ""
    return f"{site.link}digest/{folder}{digest.date}.html"


def _cuts(stories: int) -> Iterator[_Cut]:
    yield _Cut(rest=True, names=True, stories=stories)
    yield _Cut(rest=False, names=True, stories=stories)
    while stories:
        yield _Cut(rest=False, names=False, stories=stories)
        stories //= 2
    yield _Cut(rest=False, names=False, stories=0)


def _render(digest: Digest, site: Site, cut: _Cut) -> bytes:
    made = rendered(
        "mail.html",
        site.templates,
        digest=digest,
        told=_first(digest, cut.stories),
        untold=len(digest.stories) - cut.stories,
        cut=cut,
        page=address(digest, site),
        covers=covers(digest),
        rest=issue.rest(digest),
        rest_in_words=issue.rest_in_words(digest),
        hidden=issue.hidden(digest),
        accounting=issue.accounting(digest),
        looked_at=issue.looked_at(digest),
        quiet=issue.quiet(digest),
        the_end=issue.THE_END,
        followers=issue.followers,
        thread=issue.thread,
        why=issue.why,
        heading=issue.heading,
        shows_something=issue.shows_something(digest),
        short=_short,
        way=_way,
    )
    return (made + "\n").encode("utf-8", "replace")


def _first(digest: Digest, stories: int) -> Digest:
    """The digest with its first so many stories."""
    if stories == len(digest.stories):
        return digest
    left = max(stories - len(digest.leads), 0)
    sections = []
    for name, all_of_it in digest.sections:
        sections.append((name, all_of_it[:left]))
        left = max(left - len(all_of_it), 0)
    return replace(digest, leads=digest.leads[:stories], sections=tuple(sections))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…"


def _way(link: str | None) -> str | None:
    good = web_link(link)
    return good if good and len(good) <= _LONGEST_LINK else None
