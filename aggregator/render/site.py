"""The frame that every page stands in: the site's name, relative links, the templates and what they may call.

Pages carry one script of the site's own, nothing inline and nothing from another host. So the policy
`default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'` fits them all.
"""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import cache_from_source
from pathlib import Path
from traceback import walk_tb
from zoneinfo import ZoneInfo

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemBytecodeCache,
    FileSystemLoader,
    PackageLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
)
from jinja2.bccache import Bucket

from aggregator import __version__
from aggregator.errors import PublishError
from aggregator.records import Config
from aggregator.render import words
from aggregator.urls import is_http

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,4}")
# ISO 639 languages whose usual script runs from right to left.
_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})


@dataclass(frozen=True, slots=True)
class Site:
    """The published folder as its pages name it; `link` is where readers find it, `timezone` that of its days.

    `templates` is the user's folder of templates that replace ours of the same name.
    """

    title: str
    link: str
    timezone: ZoneInfo
    templates: Path | None = None

    @classmethod
    def of(cls, config: Config) -> Site:
        """The site that `config` describes."""
        return cls(config.title, config.link, config.timezone, config.templates)


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


class Compiled(FileSystemBytecodeCache):
    """Templates as Python keeps its modules: compiled by the first process that needs them, beside the source.

    Compiling them all takes a third of a second of processor time, more than a pass of a few sources.
    """

    def __init__(self, folder: Path | None = None) -> None:
        beside = Path(cache_from_source(__file__)).parent
        super().__init__(str(folder or beside), f"template-%s.{sys.implementation.cache_tag}.cache")

    def get_source_checksum(self, source: str) -> str:
        """Another version of the program has other filters, which the compiler looks at, too."""
        return super().get_source_checksum(__version__ + source)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it; where nothing may be written every process compiles anew, as with modules."""
        if not sys.dont_write_bytecode:
            with suppress(OSError):
                super().dump_bytecode(bucket)


@cache
def environment(folder: Path | None = None) -> Environment:
    """The templates of this package, compiled once; an unknown name in one is an error, not an empty string.

    Files of the user's `folder` stand before ours, and are read anew each time, so that an edit is seen at once.
    """
    ours = PackageLoader("aggregator.render")
    made = Environment(
        loader=ours if folder is None else ChoiceLoader([FileSystemLoader(folder), ours]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=Compiled() if folder is None else None,
        cache_size=400 if folder is None else 0,
    )
    made.filters.update(web=web_link, tongue=tongue, utc=words.utc, long_date=words.long_date)
    made.filters.update(short_date=words.short_date, day_and_month=words.day_and_month, month=words.month)
    made.filters.update(minutes=words.minutes, span=words.span)
    made.globals.update(count=words.count, clock=words.clock, moment=words.moment, relative=words.relative)
    return made


def page(template: str, site: Site, root: str, **values: object) -> bytes:
    """One page as UTF-8; `root` is the relative way to the site's root: `` or `../` or `../../`.

    A lone surrogate, which no UTF-8 can hold, becomes `?` instead of an error. Raises PublishError as `rendered` does.
    """
    made = rendered(template, site.templates, site=site, root=root, **values)
    return made.encode("utf-8", "replace")


def rendered(template: str, folder: Path | None, **values: object) -> str:
    """A template filled in. Raises PublishError saying where and what if one of the user's `folder` is wrong."""
    try:
        return environment(folder).get_template(template).render(values)
    except Exception as error:
        if told := _told(error, template, folder):
            raise PublishError(told) from error
        raise


def static(name: str, folder: Path | None = None) -> bytes:
    """A file of the templates folder, or of the user's, that is published as it is."""
    made = environment(folder)
    try:
        source, _, _ = made.loader.get_source(made, name) if made.loader else ("", None, None)
    except Exception as error:
        if told := _told(error, name, folder):
            raise PublishError(told) from error
        raise
    return source.encode("utf-8")


def _told(error: Exception, template: str, folder: Path | None) -> str | None:
    """What went wrong in a template of the user, in one line; None for an error that is not the user's."""
    if folder is None:
        return None
    places = [(Path(frame.f_code.co_filename), line) for frame, line in walk_tb(error.__traceback__)]
    if isinstance(error, TemplateSyntaxError):
        places = [(Path(error.filename or template), error.lineno)]
    theirs = [f"{path.name}:{line}" for path, line in places if path.parent == folder]
    if not theirs and not isinstance(error, TemplateError | OSError | UnicodeError):
        return None
    what = " ".join(str(error).split())
    where = f"{folder.name}/{theirs[-1] if theirs else template}"
    return f"publish: {where}: {what or type(error).__name__}; the last good output stays"
