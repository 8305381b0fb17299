from __future__ import annotations

import json

import pytest

from benchmarks.serve import CLAIMS, feed, holds, main


def test_every_number_is_measured_over_real_sockets(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--json", "--seconds", "0.05", "--entries", "20"])
    numbers = json.loads(capsys.readouterr().out)
    assert code == (0 if numbers["holds"] else 1)
    assert numbers.keys() == {
        *("packed_bytes", "conditional", "bare_conditional", "whole", "bare_whole", "whole_unpacked"),
        *("conditional_to_bare", "whole_to_bare", "holds"),
    }
    assert all(value > 0 for name, value in numbers.items() if name != "holds")
    assert numbers["packed_bytes"] < len(feed(20))


def test_a_claim_is_a_bound() -> None:
    assert holds("conditional", CLAIMS["conditional"])
    assert not holds("conditional", CLAIMS["conditional"] - 1)
    assert not holds("whole", 299)
    assert holds("bare_whole", 1)
