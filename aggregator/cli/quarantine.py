"""`aggregator quarantine`: what was held as a flood of old entries, and what becomes of it."""

from __future__ import annotations

import click

from aggregator.cli.options import common, publish_soon, reading, settings
from aggregator.cli.words import count, safe


@click.command()
@click.argument("action", required=False, type=click.Choice(["release", "drop"]))
@click.argument("ids", nargs=-1, metavar="[ID]...")
@common
def quarantine(action: str | None, ids: tuple[str, ...]) -> None:
    """List what was held as a flood of old entries; release or drop it, all of it or by ID."""
    options = settings()
    if action is None:
        with reading(options) as (_, store, _clock):
            held = store.entries.held()
            for stored in held:
                click.echo(f"{stored.id}  {stored.published:%Y-%m-%d}  {safe(stored.entry.title)}")
            options.say(
                f"{count(len(held), 'entry', 'entries')} held; `aggregator quarantine release` shows them as news"
                if held
                else "nothing is held"
            )
        return
    with reading(options) as (_, store, clock):
        chosen = [s.key for s in store.entries.held() if not ids or s.id in ids]
        with store.transaction():
            number = store.entries.set_held(chosen, "news" if action == "release" else "dropped", clock())
            store.set_meta("publish_asked", "yes")
    click.echo(f"{count(number, 'entry', 'entries')} {'released' if action == 'release' else 'dropped'}")
    publish_soon(options, "quarantine")
