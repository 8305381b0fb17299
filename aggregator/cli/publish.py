"""`aggregator publish`: write every output file again from the store, no network."""

from __future__ import annotations

import click

from aggregator.cli.options import common, settings, writing


@click.command()
@common
def publish() -> None:
    """Write every output file again from the store, without network."""
    with writing(settings(), "publish") as app:
        app.accept()
        names = app.publish(everything=True)
        click.echo("\n".join(names) if names else "everything is as it should be")
