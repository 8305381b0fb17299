"""`aggregator move-store TO`: all that is known into another store, from a file into PostgreSQL or back."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import click

from aggregator.cli.options import common, settings
from aggregator.cli.words import count
from aggregator.errors import ConfigError


@click.command("move-store")
@click.argument("to", metavar="TO")
@common
def move_store(to: str) -> None:
    """Copy the store into TO, a new file or an empty PostgreSQL database, and compare every row.

    TO is a path, or 'postgresql://user:${NAME}@host/database' with the password in the environment. The present store
    stays as it is; feeds.yaml names the new one as soon as you write it there.
    """
    from aggregator.store.moving import move
    from aggregator.store.opening import is_address, open_store, writing

    options, now = settings(), datetime.now(UTC)
    present = options.load().store
    target = to if is_address(to) else os.path.abspath(to)  # noqa: PTH100 (the place where the name stands)
    if target == present:
        raise ConfigError(f"{to} is the store itself; name another one")
    if not is_address(present):
        open_store(present, create=False).close()  # there has to be one
    with (
        writing(present, "move-store", now, options.say) as source,
        writing(target, "move-store", now, options.say) as made,
    ):
        counts = move(source, made, lambda table, rows: options.say(f"{table}: {rows:,}") if options.verbose else None)
    told = ", ".join(
        count(counts[table], one, many)
        for table, one, many in (
            ("entries", "entry", "entries"),
            ("sources", "source", "sources"),
            ("digests", "digest", "digests"),
        )
    )
    click.echo(f"{told} copied to {made.name}, {sum(counts.values()):,} rows in all, each read back and compared")
    options.say(f"write `store: {to}` into {options.config.name} now; {source.name} stays as it is, used no more")
