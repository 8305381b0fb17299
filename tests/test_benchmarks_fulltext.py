"""The measure of `benchmarks/fulltext.py`, on texts so small that it can be counted by hand."""

from __future__ import annotations

import pytest

from benchmarks.fulltext import main, score, shingles


def test_shingles_are_runs_of_four_words() -> None:
    assert list(shingles("One two, three four! Five")) == [
        ("One", "two", "three", "four"),
        ("two", "three", "four", "Five"),
    ]
    assert list(shingles("One two")) == [("One", "two")]
    assert not shingles(" ... ")


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("a b c d", "a b c d")], (1.0, 1.0, 1.0)),
        ([("a b c d", "e f g h")], (0.0, 0.0, 0.0)),
        ([("a b c d e", "a b c d")], (0.5, 1.0, 2 / 3)),
        ([("a b c d a b c d", "a b c d")], (0.2, 1.0, 1 / 3)),  # what is said twice counts twice
        ([("", "a b c d"), ("a b c d", "a b c d")], (1.0, 0.5, 2 / 3)),  # nothing found is no precision
    ],
)
def test_the_measure(pairs: list[tuple[str, str]], expected: tuple[float, float, float]) -> None:
    got = score(pairs)
    assert (got.precision, got.recall, got.f1) == pytest.approx(expected)


def test_without_data_it_says_so(tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert "needs the data set" in capsys.readouterr().err
