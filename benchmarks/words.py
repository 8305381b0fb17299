"""The words that made-up feeds are made of."""

from __future__ import annotations

WORDS = (
    "work", "future", "office", "team", "skill", "model", "hiring", "week", "tool", "wage", "union", "data",
    "calendar", "habit", "trust", "task", "craft", "city",
)  # fmt: skip
