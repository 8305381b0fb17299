from __future__ import annotations

import pytest

from benchmarks.parse import growth, holds, main, measured

BODY = b"<rss><channel><title>x</title><item><title>a</title><description>b</description></item></channel></rss>"


def test_every_number_is_measured() -> None:
    numbers = measured([BODY] * 3, 1)
    assert (numbers["documents"], numbers["entries"]) == (3, 3)
    assert min(numbers[name] for name in ("lxml_ms", "express_ms", "normalized_ms", "feedparser_ms")) > 0
    assert min(numbers[name] for name in ("express_to_lxml", "normalized_to_lxml")) > 0


@pytest.mark.parametrize(
    ("name", "value", "held"),
    [
        ("express_to_lxml", 2.5, True),
        ("express_to_lxml", 2.6, False),
        ("feedparser_to_express", 15.0, True),
        ("feedparser_to_express", 14.9, False),
    ],
)
def test_a_claim_is_a_bound(name: str, value: float, held: bool) -> None:
    assert holds(name, value) is held


def test_nothing_is_kept_from_pass_to_pass() -> None:
    assert growth([BODY] * 20, 3) < 64


def test_without_data_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("AGGREGATOR_CORPUS", raising=False)
    assert main([]) == 2
    assert "AGGREGATOR_CORPUS" in capsys.readouterr().err
