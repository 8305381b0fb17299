from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.entries.query import Alternative, Term, marked, parse_query, snippet, spaced


def terms(text: str) -> list[tuple[list[str], list[str]]]:
    """Alternatives as (wanted, unwanted), a term as its words, a stem with a star."""
    return [
        ([_as_text(t) for t in one.wanted], [_as_text(t) for t in one.unwanted])
        for one in parse_query(text).alternatives
    ]


def _as_text(term: Term) -> str:
    return " ".join(term.words) + ("*" if term.is_stem else "")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("remote work", [(["remote", "work"], [])]),
        ('"career path" skills', [(["career path", "skills"], [])]),
        ("reskill* Café", [(["reskill*", "cafe"], [])]),
        ("work -layoffs", [(["work"], ["layoffs"])]),
        ('work -"job loss"', [(["work"], ["job loss"])]),
        ("hiring OR recruiting now", [(["hiring"], []), (["recruiting", "now"], [])]),
        ("co-op C++ entry_level", [(["co op", "c", "entry level"], [])]),
        ("AND NEAR(a b) ^x title:y", [(["and", "near a", "b", "x", "title y"], [])]),
        ('"unclosed phrase', [(["unclosed", "phrase"], [])]),
        ("-only -without", []),
        ("OR OR a OR", [(["a"], [])]),
        ("未来の", [(["未 来 の"], [])]),
        ("한국 ÅNGSTRÖM", [(["한국", "angstrom"], [])]),
        ("", []),
        ('*** "" -- ???', []),
    ],
)
def test_what_is_looked_for(text: str, found: list[tuple[list[str], list[str]]]) -> None:
    assert terms(text) == found


@given(st.text(max_size=80))
def test_terms_are_made_of_plain_words(text: str) -> None:
    for one in parse_query(text).alternatives:
        assert one.wanted
        for term in (*one.wanted, *one.unwanted):
            assert all(not set(word) & set('" *') and word for word in term.words)


def shown(pieces: tuple[tuple[str, bool], ...]) -> str:
    return "".join(f"[{text}]" if hit else text for text, hit in pieces)


@pytest.mark.parametrize(
    ("text", "looked_for", "expected"),
    [
        ("The Café is open", "cafe", "The [Café] is open"),
        ("A career path, a path", '"career path"', "A [career path], a path"),
        ("Reskilling and reskilled", "reskill*", "[Reskilling] and [reskilled]"),
        ("Skill by skill", "skill", "[Skill] by [skill]"),
        ("co-op and coop", "co-op", "[co-op] and coop"),
        ("Nothing of it", "else", "Nothing of it"),
        ("", "else", ""),
    ],
)
def test_what_was_looked_for_is_marked(text: str, looked_for: str, expected: str) -> None:
    assert shown(marked(text, parse_query(looked_for))) == expected


def test_a_snippet_is_the_part_that_says_most_of_it() -> None:
    text = f"apples {'filler ' * 60}pears\nnear apples {'filler ' * 60}the end"
    told = shown(snippet(text, parse_query("apples pears"), around=8))
    assert told == "… filler filler filler filler [pears] near [apples] filler …"


def test_a_snippet_without_a_hit_is_the_beginning() -> None:
    assert shown(snippet("one two three four", parse_query("else"), around=2)) == "one two …"
    assert snippet("", parse_query("else")) == ()


@given(st.text(max_size=200), st.text(max_size=20))
def test_pieces_are_the_text(text: str, looked_for: str) -> None:
    query = parse_query(looked_for)
    assert "".join(piece for piece, _ in marked(text, query)) == text
    assert all(piece for piece, _ in snippet(text, query))


def test_characters_of_unspaced_scripts_are_words() -> None:
    assert spaced("AI未来").split() == ["AI", "未", "来"]
    assert parse_query("a").alternatives == (Alternative((Term(("a",)),)),)
