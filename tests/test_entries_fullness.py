from __future__ import annotations

import pytest

from aggregator.entries.fullness import fullness
from tests.makers import entry


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ([], "none"),
        ([0], "titles"),
        ([8, 8], "titles"),
        ([30, 40, 900], "excerpt"),  # one long entry among teasers
        ([150, 300], "full"),
        ([40, 500, 800], "full"),  # one short note among essays
    ],
)
def test_the_middle_entry_decides(words: list[int], kind: str) -> None:
    assert fullness([entry(str(n), text="word " * count) for n, count in enumerate(words)]) == kind
