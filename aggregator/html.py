"""Strangers' HTML made safe, and made plain text: the only door to nh3.

nh3 (ammonia, html5ever) parses as a browser does and drops what is not on the list. Around it stands what it does
not do: bounds on what makes a browser's parser quadratic, links without tracking, images that only count readers.
Everything is linear in the length of the input, and nothing raises.
"""

from __future__ import annotations

import html as entities
import re
from contextvars import ContextVar
from functools import lru_cache

import nh3

from aggregator import markup
from aggregator.images import only_shown
from aggregator.markup import BLOCKS, CELLS, HIDDEN, INLINE, LINES, VOID, word_set
from aggregator.urls import absolute, clean_link

MAX_CHARACTERS = 512 * 1024
"""Longest fragment that is looked at, in characters, counted without embedded data: images; the rest is cut."""
MAX_TITLE = 500
"""Longest title, in characters."""

_DROPPED = word_set(
    "acronym area big center dir embed fieldset font form input label legend link menu meta nobr option param rb track"
)
_ALLOWED = (INLINE | BLOCKS | CELLS | VOID) - _DROPPED
_ATTRIBUTES = {
    "*": {"lang", "dir"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "audio": {"src"},
    "blockquote": {"cite"},
    "del": {"cite", "datetime"},
    "img": {"src", "alt", "title", "width", "height", "data-src", "data-lazy-src", "data-original", "style"},
    "ins": {"cite", "datetime"},
    "ol": {"start", "type"},
    "q": {"cite"},
    "source": {"src", "type"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
    "video": {"src", "poster", "width", "height"},
}
_KEPT = _ALLOWED | _DROPPED
_KNOWN = frozenset[str]().union(*_ATTRIBUTES.values())
_PLAYER = {"controls": "controls"}
_PLAYING = {"controls", "preload"}
_PLAYER_WRITTEN = ' controls="controls">'
_ADDRESSES = word_set("src poster cite data-src data-lazy-src data-original")
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?<![\w-])(?:width|height)\s*:\s*[01]px", re.IGNORECASE
)
_VALUES = {
    "dir": re.compile(r"ltr|rtl|auto", re.IGNORECASE),
    "lang": re.compile(r"[A-Za-z0-9-]{1,35}"),
    "type": re.compile(r"[1AaIi]|(?:audio|video)/[a-z0-9.+-]{1,40}"),
    "scope": re.compile(r"col|row|colgroup|rowgroup", re.IGNORECASE),
    "datetime": re.compile(r"[0-9A-Za-z:+. -]{1,40}"),
    **dict.fromkeys(("width", "height"), re.compile(r"[0-9]{1,5}%?")),
    **dict.fromkeys(("colspan", "rowspan", "start"), re.compile(r"-?[0-9]{1,4}")),
}

_NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_PLAIN = bytes((9, 10, *range(32, 127)))  # of these characters all are legal
_NEWLINE = re.compile("\r\n?")
_EMBEDDED = re.compile(r"data:[^\s\"'<>]{100,}+", re.IGNORECASE)
_CHANGED = "<>&\xa0"  # without these neither a parse nor a writing changes anything

_TAG = re.compile(r'<(/?[a-z0-9]+)(?: [a-z-]+="[^"]*")*>')
_PARAGRAPHS = (BLOCKS - LINES) | {"hr"}
_BREAKS = {
    **dict.fromkeys(_PARAGRAPHS | {f"/{name}" for name in _PARAGRAPHS}, "\n\n"),
    **dict.fromkeys(LINES | {"br"}, "\n"),
    **dict.fromkeys(CELLS, " "),
}
_UNSEEN = re.compile("[\u00ad\u180e\u200b\u2060-\u2064\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]")
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_FLOOD = re.compile(
    "([\u200c-\u200f])[\u200c-\u200f]+|([\u0300-\u036f\u0483-\u0489\u20d0-\u20f0]{4})[\u0300-\u036f\u0483-\u0489\u20d0-\u20f0]+"
)
_NO_TAG = re.compile(
    rf"<(?!/?(?:{'|'.join(sorted(BLOCKS | INLINE | CELLS | VOID | HIDDEN))})[\s/>]|!--)", re.IGNORECASE
)
_ENCODED = re.compile(r"&(?:[a-zA-Z]{2,8}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});")
_SENTENCE_ENDS, _CLOSING = (".", "!", "?", "。", "！", "？", "…"), "\"'”’»)]"

# Both are made once: a parse and a writing that changes nothing in a sanitized fragment, and one that leaves only
# what separates lines.
_SAME = nh3.Cleaner(
    tags=set(_ALLOWED),
    attributes=_ATTRIBUTES
    | {
        "a": {"href", "title", "rel"},
        "audio": _ATTRIBUTES["audio"] | _PLAYING,
        "video": _ATTRIBUTES["video"] | _PLAYING,
    },
    link_rel=None,
    url_schemes={"http", "https", "mailto"},
)
_BARE = nh3.Cleaner(
    tags=_PARAGRAPHS | LINES | CELLS | {"br"},
    attributes={"*": set()},
    clean_content_tags=set(HIDDEN),
    link_rel=None,
)


def safe_html(html: str, *, base: str | None = None) -> str:
    """A fragment that is safe in every output: allowed elements only, absolute http(s) and mailto addresses.

    No script, style, form, frame, SVG or MathML; no id, class, style, event handler; no comment, no control
    character; no tracking parameter, no counting image. Relative addresses are resolved against `base`, the page or
    feed that holds the fragment, or dropped. Sanitizing the result again changes nothing: markup that two parses
    read differently is where scripts hide.
    """
    if not html:
        return ""
    bounded = _bounded(html)
    if not any(sign in bounded for sign in _CHANGED):
        return bounded
    fragment = markup.tamed(bounded, _KEPT, _KNOWN)
    for _ in range(4):
        fragment = _sanitized(fragment, base)
        if markup.reads_the_same(fragment) or _SAME.clean(fragment) == fragment:
            break
    return fragment


def text_of(html: str) -> str:
    """The plain text of a fragment: a blank line between blocks, a newline for `<br>`, list items and table rows.

    Entities are decoded, whitespace is collapsed, no markup is left; scripts, styles and invisible characters go.
    """
    return text_of_safe(_NOT_XML.sub("", _BARE.clean(markup.tamed(_bounded(html), _KEPT, frozenset())))) if html else ""


def text_of_safe(html: str) -> str:
    """The same of a fragment that `safe_html` wrote: its tags are regular, no parser has to read them again."""
    if not html:
        return ""
    parts = _TAG.split(html.replace("\n", " "))
    parts[1::2] = [_BREAKS.get(tag, "") for tag in parts[1::2]]
    lines = [line.strip(" ") for line in entities.unescape("".join(parts)).split("\n")]
    text = "\n".join(lines)
    if "  " in text or "\t" in text or not is_printable(text):
        text = "\n".join([line and _line(line) for line in lines])
    if "\n\n\n" in text:
        text = "\n\n".join(filter(None, (block.strip("\n") for block in text.split("\n\n"))))
    return text.strip()


def _line(text: str) -> str:
    """A line with its spaces in order and without what nobody sees, none of which Python calls printable."""
    if not (line := text).isprintable():
        line = " ".join(text.split())  # mostly it was a space that does not break
        line = line if line.isprintable() else _UNSEEN.sub("", _NOT_XML.sub("", line))
    return line if line.isprintable() and "  " not in line else " ".join(line.split())


@lru_cache(maxsize=512)  # authors and categories come again and again
def title_text(value: str, *, is_text: bool) -> str:
    """A title as one line of plain text, at most 500 characters, cut at a word with an ellipsis.

    `is_text` says that `value` is text, whose `<` is a less-than sign; else it is HTML. References that are still
    there after decoding were encoded twice by the publisher and are decoded once more.
    """
    text = value[: 20 * MAX_TITLE]
    if not is_text:
        text = text_of(_NO_TAG.sub("&lt;", text)) if "<" in text or "\r" in text else _decoded(text)
    if _ENCODED.search(text):
        text = entities.unescape(text)
    if not text.isprintable():
        text = _TURNING.sub("", _UNSEEN.sub("", _NOT_XML.sub(" ", text)))
    return _shortened(" ".join((text if text.isascii() else _FLOOD.sub(r"\1\2", text)).split()))


def _decoded(text: str) -> str:
    """HTML without a tag in it as text."""
    return _NOT_XML.sub("", entities.unescape(_NOT_XML.sub("", text)))


def escape_text(text: str) -> str:
    """Plain text as HTML: the five characters of markup escaped."""
    return entities.escape(_NOT_XML.sub("", text))


def excerpt(text: str, words: int) -> str:
    """The first `words` words of a text on one line, cut at the last sentence end of their second half, else `…`."""
    found = text.split(None, words)
    if len(found) <= words:
        return " ".join(found)
    kept = found[:words]
    for end in range(words, words // 2, -1):
        if kept[end - 1].rstrip(_CLOSING).endswith(_SENTENCE_ENDS):
            return " ".join(kept[:end])
    return " ".join(kept).rstrip(",;:–—- ") + "…" if kept else ""


def _shortened(line: str) -> str:
    if len(line) <= MAX_TITLE:
        return line
    cut = line[:MAX_TITLE].rsplit(" ", 1)[0] if " " in line[MAX_TITLE // 2 : MAX_TITLE] else line[: MAX_TITLE - 1]
    return cut[: MAX_TITLE - 1].rstrip(" ,;:–—-") + "…"


def _bounded(html: str) -> str:
    """Without embedded data and illegal characters, cut to the limit before the tag that it would split."""
    if len(html) > MAX_CHARACTERS or "data:" in html:
        html = _EMBEDDED.sub("data:", html[: 16 * MAX_CHARACTERS])
    if len(html) > MAX_CHARACTERS:
        html = html[:MAX_CHARACTERS]
        html = html[: html.rfind("<")] if html.rfind("<") > html.rfind(">") else html
    return _legal(_NEWLINE.sub("\n", html) if "\r" in html else html)


def _legal(text: str) -> str:
    """The text without illegal characters, none of which Python calls printable: mostly the text itself."""
    return text if is_printable(text) else _NOT_XML.sub("", text)


def is_printable(text: str) -> bool:
    """What Python says of all characters but line ends and tabs; it is asked of the few that are not ASCII."""
    rest = text.encode("utf-8", "surrogatepass").translate(None, _PLAIN)
    return not rest or rest.decode("utf-8", "surrogatepass").isprintable()


def _sanitized(fragment: str, base: str | None) -> str:
    token = _BASE.set(base)
    try:
        cleaned = _CLEANER.clean(fragment)
    finally:
        _BASE.reset(token)
    cleaned = cleaned.replace(_PLAYER_WRITTEN, ' preload="none"' + _PLAYER_WRITTEN)  # opening a page plays nothing
    shown = only_shown(cleaned) if "<img" in cleaned or "<source" in cleaned else cleaned
    steady = markup.without_dropped_lines(markup.without_lost_links(shown))
    return _legal(steady) if "&#" in fragment else steady  # only a number can stand for what is not legal


def _attribute(tag: str, name: str, value: str) -> str | None:
    """The value to write for an allowed attribute, None to leave it out."""
    if name == "href":
        return value if value.startswith("mailto:") and "@" in value else _link(_BASE.get(), value)
    if name in _ADDRESSES:
        return _link(_BASE.get(), value)
    if name == "style":  # only to find images that are not meant to be seen; never written
        return "hidden" if _HIDING.search(value[:1000]) else None
    value = value.removesuffix("px") if name in {"width", "height"} else value
    form = _VALUES.get(name)
    return value if form is None or form.fullmatch(value) else None


# Made once, for making it takes longer than most fragments. What it calls gets no argument of ours: the base of the
# fragment in hand stands in a variable of the thread.
_BASE: ContextVar[str | None] = ContextVar("base", default=None)
_CLEANER = nh3.Cleaner(
    tags=set(_ALLOWED),
    attributes=_ATTRIBUTES,
    clean_content_tags=set(HIDDEN),
    attribute_filter=_attribute,
    set_tag_attribute_values={"video": _PLAYER, "audio": _PLAYER},
    url_schemes={"http", "https", "mailto"},
)


def _link(base: str | None, value: str) -> str | None:
    if not value.strip():
        return None
    clean = None if value[0] in "/#?." else clean_link(value, seen_on=base)  # these begin no absolute address
    return clean or clean_link(absolute(base, value) or "", seen_on=base)
