"""The elements of HTML by what they do to a page, and hostile markup rewritten until it is harmless to parse.

The parsing algorithm of the HTML Standard, section 13.2, is quadratic on purpose-made input: on very deep nesting,
on a tag with thousands of attributes, and where formatting elements are left open across many paragraphs (each
paragraph then gets copies of all of them). `tamed` writes such a fragment anew, in one linear pass.
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterator
from itertools import islice

MAX_TAGS = 600  # 300 open elements times 300 paragraphs take 50 ms and a megabyte: that much is let through
MAX_STRETCH = 4096  # characters without "<": they may be one tag of 1,300 attributes
MAX_DEPTH = 60
MAX_ATTRIBUTES = 40


def word_set(text: str) -> frozenset[str]:
    """The set of the words of a text: long tables read better so."""
    return frozenset(text.split())


VOID = word_set("area br col embed hr img input link meta param source track wbr")
INLINE = word_set(
    """a abbr acronym b bdi bdo big cite code del dfn em font i ins kbd label mark nobr q rb rp rt ruby s samp small
    span strike strong sub sup time tt u var"""
)
LINES = word_set("dd dt legend li option summary tr")
BLOCKS = LINES | word_set(
    """address article aside audio blockquote caption center details dir div dl fieldset figcaption figure footer form
    h1 h2 h3 h4 h5 h6 header hgroup hr main menu nav ol p picture pre section table tbody tfoot thead ul video"""
)
CELLS = word_set("colgroup td th")
HIDDEN = word_set(
    """applet button datalist frameset head iframe map math noembed noframes noscript object script select style svg
    template textarea title xmp"""
)
"""Elements whose content is not for readers, or not HTML."""

# What a start tag closes when it stands directly inside: end tags that HTML lets a writer leave out.
_CLOSES = {
    "li": word_set("li"),
    **dict.fromkeys(("dt", "dd"), word_set("dt dd")),
    **dict.fromkeys(("td", "th"), word_set("td th")),
    "tr": word_set("td th tr"),
}
_UPPER = re.compile("[A-Z]+")
_MARK = re.compile("<(?=[a-zA-Z/!?])")
_SPACE = "[\t\n\f\r ]"
_VALUE = rf"""(?:{_SPACE}*+={_SPACE}*+(?:"[^"]*+"|'[^']*+'|[^\t\n\f\r >"'][^\t\n\f\r >]*+))"""
_NAME = r"=?[^\t\n\f\r />=]++"
_TOKEN = re.compile(
    rf"<!--(?:-?>|.*?(?:--!?>|\Z))|<[!?][^>]*+>?|</(?![a-zA-Z])[^>]*+>?"
    rf"|<(?P<end>/?)(?P<name>[a-zA-Z][^\t\n\f\r />]*+)(?P<rest>(?:[\t\n\f\r /=]++|{_NAME}{_VALUE}?+)*+)>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(rf"""({_NAME})(?:{_SPACE}*+={_SPACE}*+(?:"([^"]*+)"|'([^']*+)'|([^\t\n\f\r >]++)))?+""")


# The elements for which `reads_the_same` knows what a parser does with them; of anything else it says no.
_FORMATTING = word_set("a b code em i s small strike strong tt u")
_PLAIN_INLINE = word_set("abbr bdi bdo cite del dfn ins kbd mark q samp span sub sup time var")
_HEADINGS = word_set("h1 h2 h3 h4 h5 h6")
_PLAIN_BLOCKS = _HEADINGS | word_set(
    "address article aside blockquote div figcaption figure footer header hgroup hr li main nav ol p pre section ul"
)
_WRITTEN = re.compile(r'<(/?[a-z0-9]+)(?: [a-z-]+="[^"<>]*")*>')
_LOST_LINK = re.compile(r'<a(?: (?!href=)[a-z-]+="[^"]*")*>')
_LINK_TAG = re.compile(r'<a(?: [a-z-]+="[^"]*")*>|</a>')
_DROPPED_LINES = re.compile(r"(<pre[^<>]*>)\n+")
_REFERENCES = ("&amp;", "&lt;", "&gt;", "&nbsp;")


def reads_the_same(fragment: str) -> bool:
    """Whether a fragment that a sanitizer wrote is certain to be parsed as it was meant; no means: ask a parser.

    That is so where every tag is closed in its turn and none does more than to open an element: no block in a
    paragraph, no item outside a list, no link in a link, no table (HTML Standard, section 13.2.6.4.7).
    """
    tags = _WRITTEN.findall(fragment)
    if not len(tags) == fragment.count("<") == fragment.count(">") or not _is_written(fragment):
        return False
    stack = [""]
    for name in tags:
        if name[0] == "/":
            if stack.pop() != name[1:]:
                return False
        elif name not in ("br", "img"):
            if _is_misplaced(name, stack):
                return False
            if name != "hr":
                stack.append(name)
    return len(stack) == 1


def _is_misplaced(name: str, within: list[str]) -> bool:
    """Whether a parser may move an element, or end another one before it."""
    if name in _PLAIN_INLINE:
        return False
    if name in _FORMATTING:
        return name in within
    is_lost = name == "li" and within[-1] not in ("ul", "ol")
    return name not in _PLAIN_BLOCKS or is_lost or "p" in within or not _HEADINGS.isdisjoint(within)


def _is_written(fragment: str) -> bool:
    """Whether it has only the references that a sanitizer writes, and all of them; no line's end that is dropped."""
    references = fragment.count("&")
    if references and references != sum(map(fragment.count, _REFERENCES)):
        return False
    return "\xa0" not in fragment and not ("<pre" in fragment and _DROPPED_LINES.search(fragment))


def without_lost_links(fragment: str) -> str:
    """A fragment that a sanitizer wrote, without the tags of links that have no address.

    Such a link may stand in another one: a parser moves what is misplaced in a table before the table, into a link
    that is open there (HTML Standard, section 13.2.6.4.9). What was in it stays.
    """
    if not _LOST_LINK.search(fragment):
        return fragment
    lost: list[bool] = []

    def kept(tag: re.Match[str]) -> str:
        if tag[0] == "</a>":
            return "" if lost and lost.pop() else tag[0]
        lost.append(_LOST_LINK.fullmatch(tag[0]) is not None)
        return "" if lost[-1] else tag[0]

    return _LINK_TAG.sub(kept, fragment)


def without_dropped_lines(fragment: str) -> str:
    """A fragment without line ends right after `<pre>`: each parse drops one (HTML Standard, section 13.2.6.4.7)."""
    return _DROPPED_LINES.sub(r"\1", fragment) if "<pre" in fragment else fragment


def tamed(fragment: str, keep: frozenset[str], attributes: frozenset[str]) -> str:
    """The fragment itself when it is small, else one that is cheap to parse and reads the same.

    Rewritten: only elements of `keep` with `attributes`, at most 40 a tag and 60 deep, every element closed, no
    block inside an inline element or a paragraph.
    """
    tags = fragment.count("<")
    if (tags <= MAX_TAGS or tags - fragment.count("</") <= MAX_TAGS) and not _has_long_stretch(fragment):
        return fragment
    return "".join(_rewritten(fragment, keep, attributes))


def _has_long_stretch(fragment: str) -> bool:
    """Whether more than MAX_STRETCH characters stand between two `<`, or after the last."""
    place = 0
    while len(fragment) - place > MAX_STRETCH:
        last = fragment.rfind("<", place, place + MAX_STRETCH + 1)
        if last < 0:
            return True
        place = last + 1
    return False


def _rewritten(fragment: str, keep: frozenset[str], attributes: frozenset[str]) -> Iterator[str]:
    stack: list[str] = []
    position = 0
    lower = fragment.lower() if fragment.isascii() else _UPPER.sub(lambda upper: upper[0].lower(), fragment)
    while start := _MARK.search(fragment, position):
        yield _text(fragment[position : start.start()])
        token = _TOKEN.match(fragment, start.start())
        if token is None:  # a tag that never ends: a browser drops all of it too
            position = len(fragment)
            break
        position, name = token.end(), (token["name"] or "").lower()
        if name in HIDDEN and not token["end"]:
            position = _after_hidden(lower, name, position)
        elif name in keep:
            yield from _ended(stack, name) if token["end"] else _started(stack, name, token["rest"], attributes)
    yield _text(fragment[position:])
    yield from (f"</{name}>" for name in reversed(stack))


def _after_hidden(lower: str, name: str, position: int) -> int:
    end = lower.find(f"</{name}", position)
    return len(lower) if end < 0 else end


def _ended(stack: list[str], name: str) -> Iterator[str]:
    if name not in stack:
        return
    while stack:
        top = stack.pop()
        yield f"</{top}>"
        if top == name:
            return


def _started(stack: list[str], name: str, rest: str, attributes: frozenset[str]) -> Iterator[str]:
    if name not in INLINE and name not in VOID:
        closed = _CLOSES.get(name, INLINE)
        while stack and (stack[-1] in INLINE or stack[-1] == "p" or stack[-1] in closed):
            yield f"</{stack.pop()}>"
    if len(stack) >= MAX_DEPTH:
        return
    found: dict[str, str] = {}
    for match in islice(_ATTRIBUTE.finditer(rest), MAX_ATTRIBUTES):
        found.setdefault(match[1].lower(), match[2] or match[3] or match[4] or "")
    kept = "".join(f' {key}="{_quoted(value)}"' for key, value in found.items() if key in attributes)
    yield f"<{name}{kept}>"
    if name not in VOID:
        stack.append(name)


def _text(text: str) -> str:
    return text.replace("<", "&lt;")


def _quoted(value: str) -> str:
    return entities.escape(entities.unescape(value))
