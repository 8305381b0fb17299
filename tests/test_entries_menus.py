from __future__ import annotations

import json

import pytest

from aggregator.entries.boilerplate import strip_boilerplate
from aggregator.entries.menus import menu_above, menu_below
from aggregator.html import safe_html, text_of
from tests.corpus import ROOT as CORPUS
from tests.corpus import needs_corpus

ABOVE = ["The Loaf - Homepage", "Skip to content", "Today", "Menu", "Search", "Log in", "Bread", "Shops", "Which oven?"]
BELOW = ["Careers", "Help", "Ovens", "Shops", "Bread", "Terms of use", "Privacy", "Contact", "© 2026 The Loaf, Inc."]
TOOLS = ["Ledger", "Notebook", "Calendar", "Search", "A good pen", "Two chairs", "Coffee", "A door", "Menu", "Lamp"]
SAID = "A bakery in Graz works four days a week."


@pytest.mark.parametrize(
    ("lines", "length"),
    [
        ([*ABOVE, SAID], 9),
        ([*ABOVE, "Four days", SAID], 9),  # up to the title
        ([*ABOVE[:5], SAID], 0),  # too few lines
        ([*TOOLS, SAID], 0),  # a list of an author
        (ABOVE, 0),  # nothing else is there
        ([SAID, *ABOVE], 0),
        ([*(f"Link {n}" for n in range(400)), *ABOVE, SAID], 0),
    ],
)
def test_a_menu_above(lines: list[str], length: int) -> None:
    assert menu_above(lines, "four days") == length


@pytest.mark.parametrize(
    ("lines", "length"), [([*BELOW, SAID], 9), ([*BELOW[:6], SAID], 0), ([*TOOLS, SAID], 0), (BELOW, 0)]
)
def test_a_menu_below(lines: list[str], length: int) -> None:
    assert menu_below(lines) == length


def test_the_menus_of_a_page_go_and_its_text_stays() -> None:
    whole = "".join(f"<p>{line}</p>" for line in [*ABOVE, "Four days", SAID, "It bakes on.", *BELOW])
    assert strip_boilerplate(whole, title="Four days", source_title="") == f"<p>{SAID}</p><p>It bakes on.</p>"
    picture = whole.replace("<p>Today</p>", '<p>Today<img src="https://a.example/x.png"></p>')
    assert "Today" in strip_boilerplate(picture, title="Four days", source_title="")


@needs_corpus
def test_an_archived_page_keeps_its_sentences_and_loses_its_menus() -> None:
    rows = map(json.loads, (CORPUS / "fow" / "items.jsonl").read_text(encoding="utf-8").splitlines())
    row = next(row for row in rows if row["title"].startswith("Why collaborative thinking"))
    whole = safe_html(row["html"])
    text = text_of(strip_boilerplate(whole, title=row["title"], source_title=row["site_title"]))
    assert not {"Skip to content", "Menu", "Log in", "Privacy", "Manage Cookies"} & set(text.split("\n"))
    lost = set(text_of(whole).split("\n")) - set(text.split("\n"))
    assert max(len(line.split()) for line in lost) <= 12
