"""Addresses of strangers: made absolute, made safe, made comparable; nothing here raises and nothing is fetched.

Three strengths, from weak to strong: `absolute` only resolves and encodes (any scheme), `clean_link` gives the
link to publish (http and https, without tracking), `canonical` gives a key for comparing and is never shown.
Syntax: RFC 3986; leniency with backslashes, tabs and missing slashes as the WHATWG URL Standard has it, because
that is what a reader's browser will do with the same bytes.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, unquote, urljoin

MAX_URL = 8000
"""Longest address that is looked at, in characters: what RFC 9110, section 4.1, asks every recipient to support."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_HTTP = re.compile(r"(https?):[/\\]+([^/\\?#]*)([^?#]*)(\?[^#]*)?(#.*)?", re.IGNORECASE | re.DOTALL)
# An address of ours already: nothing in it is to be repaired or encoded, and nothing removed but what tracks.
_CLEAN = re.compile(
    r"https?://((?:[a-z0-9-]{1,63}\.){1,3}[a-z0-9][a-z0-9-]{0,62})(?:/[A-Za-z0-9._~/%+,:;=@!$&'()*-]*)?"
    r"(\?[A-Za-z0-9._~/%+,:;=@!$&'()*?\[\]-]*)?"
)
# And a path without dots, with or without a query.
_ROOTED = re.compile(
    r"(?:/[A-Za-z0-9_~%+,:=@!$&'()*-][A-Za-z0-9._~%+,:=@!$&'()*-]*)+/?(?:\?[A-Za-z0-9._~%+,=@!$&'()*/-]+)?"
)
_PORT = re.compile(r":([0-9]{0,5})$")
_PLAIN_HTTP = re.compile(r"https?://[a-z0-9][a-z0-9.-]{0,252}(?:[/?#][!-~]*)?")  # as most addresses are
_NAME = re.compile(r"(?!\.)[a-z0-9_.-]*[a-z0-9][a-z0-9_.-]*", re.IGNORECASE)
_IPV6 = re.compile(r"\[[0-9a-f:.]{2,45}\]", re.IGNORECASE)
_DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.IGNORECASE)
_PERCENT = re.compile(r"%([0-9a-fA-F]{2})?")
_PLAIN = re.compile(r"[!#-;=?-\[\]_a-z~]*")  # ASCII without space and the nine characters that no link may hold
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_LEGAL = "!#$%&'()*+,/:;=?@[]~"  # what quote() must leave alone: reserved characters and the percent sign

# Campaign parameters by the product that adds them. Only names that no content system uses to pick a page: never
# `id`, `p`, `v`, `page`, `q`, `s`, `source`, `ref`, `from` by name alone.
_TRACKING_PREFIXES = ("utm_", "mtm_", "matomo_", "piwik_", "hsa_", "oly_", "vero_", "stm_", "__hs", "_hs", "fb_action_")
_TRACKING = _words(
    """
    pk_campaign pk_cid pk_content pk_cpn pk_keyword pk_kwd pk_medium pk_source
    fbclid fb_ref fb_source gclid gclsrc gbraid wbraid dclid gad_source gad_campaignid srsltid _ga _gl
    msclkid yclid ysclid twclid ttclid li_fat_id igshid igsh epik rdt_cid scclid sccid obclid
    mc_cid mc_eid mc_tc mkt_tok ml_subscriber ml_subscriber_hash hsctatracking rb_clickid wickedid vgo_ee
    ck_subscriber_id bsft_clkid bsft_uid sfmc_sub elqtrack elqtrackid elqaid elqat s_cid s_kwcid ef_id
    at_campaign at_campaign_type at_medium at_custom1 at_custom2 at_custom3 at_custom4 at_link_id at_ptr_name
    ga_campaign ga_content ga_medium ga_place ga_source ga_term wt_mc wt_zmc xtor xtref
    ref_src ref_url referrer_id __twitter_impression guccounter guce_referrer guce_referrer_sig
    soc_src soc_trk smid smtyp cmpid ncid sr_share sc_campaign sc_channel trk trkcampaign trackingid
    action_object_map action_ref_map action_type_map echobox __source spm tduid assetid_tracking
    """
)
_FEED_MARKS = _words("ref source src from partner emc via medium feed_source cmp")
_FEED_VALUE = re.compile(r"(?:rss|atom|feed)(?:[-_ ]?(?:feed|reader)|-{2,}.*)?", re.IGNORECASE)
_AMP_MARKS = frozenset({("amp", ""), ("amp", "1"), ("amp", "true"), ("outputtype", "amp"), ("amp_js_v", "0.1")})
_AMP_TAIL = re.compile(r"(?:/amp|/index\.html?|\.amp|/)$", re.IGNORECASE)
_HOST_PREFIX = re.compile(r"(?:www|m|mobile|amp)\.(?=[^.]+\.)")

_SECRET_WORDS = _words("auth authorization code jwt pass passwd password pwd session sid sig signature")
_SECRET_ENDS = ("token", "key", "secret", "password", "signature", "apikey", "credential")
_USERINFO = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*:)?([/\\]{2,})[^/\\?#]*@")
_PARAMETER = re.compile(r"([?&;#])([^=&;#?]+)=([^&#;]*)")


def is_http(url: str) -> bool:
    """Is it an absolute http or https address with a usable host?"""
    return (len(url) <= MAX_URL and _PLAIN_HTTP.fullmatch(url) is not None) or _split(url) is not None


def absolute(base: str | None, url: str) -> str | None:
    """`url` resolved against `base` (RFC 3986, section 5), as ASCII: what is not legal in a URI is percent-encoded.

    Any scheme: it is no judgement of safety, see `clean_link`. None when nothing absolute comes out.
    """
    if len(url) <= MAX_URL // 2:  # what most addresses are needs no more than a look
        if _CLEAN.fullmatch(url):
            return url
        if base and _ROOTED.fullmatch(url) and len(base) <= MAX_URL // 2 and (site := _CLEAN.fullmatch(base)):
            return base[: site.end(1)] + url
    reference = _trimmed(url)
    if not _SCHEME.match(reference):
        reference = _joined(_trimmed(base or ""), reference)
    if not reference or len(reference) > MAX_URL or not _SCHEME.match(reference):
        return None
    if not reference[:5].lower().startswith(("http:", "https")):
        return quote(reference, safe=_LEGAL)
    parts = _split(reference)
    if parts is None:
        return None
    scheme, user, host, port, rest = parts
    encoded = f"{scheme}://{quote(user, safe=_LEGAL)}{_ascii_host(host)}{port}{quote(rest, safe=_LEGAL)}"
    return encoded if len(encoded) <= MAX_URL else None


def clean_link(url: str, *, seen_on: str | None = None) -> str | None:
    """The link to publish, or None where there is no safe one.

    Only http and https; user name and password, control characters and tracking parameters are removed, slashes
    repaired; a space or another character that no link may hold is percent-encoded. Everything else keeps its
    bytes and its order. `seen_on` is the page or feed that holds the link: a `ref` parameter naming its host is
    tracking too.
    """
    if len(url) <= MAX_URL and (usual := _CLEAN.fullmatch(url)) and not usual[2]:
        return url
    parts = _split(url)
    if parts is None:
        return None
    scheme, _, host, port, rest = parts
    path, query, fragment = _cut(rest)
    known = {site_name(seen_on or ""), host.lower().removeprefix("www.")} - {""}
    query = _without_tracking(query, known)
    if fragment and "=" in fragment and not _without_tracking(fragment, known):
        fragment = ""
    link = f"{scheme}://{host}{port}{_printable(path + query + fragment)}"
    return link if len(link) <= MAX_URL else None


def canonical(url: str) -> str | None:
    """A key that is equal for two addresses of the same page; for comparing only, never to be shown or fetched.

    https, lower-case host without `www.`, `m.`, `amp.`, no port of http or https, no fragment, no trailing slash
    or index.html, no tracking and no AMP mark, sorted query, percent-encoding after RFC 3986, section 6.2.2.
    `canonical(canonical(x)) == canonical(x)`. None where there is no safe link, or when it is too long.
    """
    parts = _split(url)
    if parts is None:
        return None
    _, _, host, port, rest = parts
    path, query, _ = _cut(rest)
    port = "" if port in {":", ":80", ":443"} else port
    result = f"https://{_bare_host(host)}{port}{_canonical_path(path)}{_canonical_query(query)}"
    return result if len(result) <= MAX_URL else None


@lru_cache(maxsize=4096)
def host_of(url: str) -> str:
    """Host name and port as in the URL, lower-case: the unit of politeness. Empty when it is no http(s) URL."""
    parts = _split(url)
    return f"{_ascii_host(parts[2])}{parts[3]}".lower() if parts else ""


@lru_cache(maxsize=256)
def site_name(url: str) -> str:
    """The host for people: lower-case, without `www.` and port. Empty when it is no http(s) URL."""
    parts = _split(url)
    return _ascii_host(parts[2]).lower().rstrip(".").removeprefix("www.") if parts else ""


def without_secrets(url: str) -> str:
    """Any address as it may be shown or logged: no user name and password, values of secret parameters as `…`."""
    shown = _USERINFO.sub(lambda found: (found[1] or "") + found[2], url[:MAX_URL])
    return _PARAMETER.sub(lambda found: f"{found[1]}{found[2]}=…" if _is_secret(found[2]) else found[0], shown)


def public_address(url: str) -> str:
    """The address as outputs may name it: without user name, password, secret parameters and fragment."""
    if "@" not in url and "?" not in url:  # as most addresses are
        return url.partition("#")[0]
    rest = _USERINFO.sub(lambda found: (found[1] or "") + found[2], url).partition("#")[0]
    place, mark, query = rest.partition("?")
    pairs = re.split("[&;]", query) if query else []
    kept = [pair for pair in pairs if not _is_secret(pair.partition("=")[0])]
    return rest if len(kept) == len(pairs) else place + (mark + "&".join(kept) if kept else "")


def _is_secret(name: str) -> bool:
    plain = unquote(name).lower()
    return plain.endswith(_SECRET_ENDS) or not _SECRET_WORDS.isdisjoint(re.split(r"[^a-z0-9]+", plain))


def _trimmed(url: str) -> str:
    return _CONTROLS.sub("", url[: 4 * MAX_URL]).strip() if len(url) <= 4 * MAX_URL else ""


def _joined(base: str, reference: str) -> str:
    if base[:5].lower().startswith(("http:", "https")):  # backslashes are slashes there, for every browser
        base = base.replace("\\", "/")
        head, mark, tail = reference.partition("?")
        reference = head.replace("\\", "/") + mark + tail
    try:
        return urljoin(base, reference)
    except ValueError:  # a base or reference with broken brackets
        return ""


def _split(url: str) -> tuple[str, str, str, str, str] | None:
    """Scheme, user with its @, host, port with its colon, rest: of an http(s) address that a browser would open."""
    if len(url) <= MAX_URL and (usual := _CLEAN.fullmatch(url)):
        return url.partition(":")[0], "", usual[1], "", url[usual.end(1) :]
    found = _HTTP.fullmatch(_trimmed(url))
    if found is None or len(url) > MAX_URL:
        return None
    user, at, place = found[2].rpartition("@")
    number = _PORT.search(place)
    host, port = (place[: number.start()], number[0]) if number else (place, "")
    bare = _ascii_host(host)
    if not (_IPV6.fullmatch(bare) or (len(bare) <= 253 and _NAME.fullmatch(bare) and host.isprintable())):
        return None
    if int(port[1:] or 0) > 65535:
        return None
    path = found[3].replace("\\", "/")
    return found[1].lower(), user + at, host, port, path + (found[4] or "") + (found[5] or "")


def _cut(rest: str) -> tuple[str, str, str]:
    """Path, query with its `?`, fragment with its `#`."""
    before, mark, fragment = rest.partition("#")
    path, question, query = before.partition("?")
    return path, question + query, mark + fragment


def _ascii_host(host: str) -> str:
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:  # not a name that the DNS can hold; the caller's check refuses it
        return host


def _bare_host(host: str) -> str:
    name = _ascii_host(host).lower().rstrip(".")
    while shorter := _HOST_PREFIX.match(name):
        name = name[shorter.end() :]
    return name


def _without_tracking(part: str, hosts: set[str]) -> str:
    """A query or fragment with its mark; the same string when nothing is tracking, empty when everything is."""
    mark, pairs = part[:1], part[1:].split("&")
    kept = [pair for pair in pairs if not _is_tracking(pair, hosts)]
    if len(kept) == len(pairs):
        return part
    return mark + "&".join(kept) if any(kept) else ""


def _is_tracking(pair: str, hosts: set[str]) -> bool:
    name, _, value = pair.partition("=")
    name = unquote(name).lower()
    if name in _TRACKING or name.startswith(_TRACKING_PREFIXES):
        return True
    if name not in _FEED_MARKS:
        return False
    value = unquote(value).lower()
    return _FEED_VALUE.fullmatch(value) is not None or (name == "ref" and value.removeprefix("www.") in hosts)


def _printable(text: str) -> str:
    """Percent-encodes what may stand in no link: spaces, quotes, angle brackets, invisible characters."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(c if c.isprintable() and c not in ' "<>\\^`{|}' else quote(c, safe="") for c in text)


def _canonical_path(path: str) -> str:
    kept: list[str] = []
    for segment in _normal(path).split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in {"", "."}:
            kept.append(segment)
    joined = "".join("/" + segment for segment in kept)
    while shorter := _AMP_TAIL.search(joined):
        joined = joined[: shorter.start()]
    return joined


def _canonical_query(query: str) -> str:
    pairs = [pair for pair in query[1:].split("&") if pair and not _is_tracking(pair, set())]
    kept = sorted(_normal(pair) for pair in pairs if not _is_noise(pair))
    return "?" + "&".join(kept) if kept else ""


def _is_noise(pair: str) -> bool:
    """AMP marks, and a `ref` that names a site: the same page either way."""
    name, _, value = pair.partition("=")
    name, value = unquote(name).lower(), unquote(value).lower()
    return (name, value) in _AMP_MARKS or (name == "ref" and _DOMAIN.fullmatch(value) is not None)


def _normal(text: str) -> str:
    """RFC 3986, sections 6.2.2.1 and 6.2.2.2: unreserved characters plain, the rest as upper-case escapes."""
    return quote(_PERCENT.sub(_normal_escape, text), safe=_LEGAL)


def _normal_escape(found: re.Match[str]) -> str:
    if found[1] is None:
        return "%25"
    character = chr(int(found[1], 16))
    return character if character in _UNRESERVED else found[0].upper()
