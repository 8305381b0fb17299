"""`aggregator init`: a starter feeds.yaml."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import click

from aggregator.cli.options import common
from aggregator.errors import ConfigError


@click.command()
@click.argument("folder", default=".", metavar="[DIR]")
@common
def init(folder: str) -> None:
    """Write a starter feeds.yaml (and its schema, for editors) into DIR."""
    root = Path(folder).expanduser()
    target = root / "feeds.yaml"
    if target.exists():
        raise ConfigError(f"{target} is there already and stays as it is")
    try:
        root.mkdir(parents=True, exist_ok=True)
        package = resources.files("aggregator")
        target.write_bytes((package / "sources" / "starter.yaml").read_bytes())
        (root / "feeds.schema.json").write_bytes((package / "feeds.schema.json").read_bytes())
    except OSError as error:
        raise ConfigError(f"{root}: cannot be written: {error.strerror}") from error
    where = "" if root == Path() else f"cd {root} && "
    click.echo(f"wrote {target}\nNow: {where}aggregator run")
