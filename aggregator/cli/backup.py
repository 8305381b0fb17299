"""`aggregator backup FILE`, `aggregator restore FILE`: a copy of all that is known, made beside whoever writes."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from aggregator.cli.options import Settings, common, settings
from aggregator.errors import ConfigError

_BACKUP = "use `pg_dump`, or `aggregator move-store FILE` for a copy in a file"
_RESTORE = "use `pg_restore`, or `aggregator move-store` from a file into an empty database"


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@common
def backup(file: Path) -> None:
    """Copy the store to FILE, with feeds.yaml inside; also while `aggregator run` works. The copy is verified."""
    from aggregator.store.backup import copy
    from aggregator.store.opening import file_of

    options = settings()
    path = file_of(options.load().store, _BACKUP)
    if file.is_dir():
        file /= path.name
    if file.exists() and path.exists() and file.samefile(path):
        raise ConfigError(f"{file} is the store itself; name another file")
    size = copy(path, file, options.config.read_text(encoding="utf-8", errors="replace"))
    click.echo(f"{file}: {size / 2**20:,.1f} MB, verified; `aggregator restore {file}` brings it back")


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@common
def restore(file: Path) -> None:
    """Put the store of a backup in the place of the present one, which is moved aside, never deleted."""
    from aggregator.store.backup import copy, set_aside, version_of
    from aggregator.store.lock import writer
    from aggregator.store.opening import file_of
    from aggregator.store.sqlite import refuse_newer

    options = settings()
    refuse_newer(file, version_of(file))
    _bring_configuration(options, file)
    path, now = file_of(options.load().store, _RESTORE), datetime.now(UTC)
    if path.exists() and file.samefile(path):
        raise ConfigError(f"{file} is the store itself; name a backup")
    with writer(path, "restore", now):
        incoming = path.with_name(f"{path.name}.restoring")
        copy(file, incoming)  # whole, and on this disk, before the present one moves
        aside = set_aside(path, "replaced", now) if path.exists() else None
        incoming.replace(path)
    click.echo(f"{path} is the store of {file} now{f'; the one before is {aside}' if aside else ''}")


def _bring_configuration(options: Settings, file: Path) -> None:
    """The backup's feeds.yaml, where there is none; one that stands there is the user's newest word."""
    from aggregator.store.backup import configuration_in

    text = configuration_in(file)
    if text is None or options.config.exists():
        return
    try:
        with os.fdopen(
            os.open(options.config, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "w", encoding="utf-8"
        ) as to:
            to.write(text)
    except OSError as error:
        raise ConfigError(f"{options.config}: cannot be written: {error.strerror}") from error
    options.say(f"{options.config}: from the backup")
