from __future__ import annotations

from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from aggregator.parse.feed import parse
from benchmarks.poll import BESIDE, PHASES, address, document, is_right, made_up, served, table


def test_a_document_is_the_same_every_time_and_one_entry_comes_on_top() -> None:
    assert document(3) == document(3)
    before, after = (parse(document(3, extra)).entries for extra in (0, 1))
    assert len(before) == len(after) == 13
    assert (before[0].id, after[1:]) == (after[1].id, before[:-1])


def test_an_origin_answers_with_a_tag_and_then_with_304(tmp_path: Path) -> None:
    (tmp_path / "7.xml").write_bytes(b"<rss/>")
    with served(tmp_path) as port, urlopen(address(7, port)) as answer:
        assert answer.read() == b"<rss/>"
        again = Request(address(7, port), headers={"If-None-Match": answer.headers["ETag"]})
        with pytest.raises(HTTPError, match="304"):
            urlopen(again)


def test_a_pass_that_brings_less_is_not_right() -> None:
    brought = {"cold": 145, "digest": 0, "idle": 0, "warm": 0, "tenth": 1}
    good = {name: {"polled": 0 if name in BESIDE else 10, "failed": 0, "new": new} for name, new in brought.items()}
    assert list(good) == list(PHASES)
    assert is_right(good, 10, made_up=True)
    assert not is_right(good | {"warm": good["warm"] | {"new": 1}}, 10, made_up=True)
    assert not is_right(good | {"cold": good["cold"] | {"failed": 1}}, 10, made_up=True)
    assert not is_right(good, 11, made_up=False)


@pytest.mark.slow
def test_its_phases_beside_a_peer() -> None:
    found = made_up(10, "2026-03-14T08:00Z", "sleep 0.01")
    assert is_right(found, 10, made_up=True)
    assert found["warm"]["not_modified"] == 10
    assert len(list(table([found]))) == 6
