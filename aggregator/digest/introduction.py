"""What a command of the user's may add to a digest: a few paragraphs of plain text, before the first story."""

from __future__ import annotations

import re

MOST_CHARACTERS = 2000
MOST_BYTES = 4 * MOST_CHARACTERS  # of UTF-8
# Control characters, lone surrogates, and marks that turn the direction of what follows.
_UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff]")


def paragraphs(said: bytes) -> tuple[str, ...]:
    """Plain paragraphs, each on one line; blank lines part them. Markup stays text: every output escapes it.

    Raises ValueError, in words, for more than 2,000 characters.
    """
    text = _UNSEEN.sub(" ", said.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n"))
    parts = (" ".join(part.split()) for part in re.split(r"\n[ \n]*\n", text))
    found = tuple(part for part in parts if part)
    if sum(map(len, found)) > MOST_CHARACTERS:
        raise ValueError(f"said more than {MOST_CHARACTERS:,} characters")
    return found
