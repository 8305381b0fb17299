"""The text of an entry's own page, by trafilatura (the extra `fulltext`); for a worker, as all strangers' bytes."""

from __future__ import annotations

from importlib.util import find_spec

from aggregator.errors import ParseError
from aggregator.parse.encoding import decode

MOST_READ = 4 << 20
"""Bytes of a page."""


def is_installed() -> bool:
    """Whether the extra is there."""
    return find_spec("trafilatura") is not None


def article(body: bytes, url: str, content_type: str | None = None, *, title: str = "", source_title: str = "") -> str:
    """The plain text of what a page is about, paragraphs separated by blank lines, without boilerplate.

    Raises ParseError `not_article` for what is no page or has no such text.
    """
    from aggregator.entries.boilerplate import strip_boilerplate  # noqa: PLC0415 (50 ms, for a worker only)
    from aggregator.html import escape_text, text_of  # noqa: PLC0415

    text = main_text(decode(body, content_type).text if _is_labelled(content_type) else body, url)
    paragraphs = (text_of(escape_text(line)) for line in text.split("\n"))
    told = strip_boilerplate("\n\n".join(filter(None, paragraphs)), title=title, source_title=source_title)
    if not told:
        raise ParseError("not_article", "no text was found on its page")
    return told


def main_text(page: bytes | str, url: str) -> str:
    """What trafilatura takes for the text of a page, one block a line; comments of readers are none of it."""
    from trafilatura import extract  # noqa: PLC0415 (26 MiB that only a worker needs, and only with the extra)

    try:
        found = extract(page, url=url, include_comments=False, output_format="txt")
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, AssertionError) as error:
        raise ParseError("not_article", f"its page could not be read ({type(error).__name__})") from error
    return found or ""


def _is_labelled(content_type: str | None) -> bool:
    return "charset" in (content_type or "").lower()
