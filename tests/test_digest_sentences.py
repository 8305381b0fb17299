from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.digest.sentences import sentences


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Mr. Ames met Dr. J. R. Ruiz in the U.S. on Jan. 5, 2026.|He paid 3.5 percent, e.g. for No. 7."),
        ("en", "The shift ends at 5 p.m.|They go home.|Acme Inc. hired ten people.|The U.S. economy grew."),
        ("en", "“We tried it,” she said.|“It works.”|Then (see Fig. 3) they stopped…|Nobody knew etc.|Why?|Because!"),
        ("en", "It runs on example.org and version 2.0.1 of the tool.|Nobody minds."),
        ("en", "1. Learn to bake.|2. Learn to sell."),
        ("de", "Am 3. März kam Dr. Huber z. B. nach Graz.|Das war gut, d.h. sehr gut.|Es kostet 3,5 Mio. Euro."),
        ("de", "Sie leitet die 2. Schicht seit dem 1. Mai.|„Das geht.“|Im 21. Jahrhundert usw.|Die Zeit läuft."),
        ("fr", "M. Petit et Mme. Blanc sont venus.|« C'est bien. »|Il part à 5 h. env. avec eux.|Pourquoi ?"),
        ("es", "El Sr. Ruiz llegó a EE.UU. ayer.|¿Qué pasó?|¡Nada!|Siguió trabajando."),
        ("hu", "A 2026. március 3-i ülésen dr. Kis Pál, pl. a kft. nevében szólt.|Az ún. reform kb. 5%-os."),
        ("ja", "これは文です。|次の文です！|本当？|はい。"),
        (None, "A plain one.|Another one!"),
    ],
)
def test_sentences_end_where_a_reader_stops(language: str | None, text: str) -> None:
    parts = tuple(text.split("|"))
    joined = "".join(parts) if language == "ja" else " ".join(parts)
    assert sentences(joined, language) == parts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Heading\n\nA sentence\nthat goes on. Another.", ("Heading", "A sentence that goes on.", "Another.")),
        ("First item\nSecond item", ("First item", "Second item")),
        ("Two  spaces\tand a tab.", ("Two spaces and a tab.",)),
        ("", ()),
        (" \n\n ", ()),
    ],
)
def test_lines_and_blank_lines(text: str, expected: tuple[str, ...]) -> None:
    assert sentences(text, "en") == expected


@given(st.text(max_size=200), st.sampled_from(["en", "de", "hu", None]))
def test_sentences_lose_nothing(text: str, language: str | None) -> None:
    assert "".join("".join(sentences(text, language)).split()) == "".join(text.split())
