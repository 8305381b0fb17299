"""`aggregator check`: is feeds.yaml right, do its sources answer, and is what a change adds worth adding?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.options import Settings, common, reading_pool, settings
from aggregator.cli.ruled import rule_lines, ruled
from aggregator.cli.words import TEXTS, count, safe
from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aggregator.discovery.online import Look
    from aggregator.pipeline import Polled
    from aggregator.records import Config, Source


@click.command()
@click.option("--online", is_flag=True, help="Fetch each source once and tell what is there.")
@click.option("--changed", metavar="BASE_FILE", help="Judge only the sources that BASE_FILE does not have.")
@click.option("--filters", is_flag=True, help="Tell what each rule met and hid in the last 30 days.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@common
def check(online: bool, changed: str | None, filters: bool, as_json: bool) -> None:
    """Validate feeds.yaml; every mistake at once, with its line. Without --online or --changed no request is made."""
    options = settings()
    try:
        config = options.load()
    except ConfigError as error:
        _tell_mistakes(error, as_json=as_json, as_report=changed is not None)
        raise
    if changed is not None:
        _judge(options, config, Path(changed), as_json=as_json)
    rules = ruled(options) if filters else []
    rows = _online(config, options) if online else []
    failed = sum(not row.ok for row in rows)
    if as_json:
        shown = {"ok": not failed, "errors": [], "sources": [_row(row) for row in rows]}
        _echo_json(shown | ({"filters": rules} if filters else {}))
    else:
        for line in (line for rule in rules for line in rule_lines(rule, config)):
            click.echo(line)
        for line in _table(rows):
            click.echo(line)
        answer = f", {count(len(rows) - failed, 'answers', 'answer')}, {count(failed, 'fails', 'fail')}"
        click.echo(f"{config.path.name}: {count(len(config.sources), 'source')}, valid{answer if online else ''}")
    click.get_current_context().exit(1 if failed else 0)


def _tell_mistakes(error: ConfigError, *, as_json: bool, as_report: bool) -> None:
    """The mistakes on stdout for a program or a pull request; on stderr they stand anyway."""
    lines = [str(problem) for problem in error.problems]
    if as_json:
        _echo_json({"ok": False, "errors": lines, "sources": []})
        click.get_current_context().exit(2)
    if as_report:
        click.echo("\n".join(["### The sources file cannot be read", "", "```", *map(safe, lines), "```"]))


def _echo_json(document: dict[str, Any]) -> None:
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


# --- over the network ----------------------------------------------------------------------------------------


def _online(config: Config, options: Settings) -> list[Look]:
    """Each source once, politely, in the order of the file; then what might be better: https, a fuller feed."""
    from aggregator.discovery.online import homes, looks, other_feeds, secure_variants

    found = _asked(config, options, [source for source in config.sources if not source.paused])
    others = _asked(config, options, [*secure_variants(found), *homes(found)])
    others += _asked(config, options, other_feeds(found, others))
    return looks(found, others, options.clock(config)())


def _asked(config: Config, options: Settings, sources: Sequence[Source]) -> list[Polled]:
    from aggregator.cli.progress import Bar
    from aggregator.discovery.online import ask
    from aggregator.fetch.client import Trust, Wire, agent_of
    from aggregator.fetch.firsts import Firsts
    from aggregator.report import Progress

    if not sources:
        return []
    done = iter(range(1, len(sources) + 1))
    with reading_pool() as pool, Bar(options, len(sources), first=False) as bar:
        wire = Wire(agent_of(config), Trust(), firsts=Firsts.of(config))

        def told(polled: Polled) -> None:
            bar.advance(Progress(next(done), len(sources), polled.name))

        return ask(sources, wire, pool, options.clock(config), told)


def _row(look: Look) -> dict[str, Any]:
    from aggregator.urls import without_secrets

    return {
        "url": without_secrets(look.source.url),
        "line": look.source.line,
        "title": look.title,
        "ok": look.ok,
        "status": look.status,
        "error": look.error,
        "entries": look.entries,
        "newest": look.newest.strftime("%Y-%m-%dT%H:%M:%SZ") if look.newest else None,
        "rhythm": look.rhythm,
        "full_text": look.text == "full",
        "text": look.text,
        "language": look.language,
        "advice": list(look.advice),
        "problems": list(look.problems),
    }


def _table(rows: Sequence[Look]) -> Iterator[str]:
    """A line for each source, and one below it for each advice."""
    for look in rows:
        title = safe(look.title)[:32]
        head = f"{'ok' if look.ok else 'FAIL':<4} {look.status or '-':<4} line {look.source.line:<4} {title:<32}"
        yield f"{head}  {safe(look.error) if look.error else _what(look)}"
        for advice in look.advice:
            yield f"{'':<20} {safe(advice)}"


def _what(look: Look) -> str:
    newest = f"newest {look.newest:%Y-%m-%d}" if look.newest else "no dated entry"
    parts = (count(look.entries, "entry", "entries"), newest, look.rhythm, TEXTS[look.text])
    return ", ".join(part for part in parts if part)


# --- what a change adds --------------------------------------------------------------------------------------


def _judge(options: Settings, config: Config, base: Path, *, as_json: bool) -> None:
    """The gate of a pull request: a report in Markdown, exit code 1 when something added should not be."""
    from aggregator.discovery.online import added, judged, perhaps_the_same
    from aggregator.sources.config import load

    before = load(base)
    new = _asked(config, options, added(before, config))
    old = _asked(config, options, perhaps_the_same(new, before))
    rows = judged(new, old, before, options.clock(config)())
    good = all(row.ok for row in rows)
    if as_json:
        _echo_json({"ok": good, "errors": [], "sources": [_row(row) for row in rows]})
    else:
        click.echo("\n".join(_report(rows, config)))
    click.get_current_context().exit(0 if good else 1)


def _address(look: Look) -> str:
    """For a place between backticks: without secrets, and with no way out of it."""
    from aggregator.urls import public_address

    return safe(public_address(look.source.url)).replace("`", "%60")


def _report(rows: Sequence[Look], config: Config) -> Iterator[str]:
    """Markdown for a comment; strangers' text in it is text."""
    from aggregator.render.markdown import escape

    yield f"### {config.path.name}: {count(len(rows), 'source')} added"
    if not rows:
        yield from ("", "Nothing to judge: every source was there before.")
        return
    yield from ("", "| line | source | verdict | entries | newest | rhythm | text |", "|---:|---|---|---:|---|---|---|")
    for look in rows:
        newest = f"{look.newest:%Y-%m-%d}" if look.newest else "–"
        cells = (str(look.source.line), escape(safe(look.title)), "ok" if look.ok else "**no**", str(look.entries),
                 newest, look.rhythm or "–", TEXTS[look.text] if look.entries else "–")  # fmt: skip
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"
    remarks = [(look, note) for look in rows for note in (*filter(None, [look.error]), *look.problems, *look.advice)]
    if remarks:
        yield ""
        yield from (f"- line {look.source.line}, `{_address(look)}`: {escape(safe(note))}" for look, note in remarks)
    failed = sum(not look.ok for look in rows)
    yield from ("", f"{failed} of them should not be added as they are." if failed else "All of them can be added.")
