from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.entries.words import compile_words, fold, split_patterns


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("remote", "Remote work is here"),
        ("remote", "fully (remote)!"),
        ("Remote", "REMOTE"),
        ("naive", "a naïve plan"),
        ("café", "the cafe"),
        ("strasse", "Hauptstraße"[5:]),
        ("entry level", "An Entry-Level job"),
        ("entry-level", "entry level"),
        ("entry level", "entry\u2011level"),
        ("entry level", "entry\n\u00a0 level"),
        ('"career path"', "her career path"),
        ("'career path'", "her career path"),
        ("reskill*", "Reskilling pays"),
        ("reskill*", "to reskill"),
        ("new job*", "new jobs appear"),
        ("R&D", "the R & D team"),
        ("worker", "a worker's day"),
        ("workers' council", "the workers\u2019 council"),
        ("4 day week", "a 4-day week"),
        ("U.S. jobs", "more U.S. jobs"),
        ("996", "the 996 culture"),
        ("副業", "日本の副業について"),
        ("нормы", "Новые НОРМЫ труда"),
        ("काम", "काम की दुनिया"),
    ],
)
def test_a_pattern_meets_its_word(pattern: str, text: str) -> None:
    assert compile_words([pattern]).matches(text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("remote", "remotely"),
        ("remote", "aremote"),
        ("AI", "said"),
        ("reskill*", "skilling, or unreskilled"),
        ("new job", "new jobs"),
        ("new job", "It is new. Job offers follow"),
        ("new job", "new (job)"),
        ("new job", "job new"),
        ("entry level", "entrylevel"),
        ("काम", "कम"),
        ("remote", ""),
    ],
)
def test_a_pattern_leaves_others_alone(pattern: str, text: str) -> None:
    assert not compile_words([pattern]).matches(text)


def test_found_names_the_patterns_in_their_own_order() -> None:
    words = compile_words(["hiring, reskill*", '"new job*"', "strike"])
    assert words.patterns == ("hiring", "reskill*", "new job*", "strike")
    assert words.found("A strike. New jobs; hiring") == ("hiring", "new job*", "strike")
    assert words.found_in(fold("nothing of it")) == ()


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("*", "holds no word"),
        ("...", "holds no word"),
        ("", "missing"),
        ("a*b", "may only stand at the end"),
        ("*work", "may only stand at the end"),
        ("new *", "must follow a letter"),
        ("x" * 201, "too long"),
    ],
)
def test_a_pattern_without_meaning_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        compile_words([pattern])


def test_lists_are_split_at_commas() -> None:
    assert split_patterns(" a, two words ,, stem* ") == ("a", "two words", "stem*")


@given(st.text())
def test_fold_is_bounded_by_spaces_and_stable(text: str) -> None:
    folded = fold(text)
    assert folded.startswith(" ")
    assert folded.endswith(" ")
    assert fold(folded) == folded


@given(st.lists(st.from_regex(r"[a-zà-öø-ÿ0-9]{1,8}", fullmatch=True), min_size=1, max_size=6), st.data())
def test_every_run_of_words_of_a_text_is_found_in_it(words: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    pattern = data.draw(st.sampled_from([" ", "-", "  "])).join(words[start:end])
    text = data.draw(st.sampled_from([" ", "-", "\n", "\u2010"])).join(words)
    assert compile_words([pattern]).matches(text.upper())
    assert compile_words([f"{pattern}*"]).matches(f"{text}ing")


LATIN = st.characters(max_codepoint=0x24F) | st.sampled_from(
    "\u2013\u2014\u2019\u2026\u200b\u2028\u2122\u20ac\u0301\u212b\U0001f642\u65e5\u0130"
)


@given(st.text(LATIN | st.characters(codec="utf-8"), max_size=12))
def test_latin_texts_are_folded_as_all_others_are(text: str) -> None:
    """They take a shorter way; a sign of another script beside them leads to the long one."""
    assert fold(f"x {text} \u5de5") == f"{fold(f'x {text}')}\u5de5 "


def test_long_text_costs_little() -> None:
    words = compile_words([f"a {'b ' * 50}c*" for _ in range(20)])
    started = time.process_time()
    words.found("a " + "b " * 200_000)
    words.found("".join(map(chr, range(0x3400, 0x9FFF))) * 4)
    assert time.process_time() - started < 2
