"""`aggregator doctor`: what is wrong here and with the sources, and the edit of feeds.yaml that mends it."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.options import Settings, common, reading_pool, settings
from aggregator.cli.words import count, safe
from aggregator.errors import StoreError

if TYPE_CHECKING:
    from aggregator.records import Config
    from aggregator.upkeep.doctor import Check, Cure
    from aggregator.upkeep.proposals import Proposal


@click.command()
@click.option("--fix", is_flag=True, help="Make the proposed edits of feeds.yaml.")
@click.option("--offline", is_flag=True, help="Ask nothing over the network.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@common
def doctor(fix: bool, offline: bool, as_json: bool) -> None:
    """Check disk, store, clock, TLS and outputs; propose edits for moved, gone, duplicate and silent sources."""
    from aggregator.upkeep.doctor import cure

    options = settings()
    config = options.load()
    checks, found = _looked(options, config, offline=offline)
    plan = cure(config, found)
    if fix and plan.diff:
        plan.apply()
    open_ones = [one for one in found if not one.is_note and not (fix and one.has_edit)]
    left = sum(not check.ok for check in checks) + len(open_ones)
    if as_json:
        click.echo(json.dumps(_document(checks, found, plan, fixed=fix, left=left), ensure_ascii=False, indent=2))
    else:
        _tell(checks, found, plan, config, fixed=fix, left=left)
    click.get_current_context().exit(1 if left else 0)


def _looked(options: Settings, config: Config, *, offline: bool) -> tuple[list[Check], list[Proposal]]:
    """Everything that can be seen; a store that cannot be used is a finding, too."""
    from aggregator.fetch.client import Trust, Wire, agent_of
    from aggregator.store.opening import open_store
    from aggregator.upkeep.doctor import Check, called, examine, machine, stored

    clock = options.clock(config)
    checks = list(machine(config, clock()))
    try:
        with contextlib.closing(open_store(config.store, create=False)) as store, reading_pool() as pool:
            checks += stored(config, store, clock())
            if store.damage():
                return checks, []
            agent = agent_of(config)
            wire = None if offline else Wire(agent, Trust())
            checks += called(config, wire) if wire else ()
            return checks, examine(config, store, wire, pool, clock)
    except StoreError as error:
        told, _, todo = str(error).removeprefix("store: ").partition("; ")
        return [*checks, Check("store", told, todo or "put a backup in its place")], []


def _tell(checks: list[Check], found: list[Proposal], plan: Cure, config: Config, *, fixed: bool, left: int) -> None:
    for check in checks:
        click.echo(f"{'ok' if check.ok else 'to do':<6} {check.name:<14} {safe(check.told)}")
        if check.todo:
            click.echo(f"{'':<21} {check.todo}")
    for one in found:
        mark = "note" if one.is_note else "fixed" if fixed and one.has_edit else "to do"
        place, name = f"{config.path.name}:{one.source.line}", safe(one.source.title or one.source.url)
        click.echo(f"{mark:<6} {one.kind:<14} {place}: {name}: {safe(one.evidence)}")
        if one.advice:
            click.echo(f"{'':<21} {one.advice}")
    if plan.diff:
        click.echo(f"\n{plan.diff}", nl=False)
        if not fixed:
            click.echo("\n`aggregator doctor --fix` makes these changes; every other byte of the file stays.")
    if left:
        click.echo(f"{count(left, 'thing')} to do")
    elif not found:
        click.echo("all is well")


def _document(checks: list[Check], found: list[Proposal], plan: Cure, *, fixed: bool, left: int) -> dict[str, Any]:
    from aggregator.urls import without_secrets

    return {
        "ok": not left,
        "checks": [{"name": c.name, "ok": c.ok, "told": c.told, "todo": c.todo} for c in checks],
        "proposals": [
            {
                "kind": one.kind,
                "url": without_secrets(one.source.url),
                "line": one.source.line,
                "evidence": one.evidence,
                "remove": one.remove,
                "set": dict(one.keys),
                "advice": one.advice or None,
                "fixed": fixed and one.has_edit,
            }
            for one in found
        ],
        "diff": plan.diff,
    }
