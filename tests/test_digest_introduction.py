"""What a command says to a digest becomes plain paragraphs, within bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.digest.introduction import MOST_CHARACTERS, paragraphs


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"", ()),
        (b" \n\n \t\n", ()),
        (b"One line\nand more of it.\n", ("One line and more of it.",)),
        (b"First.\r\n\r\nSecond.\n \n\n  Third.", ("First.", "Second.", "Third.")),
        ("Mühe \x1b[31mrot\x07 \u202eback \xa0 end".encode(), ("Mühe [31mrot back end",)),
        (b"\xff not UTF-8", ("\ufffd not UTF-8",)),
        (b"<b>text</b> **stays** text", ("<b>text</b> **stays** text",)),
    ],
)
def test_paragraphs(said: bytes, told: tuple[str, ...]) -> None:
    assert paragraphs(said) == told


def test_it_is_short() -> None:
    assert paragraphs(b"a" * MOST_CHARACTERS) == ("a" * MOST_CHARACTERS,)
    with pytest.raises(ValueError, match="said more than 2,000 characters"):
        paragraphs(b"a\n\n" * (MOST_CHARACTERS + 1))


@given(st.binary(max_size=300))
def test_any_bytes(said: bytes) -> None:
    for paragraph in paragraphs(said):
        assert paragraph == " ".join(paragraph.split()) != ""
        paragraph.encode()
