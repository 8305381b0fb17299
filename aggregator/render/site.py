"""The frame that every page stands in: the site's name, relative links, the templates and what they may call.

Pages carry no script, no inline style and nothing from another host, so that
`Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self'` fits them all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from aggregator.records import Config
from aggregator.render import words
from aggregator.urls import is_http

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,4}")
# ISO 639 languages whose usual script runs from right to left.
_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})


@dataclass(frozen=True, slots=True)
class Site:
    """The published folder as its pages name it; `link` is where readers find it, `timezone` that of its days."""

    title: str
    link: str
    timezone: ZoneInfo

    @classmethod
    def of(cls, config: Config) -> Site:
        """The site that `config` describes."""
        return cls(config.title, config.link, config.timezone)


def web_link(link: str | None) -> str | None:
    """The link if a browser may follow it (`http`, `https`), else None: a `javascript:` link is shown as text."""
    return link if link and is_http(link) else None


def tongue(language: str | None) -> dict[str, str]:
    """The attributes `lang` and `dir` of a text in `language` on an English page: {} for English and the unknown."""
    if not language or not _LANGUAGE.fullmatch(language):
        return {}
    tag = language.replace("_", "-")
    primary = tag.split("-")[0].lower()
    if primary == "en":
        return {}
    return {"lang": tag, "dir": "rtl"} if primary in _RIGHT_TO_LEFT else {"lang": tag}


@cache
def environment() -> Environment:
    """The templates of this package, compiled once; an unknown name in one is an error, not an empty string."""
    made = Environment(
        loader=PackageLoader("aggregator.render"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(web=web_link, tongue=tongue, utc=words.utc, long_date=words.long_date)
    made.filters.update(short_date=words.short_date, day_and_month=words.day_and_month, month=words.month)
    made.filters.update(minutes=words.minutes, span=words.span)
    made.globals.update(count=words.count, clock=words.clock, moment=words.moment, relative=words.relative)
    return made


def page(template: str, site: Site, root: str, **values: object) -> bytes:
    """One page as UTF-8; `root` is the relative way to the site's root: `` or `../` or `../../`.

    A lone surrogate, which no UTF-8 can hold, becomes `?` instead of an error.
    """
    made = environment().get_template(template).render(site=site, root=root, **values)
    return made.encode("utf-8", "replace")


def static(name: str) -> bytes:
    """A file of the templates folder that is published as it is."""
    source, _, _ = PackageLoader("aggregator.render").get_source(environment(), name)
    return source.encode("utf-8")
