"""`aggregator status`: each source's health, in words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from aggregator.cli.options import common, reading, settings
from aggregator.cli.words import clock_time, count, safe

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.records import Config, SourceHealth

_MOST, _SHOWN = 2_000, 100  # sources that have a line each; of more so many, those that need attention first
_ORDER = ("gone", "quarantined", "failing", "moved", "silent", "new", "ok", "paused")
_WANT_AN_EDIT = ("gone", "failing", "silent")  # with `moved` the line stands in the reason


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, like public/status.json.")
@click.option("--all", "show_all", is_flag=True, help="A line for each source, however many.")
@common
def status(as_json: bool, show_all: bool) -> None:
    """Show each source's health, what needs attention first; of very many sources the first lines and numbers."""
    from aggregator.entries.view import View
    from aggregator.polling import survey

    with reading(settings()) as (whole, store, clock):
        now, known = clock(), store.sources.states()
        config = survey.followed(whole, known)
        rows = survey.health(config, store, View(config, known.values(), now), now, known)
        newest, offline = store.digests.newest(""), store.meta("offline_since") not in (None, "")
        if as_json:
            from aggregator.render.status import status_json

            data = status_json(rows, last_digest=newest.day if newest else None, offline=offline)
            click.echo(data, nl=False)
            return
        placed = zip(rows, (source.line for source in config.sources), strict=True)
        ordered = sorted(placed, key=lambda pair: (_ORDER.index(pair[0].state), pair[0].title.casefold()))
        shown = ordered if show_all or len(rows) <= _MOST else ordered[:_SHOWN]
        lines = [_line(row, line, config, now) for row, line in shown]
        if config.reading_lists or store.meta("imported_lists"):
            from aggregator.polling.reading_lists import status_lines

            lines += map(safe, status_lines(config, store))
        if len(shown) < len(rows):
            numbers = Counter[str](row.state for row in rows)
            told = ", ".join(f"{numbers[state]:,} {state}" for state in _ORDER if numbers[state])
            lines.append(f"... and {len(rows) - len(shown):,} more (--all shows them): {told}")
        digest = f"last digest {newest.day}" if newest else "no digest yet"
        lines.append(f"{count(len(rows), 'source')} · {digest}" + (" · offline" if offline else ""))
        click.echo("\n".join(lines))


def _line(row: SourceHealth, line: int, config: Config, now: datetime) -> str:
    """A source; of one that wants an edit of feeds.yaml, the line."""
    told = row.error or row.held or (row.silence if row.state == "silent" else None)
    words = f"{told} · " if told else ""
    words += f"{config.path.name}:{line} · " if line and row.state in _WANT_AN_EDIT else ""
    return f"{row.state:<11} {safe(row.title)[:40]:<40} {safe(words)}{_next(row, config, now)}: {row.reason}"


def _next(row: SourceHealth, config: Config, now: datetime) -> str:
    if row.next_poll_at is None:
        return f"next poll {'now' if row.state == 'new' else 'never'}"
    at = clock_time(row.next_poll_at, config, now.astimezone(config.timezone).date())
    return f"due since {at}" if row.next_poll_at < now else f"next poll {at}"
