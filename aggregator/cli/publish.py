"""`aggregator publish`: write every output file again from the store, no network; read again what is kept."""

from __future__ import annotations

import click

from aggregator.cli.options import common, settings, writing


@click.command()
@click.option("--replay", is_flag=True, help="Read every kept document again; show what would differ, write nothing.")
@click.option("--apply", is_flag=True, help="With --replay: store what differs, and publish it.")
@click.option("--json", "as_json", is_flag=True, help="With --replay: what differs as JSON.")
@common
def publish(replay: bool, apply: bool, as_json: bool) -> None:
    """Write every output file again from the store, without network."""
    if replay:
        from aggregator.cli.replay import replay as read_again

        read_again(settings(), apply=apply, as_json=as_json)
        return
    if apply or as_json:
        raise click.UsageError(f"{'--apply' if apply else '--json'} goes with --replay")
    with writing(settings(), "publish") as app:
        app.accept()
        names = app.publish(everything=True)
        click.echo("\n".join(names) if names else "everything is as it should be")
