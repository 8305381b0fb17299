"""Keys without effect are said aloud."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.sources.config import read
from aggregator.sources.pending import without_effect

SOURCE = "sources: [https://a.example/feed]\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SOURCE, []),
        (SOURCE + "notify: ./tell.sh\n", []),
        (SOURCE + "digest: {mail_to: [a@b.example]}\n", []),
        (
            "sources:\n  - url: https://a.example/feed\n    full_text: true\n",
            ["feeds.yaml:2: `full_text` has no effect in this version yet"],
        ),
    ],
)
def test_a_key_without_effect_is_said(text: str, said: list[str]) -> None:
    config = read(text.encode(), Path("/somewhere/feeds.yaml"), environ={"TZ": "UTC"})
    assert list(without_effect(config)) == said
