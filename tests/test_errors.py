"""The error tree: one exit code for each reaction, each error a line that says where."""

from __future__ import annotations

import pytest

from aggregator import errors


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.AggregatorError, 1),
        (errors.ConfigError, 2),
        (errors.StoreError, 3),
        (errors.PublishError, 4),
        (errors.AlreadyRunning, 5),
    ],
)
def test_exit_codes_are_the_contracts(kind: type[errors.AggregatorError], code: int) -> None:
    assert kind.exit_code == code


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        (errors.Problem("feeds.yaml", 12, 7, 'unknown key "tag"'), 'feeds.yaml:12:7: unknown key "tag"'),
        (errors.Problem("feeds.yaml", 0, 0, "is empty"), "feeds.yaml: is empty"),
    ],
)
def test_a_problem_says_where(problem: errors.Problem, line: str) -> None:
    assert str(problem) == line
    assert str(errors.ConfigError(problem, problem)) == f"{line}\n{line}"


def test_a_failure_of_a_source_has_a_kind() -> None:
    error = errors.ParseError("html", "an HTML page, not a feed")
    assert isinstance(error, errors.SourceError)
    assert (error.kind, str(error)) == ("html", "an HTML page, not a feed")
