"""What a text is about: names, figures, pages, and words that weigh more the rarer they are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aggregator.entries.terms import Terms, Vocabulary, likeness, links_in
from aggregator.records import StoredEntry
from tests.makers import entry, stored


def made(key: int, title: str, text: str = "", **fields: object) -> StoredEntry:
    return stored(key, entry(f"g{key}", title=title, text=text, **fields), source_key=key)


def terms(title: str, text: str = "", **fields: object) -> Terms:
    one = made(1, title, text, **fields)
    return Vocabulary([one]).terms(one)


@pytest.mark.parametrize(
    ("title", "text", "names"),
    [
        ("What the harbour of Ostrava plans", "", {"ostrava"}),
        ("Harbours plan", "A day later Varga told the harbour what it knew.", {"varga"}),
        ("Everybody Writes Headlines Like This Now", "", set()),  # a capital there says nothing
        ("Everybody Writes About Kestrel Now", "And then Kestrel fell.", {"kestrel"}),
        ("The rise of Remote work", "All agree that remote is here. The remote team won.", set()),
        ("They met on Monday in March", "", set()),
        ("The report. Numbers rise: Work falls", "", set()),  # where a phrase begins, a capital says nothing
        ("Warum die Arbeit dem Betrieb fehlt", "", set()),
    ],
)
def test_names(title: str, text: str, names: set[str]) -> None:
    assert set(terms(title, text, language="de" if title.startswith("Warum") else "en").names) == names


def test_the_words_of_one_name_stand_in_one_run() -> None:
    found = terms("A title", "how Hong Kong and Ostrava trade, so says Mara Varga").names
    assert found["hong"] == found["kong"] != found["ostrava"]
    assert found["mara"] == found["varga"] != found["hong"]


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("a grant of £3,000 for each", {"3000"}),
        ("cuts 20% of its staff", {"20%"}),
        ("in 2026 it had 4 desks", set()),  # years and single digits tell no event
        ("ten of 12 rooms", {"10", "12"}),
    ],
)
def test_figures(text: str, figures: set[str]) -> None:
    assert terms("A title", text).figures == figures


def test_pages_that_are_linked_are_compared_without_their_dressing() -> None:
    content = '<a href="https://www.Example.org/a/report/?utm=1#top">r</a> <a href="https://example.org/">home</a>'
    assert terms("A title", content=content).links == {"example.org/a/report"}


def test_a_page_that_everybody_links_to_is_nobodys() -> None:
    content = '<a href="https://example.org/a/report">r</a>'
    those = [made(n, f"Title {n}", content=content) for n in range(5)]
    assert not Vocabulary(those).terms(those[0]).links
    assert Vocabulary(those[:4]).terms(those[0]).links


def test_a_rare_word_weighs_more() -> None:
    those = [made(n, "desks and chairs" if n else "desks and lamps") for n in range(50)]
    vocabulary = Vocabulary(those)
    weights = vocabulary.terms(those[0]).weights
    assert weights["lamp"] > 2 * weights["desk"]
    assert "and" not in weights
    assert (vocabulary.is_rare("lamp"), vocabulary.is_rare("desk")) == (True, False)


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("bakers write manuals", "bakers write manuals", 1.0, 1.0),
        ("bakers write manuals", "Baker's manual writing", 0.5, 0.9),
        ("bakers write manuals", "pilots fly planes", 0.0, 0.0),
        ("", "pilots fly planes", 0.0, 0.0),
        ("", "", 0.0, 0.0),
    ],
)
def test_likeness(one: str, other: str, least: float, most: float) -> None:
    a, b = made(1, one), made(2, other)
    vocabulary = Vocabulary([a, b])
    found = likeness(vocabulary.terms(a), vocabulary.terms(b))
    assert found == likeness(vocabulary.terms(b), vocabulary.terms(a))
    assert least - 1e-9 <= found <= most + 1e-9


def test_an_entry_that_was_not_read_before_has_terms_too() -> None:
    vocabulary = Vocabulary([made(1, "desks and lamps")])
    assert vocabulary.terms(made(2, "desks and chairs")).weights.keys() == {"desk", "chair"}


@pytest.mark.parametrize("title", ["Ssss", "SSSSSS now", "'s 's", "ß ßß"])
def test_a_word_of_nothing_but_its_ending_is_a_word(title: str) -> None:
    assert Vocabulary([made(1, title)]).terms(made(1, title)).figures == frozenset()


def told(of: Terms) -> tuple[object, ...]:
    return of.names, of.figures, of.links, of.page, of.weights, of.title, of.head, of.subjects, of.slots, of.is_roundup


@pytest.mark.parametrize("tail", ["", "/1?utm=2", "&amp;x", " y", "/" + "x" * 400])
def test_stories_are_told_apart_by_an_entry_without_its_content(tail: str) -> None:
    link = '<p>Some words</p><a href="https://www.example.org/{}/page' + tail + '">there</a>\n'
    for count in (0, 1, 29, 35, 300):
        one = made(
            1, "Ostrava plans 40 harbours", "The harbour of Ostrava", content="".join(map(link.format, range(count)))
        )
        slim = replace(one, entry=replace(one.entry, content=links_in(one.entry.content), summary=""))
        assert told(Vocabulary([slim]).terms(slim)) == told(Vocabulary([one]).terms(one))
        assert len(slim.entry.content) <= 30 * 350
