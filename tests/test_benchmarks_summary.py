from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from benchmarks.summary import compare, is_better, measured, rouge_l, rouge_n, tokens
from tests.corpus import ROOT as CORPUS
from tests.corpus import needs_corpus


@pytest.mark.parametrize(
    ("candidate", "reference", "common"),
    [
        ("the cat sat", "the cat ran", (2, 1, 2)),
        ("the the the", "the cat", (1, 0, 1)),  # a word counts as often as the other has it
        ("b a", "a b", (2, 0, 1)),  # order matters to pairs and subsequences
        ("a x b y c", "a b c", (3, 0, 3)),
        ("", "a", (0, 0, 0)),
        ("a", "", (0, 0, 0)),
    ],
)
def test_rouge_by_hand(candidate: str, reference: str, common: tuple[int, int, int]) -> None:
    mine, theirs = candidate.split(), reference.split()
    one, two, longest = rouge_n(1, mine, theirs), rouge_n(2, mine, theirs), rouge_l(mine, theirs)
    sizes = ((len(mine), len(theirs)), (len(mine) - 1, len(theirs) - 1), (len(mine), len(theirs)))
    for score, number, (precise, recalled) in zip((one, two, longest), common, sizes, strict=True):
        assert score.precision == (number / precise if number else 0)
        assert score.recall == (number / recalled if number else 0)


def test_f1_and_tokens() -> None:
    assert rouge_n(1, ["a"], ["a", "b", "c"]).f1 == pytest.approx(0.5)
    assert tokens("It’s $1.1bn.For") == ["it", "s", "1", "1bn", "for"]
    assert [score.f1 for score in measured("Same words.", "same WORDS")] == [1.0] * 3


def test_a_lead_of_the_same_length_is_no_worse_where_the_lead_is_the_summary(tmp_path: Path) -> None:
    folder = tmp_path / "corpus" / "datasets" / "bbc-news-summary"
    folder.mkdir(parents=True)
    text = "The mill closes its doors in May. Forty weavers learn to mend machines."
    line = json.dumps({"title": "A mill", "text": text, "summary": text})
    (folder / "one.jsonl.gz").write_bytes(gzip.compress(line.encode()))
    found = compare(tmp_path, 2)
    assert (found["documents"], found["mean_words"]) == (1, 13)
    assert found["summary"] == found["lead"]
    assert not is_better(found)


@pytest.mark.slow
@needs_corpus
def test_our_summaries_say_more_than_the_lead() -> None:
    assert is_better(compare(CORPUS, 2))
