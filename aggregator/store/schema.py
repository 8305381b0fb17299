"""The scripts that make the schema, one after the other; their number is its version."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path


def statements(script: str) -> Iterator[str]:
    """The statements of a script, one after the other (a trigger holds semicolons)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement


def migrations() -> list[str]:
    """The scripts that made the schema what it is, oldest first; their number is its version."""
    files = sorted((Path(__file__).parent / "migrations").iterdir(), key=lambda file: file.name)
    return [file.read_text(encoding="utf-8") for file in files if file.name[:4].isdigit()]
