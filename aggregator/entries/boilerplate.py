"""What publishing systems add to every entry, taken off its head and tail.

Only whole blocks (paragraphs, headings, list items) go, and only from the ends inwards until the first block that is
the article's: nothing between two sentences of an author is ever touched. The one exception is a tail inside the
last block that is certain by itself: a "read more" link, a "[…]" and the footer "The post TITLE appeared first on".
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from aggregator.entries.menus import folded, is_short, menu_above, menu_below, says
from aggregator.entries.phrases import CHROME, FOOTERS, HEAD, INVITE, PROMISE, READ_MORE, RELATED

MOST_BLOCKS = 60
"""At most so many blocks are taken off in a round: more would be a page of nothing else."""
MOST_ROUNDS = 5

_BLOCK_TAG = re.compile(
    r"(</?(?:address|article|aside|blockquote|caption|dd|details|div|dl|dt|figcaption|figure|footer|h[1-6]|header|hgroup"
    r"|hr|li|main|nav|ol|p|pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul)(?: [^<>]*)?>|<br ?/?>)"
)
_LINE_ENDS = re.compile(r"(\n+)")
_TAG = re.compile(r"</?([a-z0-9]+)(?: [^<>]*)?>")
_EMPTY = re.compile(r"<(p|div|li|ul|ol|h[1-6]|section|aside|footer|header|nav|span|article)(?: [^<>]*)?>\s*</\1>")
_LEFT_BREAK = re.compile(r"(?:\s*<br ?/?>)+\s*(?=</(?:p|div|li|section|article)>|$)")
_MEDIA = re.compile(r"<(?:img|video|audio|source)\b")
_ONLY_LINKS = re.compile(r"(?:[\s,|·•]*<a [^<>]*>[^<>]*</a>)+[\s,|·•]*")
_EDGES = " \t\n\xa0*_|·•→›»«‹←↓>–—-"


_SHARE_BAR = re.compile(
    r"(?:share(?: this)?(?: on)?:?[\s,|·•/]*+)?(?:(?:facebook|twitter|linkedin|whatsapp|reddit|telegram|pinterest"
    r"|tumblr|pocket|mastodon|bluesky|threads|xing|hacker news|flipboard|instagram|youtube|e-?mail|print|copy link|x)\b"
    r"[\s,|·•/]*+)++",
    re.IGNORECASE,
)
_RATING = re.compile(r"\d(?:[.,]\d)? ?/ ?(?:5|10)(?: \(\d+\))?")
_ENDS = frozenset(("", *'.!?…]»”")'))
_CUT = re.compile(r"\s*[\[(]\s*(?:…|\.{3}|&hellip;|&#8230;)\s*[\])]\s*$")
_LAST_LINK = re.compile(r"\s*(?:[\[(]\s*)?<a [^<>]*>((?:(?!</?a\b)[^\n]){1,500})</a>[\s\])».→]*$")
_AFTER_LINK = re.compile(r"[\s\])».→]*")
_BREAKS = re.compile(r"(?<=[\].!?…\n>])\s*(?=\S)")


def strip_boilerplate(html: str, *, title: str, source_title: str) -> str:
    """Sanitized HTML (or plain text) without what the publishing system put around the entry.

    Footers of feeds, share bars, newsletter and comment forms, ratings, "skip to content", a repeated `title` at the
    head, "read more" at the tail; a tail "[…]" becomes "…". Applied again it changes nothing.
    """
    if not html:
        return ""
    names = (_name(title), _name(source_title))
    for _ in range(MOST_ROUNDS):
        before, html = html, _stripped_once(html, *names)
        if html == before:
            break
    return html


_name = lru_cache(maxsize=64)(folded)  # each is asked for with a summary and a content, a source's with all its entries


def _stripped_once(html: str, title: str, source: str) -> str:
    rest = _Rest(html)
    cuts: list[_Block] = []
    while (last := next(rest.from_tail(), None)) and len(cuts) < MOST_BLOCKS:
        if not (found := _tail_cuts(rest, last, title, source)):
            break
        cuts += found
        rest.end = found[0].start
    while (first := next(rest.from_head(), None)) and len(cuts) < MOST_BLOCKS and _is_head(rest, first, title):
        cuts.append(first)
        rest.start = first.end
    if first and last and (is_short(first.words) or is_short(last.words)):
        cuts += _menus(rest, title)
    if cuts:
        return _without(html, cuts)
    if last is None:
        return html
    return html[: last.start] + _without_tail(last, rest.part(last), title, source) + html[last.end :]


def _without(html: str, cuts: Iterable[_Block]) -> str:
    for block in sorted(cuts, reverse=True):
        html = html[: block.start] + html[block.end :]
    for _ in range(4):
        html = _EMPTY.sub("", html)
    return (_LEFT_BREAK.sub("", html) if "<br" in html else html).strip()


class _Block(NamedTuple):
    """Where the text between two block tags (in plain text: two line breaks) begins and ends, and its words."""

    start: int
    end: int
    words: str


class _Rest:
    """A text, and how much of it is left between what was taken off its head and its tail.

    Only blocks that show something count. They are looked for from either end as far as they are asked for: mostly the
    first and the last are their author's, and nothing else is looked at.
    """

    def __init__(self, html: str) -> None:
        self.html, self.start, self.end = html, 0, len(html)
        self._sign, self._parts = ("<", _BLOCK_TAG) if _BLOCK_TAG.search(html) else ("\n", _LINE_ENDS)

    def from_head(self) -> Iterator[_Block]:
        """The blocks, the first one first."""
        start = self.start
        for between in self._parts.finditer(self.html, start, self.end):
            yield from self._shown(start, between.start())
            start = between.end()
        yield from self._shown(start, self.end)

    def from_tail(self) -> Iterator[_Block]:
        """The blocks, the last one first."""
        end = place = self.end
        while (place := self.html.rfind(self._sign, self.start, place)) >= 0:
            if between := self._parts.match(self.html, place, end):
                yield from self._shown(between.end(), end)
                end = place
        yield from self._shown(self.start, end)

    def _shown(self, start: int, end: int) -> tuple[_Block, ...]:
        """The block, if it shows anything; what stands between two is mostly nothing, or a line's end."""
        part = self.html[start:end]
        if not part or part.isspace():
            return ()
        words = _plain(part)
        return (_Block(start, end, words),) if words or _MEDIA.search(part) else ()

    def part(self, block: _Block) -> str:
        """What stands in a block."""
        return self.html[block.start : block.end]

    def is_removable(self, block: _Block) -> bool:
        """No picture in it, and every inline element that begins in it ends in it."""
        part = self.part(block)
        opened = sum(1 if part[found.start() + 1] != "/" else -1 for found in _TAG.finditer(part) if found[1] != "wbr")
        return opened == 0 and not _MEDIA.search(part)


@lru_cache(maxsize=16)  # the first and the last block are looked at several times
def _plain(block: str) -> str:
    words = _TAG.sub("", block) if "<" in block else block
    return " ".join((entities.unescape(words) if "&" in words else words).split()).strip(_EDGES)


def _menus(rest: _Rest, title: str) -> list[_Block]:
    """The menus of a page at either end of the rest."""
    above = list(islice(rest.from_head(), menu_above((block.words for block in rest.from_head()), title)))
    rest.start = above[-1].end if above else rest.start
    below = list(islice(rest.from_tail(), menu_below(block.words for block in rest.from_tail())))
    cuts = [*above, *below]
    return cuts if all(map(rest.is_removable, cuts)) else []


def _tail_cuts(rest: _Rest, last: _Block, title: str, source: str) -> list[_Block]:
    """The last block if it is boilerplate; a form of three or a list of related links as a whole."""
    words = last.words
    if _is_tail(words, title, source) or (_RATING.fullmatch(words) and _are_several(rest.from_tail())):
        return [last] if rest.is_removable(last) else []
    if _ONLY_LINKS.fullmatch(rest.part(last)) and (related := _related(rest)):
        return related
    return _form_cuts(rest) if PROMISE.fullmatch(words.rstrip(".!")) and rest.is_removable(last) else []


def _are_several(blocks: Iterator[_Block]) -> bool:
    return len(list(islice(blocks, 2))) > 1


def _related(rest: _Rest) -> list[_Block]:
    """A heading and the related links below it, where these are the last of at most ten blocks."""
    parts = list(islice(rest.from_tail(), 10))
    for number, block in enumerate(parts[1:], 1):
        if RELATED.fullmatch(block.words.rstrip(":")) and rest.is_removable(block):
            return parts[number::-1] if rest.is_removable(parts[0]) else []
        if not _ONLY_LINKS.fullmatch(rest.part(block)):
            break
    return []


def _form_cuts(rest: _Rest) -> list[_Block]:
    """ "Never miss a post", a label or two, "we don't spam": the newsletter box of a page kept as text."""
    parts = list(islice(rest.from_tail(), 4))[::-1]
    for size in range(2, len(parts) + 1):
        inside = [block.words for block in parts[-size + 1 : -1]]
        if INVITE.fullmatch(parts[-size].words.rstrip(".!")):
            short = all(len(text.split()) <= 8 and text[-1:] not in set(".!?…") for text in inside)
            return parts[-size:] if short and all(map(rest.is_removable, parts[-size:])) else []
    return parts[-1:]


def _is_tail(text: str, title: str, source: str) -> bool:
    if len(text) > 900:
        return False
    bare = text.rstrip(".!:…").strip(_EDGES)
    words = bare.count(" ") + 1
    known = _SHARE_BAR.fullmatch(bare) or (words <= 25 and CHROME.fullmatch(bare))
    if known or not bare or _is_footer(text, title, source):
        return True
    return READ_MORE.fullmatch(bare) is not None and (words <= 5 or (bool(title) and title in folded(bare)))


def _is_footer(text: str, title: str, source: str) -> bool:
    """A block that begins with the title (after an article or two) and says little besides where it appeared."""
    words = folded(text) if title and says(text, title) else ""
    if not title or not -1 < words.find(title) <= 20:
        return False
    rest = words.replace(title, " ", 1).replace(source, " ", 1)
    if FOOTERS.fullmatch(text.rstrip(".")):
        return len(rest.split()) <= 14
    return source != "" and source in words.replace(title, " ", 1) and len(title) > 8 and len(rest.split()) <= 3


def _is_head(rest: _Rest, first: _Block, title: str) -> bool:
    """Whether the first block is boilerplate, or says the title again above the text."""
    text = first.words
    bare = text.rstrip(".!:…")
    known = len(text) <= 80 and (HEAD.fullmatch(bare) or CHROME.fullmatch(bare))
    repeats = title and title.startswith(folded(text[:40])) and folded(text) == title and _are_several(rest.from_head())
    return bool(known or repeats) and rest.is_removable(first)


def _without_tail(last: _Block, block: str, title: str, source: str) -> str:
    """The last block without a read-more link, a footer and square brackets around its ellipsis, where it has them."""
    ends_with_link = _AFTER_LINK.fullmatch(block, block.rfind("</a>") + 4) if "</a>" in block else None
    link = _LAST_LINK.search(block, max(0, len(block) - 2000)) if ends_with_link else None
    before = _plain(block[: link.start()]) if link else ""
    if link and before[-1:] in _ENDS and READ_MORE.match(words := _plain(link[1])) and _is_tail(words, title, ""):
        return block[: link.start()]
    end = max(0, len(block) - 1500)
    names_title = title and says(_plain(block[end:]) if end else last.words, title)
    for found in _BREAKS.finditer(block, end) if names_title else ():
        rest = _plain(block[found.end() :])
        if len(rest) <= 900 and _is_footer(rest, title, source):
            return block[: found.start()]
    return _CUT.sub("…", block) if block.rstrip()[-1:] in ("]", ")") else block
