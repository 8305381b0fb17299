from __future__ import annotations

import re
from pathlib import Path

import pytest

import aggregator.store
from aggregator.store.protocol import holes

PARTS = ("articles", "bodies", "days", "deliveries", "digests", "entries", "export", "gaps", "recovered", "signs",
         "sources", "subscriptions", "texts", "touched", "withdrawn")  # fmt: skip
ONLY_SQLITE = re.compile(r"INSERT OR |REPLACE INTO|UPDATE OR |PRAGMA|lastrowid|rowid|sqlite3|\bglob\b|json_|quote\(")


@pytest.mark.parametrize(("values", "expected"), [((1, 2), "?, ?"), ([1], "?"), ((), "NULL"), (iter("abc"), "?, ?, ?")])
def test_holes(values: object, expected: str) -> None:
    assert holes(values) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("part", PARTS)
def test_the_parts_speak_what_both_databases_understand(part: str) -> None:
    source = (Path(aggregator.store.__file__).parent / f"{part}.py").read_text(encoding="utf-8")
    assert not ONLY_SQLITE.findall(source)
