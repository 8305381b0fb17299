from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aggregator.entries.conditions import Facts, FilterError
from aggregator.entries.filters import RuleSet, Verdict, judge, rules_for
from aggregator.records import Config, Rule, Source

AD = Rule("drop", 'title has "sponsored"', line=3)
KEEP = Rule("keep", "author = Ann")
POLICY = Rule("tag", 'title has "minister"', "policy")
LIFT = Rule("score", "tag = policy", "2")
LOWER = Rule("score", "language = de", "-0.5")


@pytest.mark.parametrize(
    ("rules", "facts", "verdict"),
    [
        ([], Facts(tags=("hr",)), Verdict(None, ("hr",), 0)),
        ([AD], Facts(title="Sponsored: a chair"), Verdict(AD, (), 0)),
        ([AD], Facts(title="A chair"), Verdict()),
        ([KEEP, AD], Facts(title="Sponsored", author="Ann"), Verdict()),
        ([AD, KEEP], Facts(title="Sponsored", author="Ann"), Verdict(AD)),
        ([KEEP, POLICY], Facts(title="A minister", author="Ann"), Verdict()),
        ([POLICY, LIFT], Facts(title="A minister", tags=("hr",)), Verdict(None, ("hr", "policy"), 2)),
        ([LIFT, POLICY], Facts(title="A minister"), Verdict(None, ("policy",), 0)),
        ([POLICY], Facts(title="A minister", tags=("policy",)), Verdict(None, ("policy",), 0)),
        ([POLICY, LIFT, LOWER], Facts(title="Minister", language="de"), Verdict(None, ("policy",), 1.5)),
        ([POLICY, AD], Facts(title="Sponsored minister"), Verdict(AD, ("policy",), 0)),
    ],
)
def test_rules_apply_first_to_last(rules: list[Rule], facts: Facts, verdict: Verdict) -> None:
    assert judge(rules, facts) == verdict


def test_a_rule_set_forgets_one_entry_before_the_next() -> None:
    rules = RuleSet([POLICY, LIFT])
    assert rules.judge(Facts(title="minister")).tags == ("policy",)
    assert rules.judge(Facts(title="nothing")) == Verdict()


def test_a_rule_that_cannot_be_read_is_told_when_the_set_is_made() -> None:
    with pytest.raises(FilterError, match="no field `titel`"):
        RuleSet([Rule("drop", "titel = x")])


def test_a_source_speaks_before_the_whole_file() -> None:
    source = Source("https://a.example/feed", filters=(KEEP,))
    config = Config(Path("feeds.yaml"), Path("public"), "x.db", ZoneInfo("UTC"), filters=(AD,), sources=(source,))
    assert judge(rules_for(config, source), Facts(title="Sponsored", author="Ann")).dropped_by is None
