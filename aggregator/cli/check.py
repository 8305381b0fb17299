"""`aggregator check`: is feeds.yaml right, and, with --online, do its sources answer?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.options import Settings, common, reading_pool, settings
from aggregator.cli.words import count, safe
from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from aggregator.pipeline import Polled
    from aggregator.records import Config


@click.command()
@click.option("--online", is_flag=True, help="Fetch each source once and tell what is there.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@common
def check(online: bool, as_json: bool) -> None:
    """Validate feeds.yaml; every mistake at once, with its line. Without --online no request is made."""
    options = settings()
    try:
        config = options.load()
    except ConfigError as error:
        if as_json:
            click.echo(
                json.dumps(
                    {"ok": False, "errors": [str(p) for p in error.problems], "sources": []},
                    ensure_ascii=False,
                    indent=2,
                )
            )
            click.get_current_context().exit(2)
        raise
    polled = list(_online(config, options)) if online else []
    rows = [_row(one) for one in polled]
    failed = sum(one.error is not None for one in polled)
    if as_json:
        click.echo(json.dumps({"ok": not failed, "errors": [], "sources": rows}, ensure_ascii=False, indent=2))
    else:
        for row in rows:
            click.echo(_line(row))
        answer = (
            f", {count(len(polled) - failed, 'answers', 'answer')}, {count(failed, 'fails', 'fail')}" if online else ""
        )
        click.echo(f"{config.path.name}: {count(len(config.sources), 'source')}, valid{answer}")
    click.get_current_context().exit(1 if failed else 0)


def _online(config: Config, options: Settings) -> Iterator[Polled]:
    """Each source once, politely, in the order of the file."""
    import threading

    from aggregator.cli.progress import Bar
    from aggregator.fetch.client import Wire, public_link, tls_context, user_agent
    from aggregator.pipeline import in_lanes
    from aggregator.records import SourceState
    from aggregator.report import Progress

    work = [(source, SourceState(0, source.url, source.url)) for source in config.sources]
    found: list[Polled] = []
    with reading_pool() as pool, Bar(options, len(work), first=False) as bar:
        wire = Wire(user_agent(config.contact or public_link(config.link)), tls_context())
        for polled in filter(None, in_lanes(work, wire, pool, options.clock(config), threading.Event())):
            found.append(polled)
            bar.advance(Progress(len(found), len(work), polled.source.title or polled.source.url))
    place = {source.url: number for number, source in enumerate(config.sources)}
    yield from sorted(found, key=lambda one: place[one.source.url])


def _row(polled: Polled) -> dict[str, Any]:
    from aggregator.urls import without_secrets

    newest = max((entry.published for entry in polled.entries if entry.published), default=None)
    title = polled.source.title or (polled.feed.title if polled.feed else None) or polled.source.url
    return {
        "url": without_secrets(polled.source.url),
        "line": polled.source.line,
        "title": title,
        "ok": polled.error is None,
        "error": str(polled.error) if polled.error else None,
        "entries": len(polled.entries),
        "newest": newest.strftime("%Y-%m-%dT%H:%M:%SZ") if newest else None,
        "full_text": sum(len(entry.text.split()) > 200 for entry in polled.entries) * 2 > len(polled.entries),
    }


def _line(row: dict[str, Any]) -> str:
    title = safe(row["title"])[:40]
    if row["error"]:
        return f"FAIL  line {row['line']:<4} {title:<40}  {safe(row['error'])}"
    what = "full text" if row["full_text"] else "excerpts"
    newest = f"newest {row['newest'][:10]}" if row["newest"] else "no dated entry"
    return f"ok    line {row['line']:<4} {title:<40}  {count(row['entries'], 'entry', 'entries')}, {newest}, {what}"
