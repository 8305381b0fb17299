"""What the rules of feeds.yaml did to what came of late, for `check --filters`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from aggregator.entries.view import View
from aggregator.records import Rule, StoredEntry


@dataclass(slots=True)
class Effect:
    """One rule, the source it is for (None: for all), how many entries met it, and those that it hides."""

    rule: Rule
    source: int | None
    met: int = 0
    hid: list[StoredEntry] = field(default_factory=list)


def effects(entries: Iterable[StoredEntry], view: View) -> list[Effect]:
    """Each rule in the order of feeds.yaml, also those that nothing met. Groups whose every copy is hidden count."""
    found = {rule: Effect(rule, source) for source, rule in _rules(view)}
    for stored in entries:
        if view.source(stored.source_key) is None or stored.standing == "forgotten":
            continue
        verdict = view.verdict(stored)
        for rule in verdict.matched:
            found[rule].met += 1
        if verdict.dropped_by is not None:
            found[verdict.dropped_by].hid.append(stored)
    return sorted(found.values(), key=lambda effect: effect.rule.line)


def _rules(view: View) -> Iterable[tuple[int | None, Rule]]:
    """Every rule once; one that stands in `defaults`, and so at every source, is for all."""
    places: dict[Rule, list[int | None]] = {rule: [None] for rule in view.config.filters}
    for key, source in view.sources():
        for rule in source.filters:
            places.setdefault(rule, []).append(key)
    return [(keys[0] if len(keys) == 1 else None, rule) for rule, keys in places.items()]
