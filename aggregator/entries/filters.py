"""The rules of feeds.yaml applied to entries, first to last.

`drop` hides an entry and ends the matter; `keep` ends it too, and the entry stays; `tag` adds a tag that later rules
see; `score` adds to the entry's weight in the digest. Rules are views: they change what is shown, never what is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aggregator.records import Config, Rule, Source

if TYPE_CHECKING:
    from aggregator.entries.conditions import Condition, Facts


@dataclass(frozen=True, slots=True)
class Verdict:
    """What rules make of one entry: the rule that hides it, all its tags (given ones first), the sum of its scores,
    and every rule that it met, in order."""

    dropped_by: Rule | None = None
    tags: tuple[str, ...] = ()
    score: float = 0.0
    matched: tuple[Rule, ...] = field(default=(), compare=False)


class RuleSet:
    """Rules compiled once, for many entries. Raises FilterError where a condition cannot be read."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(_compiled(rules)) if rules else ()

    def __bool__(self) -> bool:
        return bool(self._rules)

    def judge(self, facts: Facts) -> Verdict:
        """Apply every rule in order to one entry."""
        from aggregator.entries.conditions import Reading  # noqa: PLC0415

        reading = Reading(facts, list(facts.tags))
        score, matched = 0.0, list[Rule]()
        for rule, condition in self._rules:
            if not condition.test(reading):
                continue
            matched.append(rule)
            if rule.action == "drop":
                return Verdict(rule, tuple(reading.tags), score, tuple(matched))
            if rule.action == "keep":
                break
            if rule.action == "score":
                score += float(rule.argument)
            elif rule.argument not in reading.tags:
                reading.tags.append(rule.argument)
        return Verdict(None, tuple(reading.tags), score, tuple(matched))


def _compiled(rules: Iterable[Rule]) -> Iterator[tuple[Rule, Condition]]:
    from aggregator.entries.conditions import parse_condition  # noqa: PLC0415 (who has no rules waits for no patterns)

    return ((rule, parse_condition(rule.condition)) for rule in rules)


def judge(rules: Sequence[Rule], facts: Facts) -> Verdict:
    """What `rules` make of one entry. For many entries, compile a `RuleSet` once."""
    return RuleSet(rules).judge(facts)


def rules_for(config: Config, source: Source) -> tuple[Rule, ...]:
    """The rules for a source's entries: its own first, so that its `keep` can save an entry from a rule for all."""
    return source.filters + config.filters
