"""Keys that a valid file may hold but that this version does nothing with yet: said aloud, never passed over."""

from __future__ import annotations

from collections.abc import Iterator

from aggregator.records import Config


def without_effect(config: Config) -> Iterator[str]:
    """One line for each such key that the file uses."""
    name = config.path.name
    yield from (
        f"{name}:{source.line}: `full_text` has no effect in this version yet"
        for source in config.sources
        if source.full_text
    )
