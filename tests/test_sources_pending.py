"""Keys without effect are said aloud."""

from __future__ import annotations

from pathlib import Path

from aggregator.sources.config import read
from aggregator.sources.pending import without_effect

FILE = "sources:\n  - https://a.example/feed\n  - {url: https://b.example/feed, full_text: true}\n"


def test_a_package_that_is_missing_is_named_with_the_command_that_brings_it() -> None:
    config = read(FILE.encode(), Path("/somewhere/feeds.yaml"), environ={"TZ": "UTC"})
    said = ["feeds.yaml:3: `full_text` needs one more package: pip install 'fow-aggregator[fulltext]'"]
    assert list(without_effect(config, has=lambda _: False)) == said
    assert list(without_effect(config, has=lambda _: True)) == []


def test_nothing_is_said_of_what_the_file_does_not_use() -> None:
    config = read(FILE.replace("true", "false").encode(), Path("/somewhere/feeds.yaml"), environ={"TZ": "UTC"})
    assert list(without_effect(config, has=lambda _: False)) == []
