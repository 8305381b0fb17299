"""Images and media of a sanitized fragment that show something; those that only tell that an entry was opened go."""

from __future__ import annotations

import html as entities
import re

_LAZY = ("data-src", "data-lazy-src", "data-original")
_SHOWN = re.compile(r'<(img|source)((?: [a-z-]+="[^"]*")*)>')
_SHOWN_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
# Images that show nothing: they tell somebody that the entry was opened.
_COUNTER = re.compile(
    r"""//(?:[^/]*\.)?(?:doubleclick\.net|feedsportal\.com|google-analytics\.com|googleadservices\.com|pheedo\.com
    |googlesyndication\.com|quantserve\.com|scorecardresearch\.com|pixel\.wp\.com|stats\.wordpress\.com|vgwort\.de
    |statcounter\.com|ct\.pinterest\.com|px\.ads\.linkedin\.com|track\.hubspot\.com|mailstat\.us|ioam\.de
    |amazon-adsystem\.com|feedproxy\.google\.com)(?::\d+)?/
    |//(?:hits?|pixel|stats?|beacon|counter)\.[^/]*/|//feeds\.feedburner\.com/~|//[^/]*facebook\.com/tr\b
    |//medium\.com/_/stat\b|//[^/]*list-manage\.com/track/|/track(?:ing)?/open|/__ptq\.gif
    |\?republication-pixel|&republication-pixel
    |/(?:open|o)(?:\.aspx|\.php)?\?
    |/(?:count|counter|pixel|1x1|spacer|blank|clear|transparent)(?:\.(?:gif|png|php|aspx?))?(?:\?|$)""",
    re.VERBOSE | re.IGNORECASE,
)
_EMOJI = re.compile(r"//(?:s\.w\.org|s\d?\.wp\.com|twemoji\.maxcdn\.com)/.*(?:emoji|smilies|72x72)", re.IGNORECASE)


def only_shown(fragment: str) -> str:
    """A fragment as a sanitizer wrote it, without images that are not meant to be seen; an emoji as its character."""
    return _SHOWN.sub(_image, fragment)


def _image(found: re.Match[str]) -> str:
    """An image or media source as written by nh3, without what only counts readers; an emoji as its character."""
    values: dict[str, str] = dict(_SHOWN_ATTRIBUTE.findall(found[2]))
    source = values.get("src") or next((values[name] for name in _LAZY if name in values), None)
    if source is None or "style" in values:
        return ""
    if found[1] == "source":
        return found[0]
    alternative = values.get("alt", "")
    if _EMOJI.search(source) and alternative and not alternative.isascii():
        return alternative
    tiny = values.get("width") in {"0", "1"} and values.get("height", "1") in {"0", "1"}
    if tiny or values.get("height") in {"0", "1"} or _COUNTER.search(entities.unescape(source)):
        return ""
    kept = {"src": source, "alt": alternative} | {
        k: values[k] for k in ("title", "width", "height", "lang", "dir") if k in values
    }
    return "<img" + "".join(f' {name}="{value}"' for name, value in kept.items()) + ">"
