"""`aggregator quarantine`: what was held because it is doubted, and what becomes of it."""

from __future__ import annotations

from itertools import groupby

import click

from aggregator.cli.options import common, publish_soon, reading, settings
from aggregator.cli.words import count, safe
from aggregator.errors import AggregatorError


@click.command()
@click.argument("action", required=False, type=click.Choice(["release", "drop"]))
@click.argument("ids", nargs=-1, metavar="[ID]...")
@common
def quarantine(action: str | None, ids: tuple[str, ...]) -> None:
    """List what was held, a flood of old entries or another's feed; release or drop it, all of it or by ID."""
    options = settings()
    if action is None:
        _list()
        return
    with reading(options) as (_, store, clock):
        held = store.entries.held()
        if unknown := set(ids) - {stored.id for stored in held}:
            raise AggregatorError(f"{safe(min(unknown))} is not held; `aggregator quarantine` lists what is")
        chosen = [stored.key for stored in held if not ids or stored.id in ids]
        with store.transaction():
            number = store.entries.set_held(chosen, "news" if action == "release" else "dropped", clock())
            store.set_meta("publish_asked", "yes")
    click.echo(f"{count(number, 'entry', 'entries')} {'released' if action == 'release' else 'dropped'}")
    publish_soon(options, "quarantine")


def _list() -> None:
    """A line an entry on stdout; of each source, why it is doubted."""
    from aggregator.entries.view import View

    options = settings()
    with reading(options) as (config, store, clock):
        held = store.entries.held()
        view = View(config, store.sources.states().values(), clock())
        for key, those in groupby(held, key=lambda stored: stored.source_key):
            ours = list(those)
            why = store.sources.state(key).held_why or "a flood of old entries"
            options.say(safe(f"{view.title(key)}: {count(len(ours), 'entry', 'entries')} held, {why}"))
            for stored in ours:
                click.echo(f"{stored.id}  {stored.published:%Y-%m-%d}  {safe(stored.entry.title)}")
    options.say(
        f"{count(len(held), 'entry', 'entries')} held; `aggregator quarantine release` shows them as news, "
        "`drop` never does; either takes IDs"
        if held
        else "nothing is held"
    )
