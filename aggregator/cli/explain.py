"""`aggregator explain URL`: the whole path of one entry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import click

from aggregator.cli.options import common, reading, settings
from aggregator.cli.words import safe

if TYPE_CHECKING:
    from aggregator.entries.view import View
    from aggregator.records import Config, StoredEntry
    from aggregator.store.sqlite import Store

_STANDING = {
    "news": "news",
    "backlog": "backlog: it was there before the source was added; in search, in no feed or digest",
    "folded": "folded: another source had the same text",
    "held": "held in quarantine as part of a flood",
    "dropped": "dropped from quarantine by hand",
    "forgotten": "forgotten at its publisher's wish; digests sealed and months closed before keep what they said",
}


@click.command()
@click.argument("url")
@common
def explain(url: str) -> None:
    """Tell the path of one entry (its link or id): seen, from where, folded, hidden, in which digest."""
    from aggregator.entries.view import View
    from aggregator.urls import canonical

    with reading(settings()) as (config, store, clock):
        found = store.entries.find(url, canonical(url))
        if not found:
            click.echo(f"no entry is known under {safe(url)}", err=True)
            click.get_current_context().exit(1)
        view = View(config, store.sources.states().values(), clock())
        for number, stored in enumerate(found):
            click.echo(("\n" if number else "") + "\n".join(_path(stored, config, store, view)))


def _path(stored: StoredEntry, config: Config, store: Store, view: View) -> Iterator[str]:
    def local(moment: datetime | None) -> str:
        return f"{moment.astimezone(config.timezone):%Y-%m-%d %H:%M}" if moment else "never"

    yield safe(stored.entry.title)
    yield f"  link        {safe(stored.entry.link or 'none')}"
    yield f"  id          {stored.id}"
    yield f"  guid        {safe(stored.entry.guid)}"
    yield f"  source      {safe(view.title(stored.source_key))}"
    yield f"  published   {local(stored.published)}" + (
        "" if stored.entry.published else " (when first seen: it has no sane date)"
    )
    yield f"  first seen  {local(stored.first_seen)}"
    yield f"  accepted    {local(stored.accepted_at)}"
    yield f"  standing    {_STANDING[stored.standing]}"
    others = [one for one in store.entries.members(stored.group) if one.key != stored.key]
    yield from (f"  same text   {safe(view.title(one.source_key))}: {safe(one.entry.link or '')}" for one in others)
    reason = view.hidden_by(stored)
    yield f"  hidden      {safe(reason) if reason else 'by no rule'}"
    for series in config.every_series:
        owner = store.digests.owner(series.name, stored.key)
        name = f"digest {series.name}".strip()
        yield f"  {name:<11} {owner.day if owner else 'not yet'}"
