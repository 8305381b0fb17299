"""`aggregator digest`: seal what is due, show or write again what was sealed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click

from aggregator.cli.options import Settings, common, reading, settings, writing
from aggregator.cli.words import digest_line, safe
from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from aggregator.app import App
    from aggregator.digest.rank import Scored

_KINDS = {"html": "html", "markdown": "md", "text": "txt"}


@click.command()
@click.option("--preview", is_flag=True, help="Show what has come since the last one; seals nothing.")
@click.option("--print", "form", type=click.Choice(list(_KINDS)), help="Print the newest sealed one.")
@click.option("--date", "day", metavar="DATE", help="Write an old one again, byte for byte.")
@click.option("--why", is_flag=True, help="The table of scores of what comes next.")
@common
def digest(preview: bool, form: str | None, day: str | None, why: bool) -> None:
    """Seal and write the digest that is due, else say when the next one is."""
    options = settings()
    if preview or why:
        _preview(options, why=why)
    elif form and not day:
        _print(options, form)
    elif day:
        _again(options, _as_date(day), form)
    else:
        with writing(options, "digest") as app:
            _seal(app, options)


def _seal(app: App, options: Settings) -> None:
    from aggregator import ledger

    sealed = app.seal_due()
    for delivered in app.deliver():
        options.say(safe(delivered.text))
    for one in sealed:
        where = app.config.output / ledger.folder(one.series) / f"{one.day}.html"
        if one.note:
            options.say(safe(one.note), level="warning")
        click.echo(digest_line(one, str(where), first=one.covers_from is None))
    if not sealed and app.store.meta("last_pass_at") is None:
        options.say("No digest yet: nothing was polled so far. `aggregator poll` comes first.")
    elif not sealed:
        following = ledger.next_due(app.config, app.config.digest, app.store, app.clock())
        options.say(f"No digest is due; the next one is {following:%A %d %B %H:%M} ({app.config.timezone}).")


def _print(options: Settings, form: str) -> None:
    with reading(options) as (_, store, _clock):
        newest = store.digests.newest("")
        if newest is None:
            raise ConfigError("no digest was sealed yet; `aggregator digest` seals the first one")
        click.echo(store.digests.file(newest.key, _KINDS[form]) or b"", nl=False)


def _again(options: Settings, day: date, form: str | None) -> None:
    from aggregator.public import outputs
    from aggregator.publish.files import write_all

    with reading(options) as (config, store, _clock):
        sealed = [one for series in config.every_series if (one := store.digests.on(series.name, day))]
        if not sealed:
            raise ConfigError(f"no digest of {day} was sealed")
        if form:
            click.echo(store.digests.file(sealed[0].key, _KINDS[form]) or b"", nl=False)
            return
        for one in sealed:
            files = outputs.issue_files(store, one)
            write_all(config.output, files)
            click.echo("\n".join(files))


def _preview(options: Settings, *, why: bool) -> None:
    """What the next digest would be, now; composed from what no digest owns, and forgotten."""
    from aggregator import ledger, sealing
    from aggregator.entries.view import View
    from aggregator.polling import survey
    from aggregator.render.digest import text

    with reading(options) as (whole, store, clock):
        now, known = clock(), store.sources.states()
        config = survey.followed(whole, known)
        view = View(config, known.values(), now)
        pen = sealing.Pen(config, view, survey.health(config, store, view, now))
        if why:
            _table(sealing.scores(config.digest, store, pen, now))
            return
        due = ledger.due(config, config.digest, store, now)
        day = due or ledger.next_due(config, config.digest, store, now).date()
        made, _ = sealing.write(config.digest, day, store, pen, now)
        click.echo(text(made), nl=False)


def _table(rows: list[tuple[Scored, str]]) -> None:
    heads = ("score", "cover", "topic", "inter", "rules", "subst", "novel", "crowd")
    click.echo(f"{' '.join(f'{head:>6}' for head in heads)}  entry")
    for row, source in rows:
        told = (row.coverage, row.topical, row.interest, row.rules, row.substance, row.novelty)
        terms = (row.score, *told, -row.crowding)
        numbers = " ".join(f"{term:6.2f}" for term in terms)
        click.echo(f"{numbers}  {safe(row.stored.entry.title)[:60]} ({safe(source)}) {row.reason}")


def _as_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"--date {text}: not a date; write it like 2026-03-14") from None
