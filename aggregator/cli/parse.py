"""`aggregator parse`: what the parser makes of a document, one JSON object a line."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.options import common, settings
from aggregator.records import Enclosure

if TYPE_CHECKING:
    from aggregator.records import ParsedEntry, ParsedFeed

_FEED = (
    "title",
    "link",
    "id",
    "description",
    "language",
    "author",
    "updated",
    "published",
    "image",
    "icon",
    "categories",
    "self_link",
    "generator",
    "copyright",
)
_ENTRY = (
    "id",
    "link",
    "title",
    "summary",
    "content",
    "published",
    "updated",
    "author",
    "author_email",
    "categories",
    "enclosures",
    "comments",
    "image",
    "source_title",
    "duration",
)


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--base", metavar="URL", help="Where the document came from: relative links stand on it.")
@common
def parse(files: tuple[str, ...], base: str | None) -> None:
    """Show what the parser makes of a document (`-` is stdin): one JSON object a line."""
    results = [_parsed(name, base) for name in files]
    for result in results:
        click.echo(json.dumps(result, ensure_ascii=False).encode("utf-8", "replace"))
    if not all(result["ok"] for result in results):
        click.get_current_context().exit(1)


def _parsed(name: str, base: str | None) -> dict[str, Any]:
    from aggregator.errors import ParseError
    from aggregator.parse.feed import identified
    from aggregator.parse.feed import parse as parse_document

    blank: dict[str, Any] = {
        "file": name,
        "ok": False,
        "error": None,
        "lane": None,
        "format": None,
        "encoding": None,
        "feed": {},
        "entries": [],
    }
    try:
        body = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        feed = identified(parse_document(body, url=base), base)
    except OSError as error:
        return blank | {"error": f"cannot be read: {error.strerror}"}
    except ParseError as error:
        return blank | {"error": str(error)}
    settings().say(f"{name}: {feed.lane} lane: {feed.reason}", file=name, lane=feed.lane, reason=feed.reason)
    return blank | {
        "ok": True,
        "lane": feed.lane,
        "format": feed.format,
        "encoding": feed.encoding,
        "feed": _chosen(feed, _FEED),
        "entries": [_chosen(entry, _ENTRY) for entry in feed.entries],
    }


def _chosen(record: ParsedFeed | ParsedEntry, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _plain(getattr(record, name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, tuple):
        return [asdict(one) if isinstance(one, Enclosure) else one for one in value]
    return value
