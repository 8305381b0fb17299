"""Edits of feeds.yaml: what they write, and that every other byte stays."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import ConfigError
from aggregator.sources.edit import Add, Change, Edit, Remove, edited
from aggregator.sources.yaml import parse

NEW = "https://new.example/feed"
A, B, C = "https://a.example", "https://b.example", "https://c.example"


def after(text: str, *edits: Edit) -> str:
    return edited(text.encode(), edits, "feeds.yaml").decode()


def add(*urls: str, **keys: object) -> Add:
    return Add(tuple({"url": url, **keys} for url in urls or (NEW,)))


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("", f"sources:\n  - {NEW}\n"),
        ("# mine\n", f"# mine\nsources:\n  - {NEW}\n"),
        ("# mine", f"# mine\nsources:\n  - {NEW}"),
        ("---\n# mine\n", f"---\n# mine\nsources:\n  - {NEW}\n"),
        ("title: x\n", f"title: x\nsources:\n  - {NEW}\n"),
        ("title: x # y\n# end\n...\n", f"title: x # y\nsources:\n  - {NEW}\n# end\n...\n"),
        ("{}", f"{{sources: [{NEW}]}}"),
        ("{title: x}\n", f"{{title: x, sources: [{NEW}]}}\n"),
        ("{title: x, sources: }\n", f"{{title: x, sources: [{NEW}] }}\n"),
        ("sources:\ntitle: x\n", f"sources:\n  - {NEW}\ntitle: x\n"),
        ("sources: # all\n  # - a\n\ntitle: x\n", f"sources: # all\n  # - a\n  - {NEW}\n\ntitle: x\n"),
        ("sources:", f"sources:\n  - {NEW}"),
        ("sources: []\n", f"sources: [{NEW}]\n"),
        ("sources: ~ # none\n", f"sources: [{NEW}] # none\n"),
        ("[]", f"[{NEW}]"),
        (f"- {A}\n", f"- {A}\n- {NEW}\n"),
        (f"- {A}", f"- {A}\n- {NEW}"),
        (f"- {A} # the first", f"- {A} # the first\n- {NEW}"),
        (f"---\n-   {A}\n...\n", f"---\n-   {A}\n-   {NEW}\n...\n"),
        (f"[{A}, {B}]", f"[{A}, {B}, {NEW}]"),
        (f"[{A}, {B},]\n", f"[{A}, {B}, {NEW},]\n"),
        (f"[\n  {A}, # one\n  {B} # two\n]\n", f"[\n  {A}, # one\n  {B}, # two\n  {NEW}\n]\n"),
        (f"[\n  {A},\n  {B}, # two\n]\n", f"[\n  {A},\n  {B}, # two\n  {NEW},\n]\n"),
        (f"sources: ['{A}']\n", f"sources: ['{A}', '{NEW}']\n"),
        (f"sources:\n- '{A}'\ntitle: x\n", f"sources:\n- '{A}'\n- '{NEW}'\ntitle: x\n"),
        (f'sources:\n  - url: "{A}"\n# x\n', f'sources:\n  - url: "{A}"\n  - url: "{NEW}"\n# x\n'),
        (f"sources:\n  - {{url: {A}}}\n", f"sources:\n  - {{url: {A}}}\n  - {{url: {NEW}}}\n"),
        (f"sources:\n  -\n    url: {A}\n    tags:\n      - x\n",
         f"sources:\n  -\n    url: {A}\n    tags:\n      - x\n  - url: {NEW}\n"),
        (f"sources:\n  - {A}\n\n  - {B}\n\n# topics\ntopics: {{}}\n",
         f"sources:\n  - {A}\n\n  - {B}\n\n  - {NEW}\n\n# topics\ntopics: {{}}\n"),
        (f"sources:\n  - {A}\n    # moved in May\n  # - {B}\n",
         f"sources:\n  - {A}\n    # moved in May\n  - {NEW}\n  # - {B}\n"),
        (f"sources:\n  - url: {A}\n    title: |\n      long\n\n# x\n",
         f"sources:\n  - url: {A}\n    title: |\n      long\n\n  - url: {NEW}\n# x\n"),
        (f"sources:\n  - url: {A}\n    title:\n", f"sources:\n  - url: {A}\n    title:\n  - url: {NEW}\n"),
        (f"x: &x {A}\nsources:\n  - *x\n", f"x: &x {A}\nsources:\n  - *x\n  - {NEW}\n"),
        (f"sources: &all\n  - &one {A} # tab\there\n", f"sources: &all\n  - &one {A} # tab\there\n  - {NEW}\n"),
        (f"  sources:\n    - {A}\n  title: x\n", f"  sources:\n    - {A}\n    - {NEW}\n  title: x\n"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_new_source_stands_last_in_the_style_of_the_file(before: str, expected: str, newline: str, mark: str) -> None:
    if newline == "\r\n" and "\n" not in before:
        return  # nothing says that this file has such lines
    assert after(mark + before.replace("\n", newline), add()) == mark + expected.replace("\n", newline)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (f"- {A}\n", f"- {A}\n- url: {NEW}\n  tags: [ai, x y]\n"),
        (f"-   url: {A}\n", f"-   url: {A}\n-   url: {NEW}\n    tags: [ai, x y]\n"),
        (f"[{A}]", f"[{A}, {{url: {NEW}, tags: [ai, x y]}}]"),
        (f"- {{url: {A}}}\n", f"- {{url: {A}}}\n- {{url: {NEW}, tags: [ai, x y]}}\n"),
    ],
)
def test_a_source_that_says_more_is_a_map(before: str, expected: str) -> None:
    assert after(before, add(tags=["ai", "x y"])) == expected


def test_many_sources_come_at_once_and_two_edits_meet_nowhere() -> None:
    before = f"sources:\n  - {A}\n  - {B} # b\ntitle: x\n"
    assert after(before, add(C, NEW), Remove(A), Change(B, {"paused": True})) == (
        f"sources:\n  - url: {B} # b\n    paused: true\n  - {C}\n  - {NEW}\ntitle: x\n"
    )
    assert after(before, Remove(A), Remove(B), add(C)) == f"sources:\n  - {C}\ntitle: x\n"


@pytest.mark.parametrize(
    ("before", "url", "expected"),
    [
        (f"- {A}\n- {B} # b\n- {C}\n", B, f"- {A}\n- {C}\n"),
        (f"- {A}\n- {B}", B, f"- {A}"),
        (f"- {A}\r\n- {B}", B, f"- {A}"),
        (f"- {A}\n", A, "[]\n"),
        (f"# mine\n  - {A}", A, "# mine\n[]"),
        (f"sources: # mine\n  - {A} # a\ntitle: x\n", A, "sources: [] # mine\ntitle: x\n"),
        (f"- {A}\n- url: {B}\n  tags:\n    - x # y\n  # about b\n# about c\n- {C}\n", B, f"- {A}\n# about c\n- {C}\n"),
        (f"- {A}\n# about b\n# more\n- {B}\n# about c\n- {C}\n", B, f"- {A}\n# about c\n- {C}\n"),
        (f"- {A}\n# heading of b and c\n- {B}\n- {C}\n", B, f"- {A}\n# heading of b and c\n- {C}\n"),
        (f"- {A}\n# --- work ---\n- {B}\n\n- {C}\n", B, f"- {A}\n# --- work ---\n\n- {C}\n"),
        (f"- {A}\n# - https://old.example\n- {B}\n", B, f"- {A}\n# - https://old.example\n"),
        (f"# about all\n- {A}\n# about b\n- {B}\n", A, f"# about all\n# about b\n- {B}\n"),
        (f"sources:\n  - {A}\n# far left\n  - {B}\n", B, f"sources:\n  - {A}\n# far left\n"),
        (f"[{A}, {B}, {C}]", A, f"[{B}, {C}]"),
        (f"[{A}, {B}, {C}]", B, f"[{A}, {C}]"),
        (f"[{A}, {B}, {C}]", C, f"[{A}, {B}]"),
        (f"[{A}, {B},]", B, f"[{A}, ]"),
        (f"[{A}]", A, "[]"),
        (f"[\n  {A}, # a, or so\n  {B}, # b\n  {C} # c\n]", B, f"[\n  {A}, # a, or so\n  {C} # c\n]"),
        (f"[\n  {A}, # a, or so\n  # about c\n  {C} # c\n]", C, f"[\n  {A}, # a, or so\n  # about c\n]"),
        (f"sources:\n  - url: {A}\n    title: |\n      a\n\n  - {B}\n", A, f"sources:\n  - {B}\n"),
    ],
)  # fmt: skip
def test_a_removed_source_takes_its_own_comments_and_no_others(before: str, url: str, expected: str) -> None:
    assert after(before, Remove(url)) == expected


@pytest.mark.parametrize(
    ("before", "keys", "expected"),
    [
        (f"- {A} # a\n- {B}\n", {"paused": True}, f"- url: {A} # a\n  paused: true\n- {B}\n"),
        (f"-   '{A}'", {"title": "A: b"}, f"-   url: '{A}'\n    title: \"A: b\""),
        (f"- {A}\n", {"url": C}, f"- {C}\n"),
        (f"- '{A}' # x\n", {"url": C}, f"- '{C}' # x\n"),
        (f"[{A}, {B}]", {"tags": ["x", "z"]}, f"[{{url: {A}, tags: [x, z]}}, {B}]"),
        (f"- url: {A}\n  every: 6h # slow\n", {"every": "1d"}, f"- url: {A}\n  every: 1d # slow\n"),
        (f"- url: {A}\n  title: 'x' # t\n", {"title": "it's"}, f"- url: {A}\n  title: 'it''s' # t\n"),
        (f"- url: {A} # x\n  # y\n", {"at_most": 2, "paused": False},
         f"- url: {A} # x\n  at_most: 2\n  paused: false\n  # y\n"),
        (f"- {{url: {A}}}\n", {"tags": ["a,b"]}, f'- {{url: {A}, tags: ["a,b"]}}\n'),
        (f"- {{url: {A}, tags: [a], at_most: 1,}}\n", {"tags": ["b"]}, f"- {{url: {A}, tags: [b], at_most: 1,}}\n"),
        (f"- {{url: {A}, title: , tags: []}}\n", {"title": "x"}, f"- {{url: {A}, title: x , tags: []}}\n"),
        (f"- url: {A}\n  title: # t\n  tags: [x]\n", {"title": "z"}, f"- url: {A}\n  title: z # t\n  tags: [x]\n"),
        (f"- url: {A}\n  tags:\n    - x\n    - y\n- {B}\n", {"tags": ["z", "w"]},
         f"- url: {A}\n  tags:\n    - z\n    - w\n- {B}\n"),
        (f"- url: {A}\n  tags: # t\n  - x\n- {B}\n", {"tags": []}, f"- url: {A}\n  tags: [] # t\n- {B}\n"),
        (f"- url: {A}\n  headers:\n    X: y\n", {"headers": {"X": "z"}}, f"- url: {A}\n  headers: {{X: z}}\n"),
        (f"- url: {A}\n  title: >\n    long\n    text\n  tags: [x]\n", {"title": "s"},
         f"- url: {A}\n  title: s\n  tags: [x]\n"),
        (f"- url: {A}\n  title: |-\n    long\n\n- {B}\n", {"every": "1d"},
         f"- url: {A}\n  title: |-\n    long\n\n  every: 1d\n- {B}\n"),
        (f"- url: {A}\n  paused: true # for now\n- url: {B}\n", {"paused": None}, f"- url: {A}\n- url: {B}\n"),
        (f"- url: {A} # a\n  paused: true\n- {B}\n", {"paused": None}, f"- {A} # a\n- {B}\n"),
        (f"- paused: true\n  url: {A}\n  tags: [x]\n", {"paused": None}, f"- url: {A}\n  tags: [x]\n"),
        (f"- {{paused: true, url: {A}}}\n", {"paused": None}, f"- {{url: {A}}}\n"),
        (f"- {{url: {A}, paused: true}}\n", {"paused": None}, f"- {{url: {A}}}\n"),
        (f"- url: {A}\n  tags: [x]\n  paused: true", {"paused": None}, f"- url: {A}\n  tags: [x]"),
        (f"- {A}\n", {"paused": None}, f"- {A}\n"),
        (f"- url: {A}\n  tags: [x]\n", {"tags": ["x"]}, f"- url: {A}\n  tags: [x]\n"),
        (f"- url: {A}\n  title: &t T\n- url: {B}\n  title: *t\n", {"every": "2h"},
         f"- url: {A}\n  title: &t T\n  every: 2h\n- url: {B}\n  title: *t\n"),
    ],
)  # fmt: skip
def test_a_key_gets_its_value_where_it_stands(before: str, keys: dict[str, object], expected: str) -> None:
    assert after(before, Change(A, keys)) == expected


@pytest.mark.parametrize(
    ("before", "edit", "said"),
    [
        (f"s: &s [{A}]\nsources: *s\n", add(), f"feeds.yaml:2:10: .*edit it by hand: add `- {NEW}` under `sources:`"),
        (f"- &a {{url: {A}, title: x}}\n- *a\n", Change(A, {"title": "z"}), "edit it by hand: .* `title: z`"),
        (f"- url: {A}\n  title: &t T\n- url: {B}\n  title: *t\n", Remove(A), "edit it by hand: take the source"),
        (f"- url: {A}\n  tags:\n    - x # mine\n    - z\n", Change(A, {"tags": ["y"]}), "edit it by hand"),
        (f"- url: {A}\n  tags: [x, # mine\n    y]\n", Change(A, {"tags": ["y"]}), "edit it by hand"),
        (f"- url: {A}\n  title: | # mine\n    x\n", Change(A, {"title": "y"}), "edit it by hand"),
        (f"[url: {A}]\n", Change(A, {"paused": True}), "edit it by hand"),
        (f"- {A}\n", Remove(B), f"no source with the address {B}"),
        ("just text\n", add(), "edit it by hand"),
        ("---\n...\n", add(), "edit it by hand"),
        ("a: 1\na: 2\n", add(), "stands here twice"),
        ("a: 'x\n", add(), "never closed"),
    ],
)  # fmt: skip
def test_what_cannot_be_edited_safely_is_refused_in_one_line(before: str, edit: Edit, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        after(before, edit)
    assert "\n" not in str(caught.value)


# --- any file ------------------------------------------------------------------------------------------------

_COMMENT = st.sampled_from(["", "", " # a comment, with: [signs] {and} 'quotes\"", " #\ttab\t- x", " # é ☃ 🎉"])
_BETWEEN = st.sampled_from(
    ["", "", "", "\n", "  # about: - it\n", "# far left\n", "    # deep\n", "\n  # --- h ---\n\n"]
)
_TITLE = st.sampled_from(
    [
        "T",
        "'it''s'",
        '"a \\"b\\" # c"',
        "|\n{i}  two\n{i}  lines",
        ">-\n{i}  folded\n\n{i}  text",
        "&t Anchored",
        "",
        "ünï ☃",
    ]
)
_TAGS = st.sampled_from(["[a, b]", "\n{i}  - a{c}\n{i}  - b", "[ ]", "\n{i}- a", "[a, # one\n{i}  b]", "x, y"])


@st.composite
def _files(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A file with sources in every style, comments everywhere, and the addresses in it."""
    urls = [f"https://s{n}.example/feed" for n in range(draw(st.integers(1, 4)))]
    in_brackets = draw(st.booleans())
    text = _flow(draw, urls) if in_brackets else "".join(draw(_BETWEEN) + _item(draw, url) for url in urls)
    bare = draw(st.booleans())
    if not bare:
        head = draw(
            st.sampled_from(["", "title: x # y\n", "# head\n---\ntitle: |\n  a # no comment\n\n", "link: &l 'z'\n"])
        )
        tail = draw(st.sampled_from(["", "# end", "topics: # t\n  A: [b, c]\n", "x: {y: 1} # z", "\n\n# end\n...\n"]))
        text = head + "sources:" + draw(_COMMENT) + "\n" + text + tail
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    if draw(st.booleans()):
        text = text.rstrip("\r\n")
    return draw(st.sampled_from(["", "\ufeff"])) + text, urls


def _item(draw: st.DrawFn, url: str) -> str:
    gap, kind = draw(st.sampled_from([" ", "   "])), draw(st.integers(0, 4))
    indent, comment = "   " + gap, draw(_COMMENT)
    quote = draw(st.sampled_from(["", "'", '"']))
    if kind < 2:
        return f"  -{gap}{quote}{url}{quote}{comment}\n"
    title = draw(_TITLE).replace("{i}", indent)
    if kind == 2 and "\n" not in title and "&" not in title:
        return f"  -{gap}{{url: {url}, title: {title} , paused: false}}{comment}\n"
    tags = draw(_TAGS).replace("{i}", indent).replace("{c}", comment)
    head = f"  -{gap}url: {quote}{url}{quote}{comment}\n{indent}title: {title}\n"
    return f"{head}{draw(_BETWEEN)}{indent}tags: {tags}{comment}\n"


def _flow(draw: st.DrawFn, urls: list[str]) -> str:
    line = draw(st.sampled_from([" ", "\n    "]))
    parts = [url if draw(st.booleans()) else f"{{url: '{url}', tags: [x]}}" for url in urls]
    comment = draw(_COMMENT) if line != " " else ""
    return "  [" + line + f",{comment}{line}".join(parts) + draw(st.sampled_from(["", ","])) + comment + line + "]\n"


@st.composite
def _edits(draw: st.DrawFn, urls: list[str]) -> Edit:
    url = draw(st.sampled_from(urls))
    keys = draw(
        st.dictionaries(
            st.sampled_from(["title", "tags", "paused", "every", "headers"]),
            st.sampled_from(["x", "a: b # c", True, 7, ["p", "q, r"], [], {"X-Y": "z"}, None]),
            min_size=1,
            max_size=2,
        )
    )
    return draw(
        st.sampled_from([Add(({"url": NEW},)), Add(({"url": NEW, "tags": ["n"]},)), Remove(url), Change(url, keys)])
    )


def _rows(text: str) -> list[dict[str, object]]:
    data = parse(text.encode(), "f").data
    items = data["sources"] if isinstance(data, dict) else data
    assert isinstance(items, list)
    return [item if isinstance(item, dict) else {"url": item} for item in items]


@given(st.data())
def test_an_edit_means_what_it_says_and_keeps_every_other_byte(data: st.DataObject) -> None:
    text, urls = data.draw(_files())
    edit = data.draw(_edits(urls))
    try:
        parse(text.encode(), "f")
    except ConfigError:
        return
    try:
        result = after(text, edit)
    except ConfigError as error:
        assert "edit it by hand" in str(error)
        return
    rows, now = _rows(text), _rows(result)
    if isinstance(edit, Add):
        assert now == [*rows, *map(dict, edit.sources)]
        assert _is_inserted(text, result)
        return
    place = urls.index(edit.url)
    others = rows[:place] + rows[place + 1 :]
    if isinstance(edit, Remove):
        assert now == others
        gone = _gone(text, result)
        assert not any(url in gone for url in urls if url != edit.url)
        return
    assert now[:place] + now[place + 1 :] == others
    both = {**rows[place], **edit.keys}
    wanted = {key: value for key, value in both.items() if key not in edit.keys or value is not None}
    assert json.dumps(now[place]) == json.dumps(wanted)
    if None not in edit.keys.values():
        assert all(text.count(comment) == result.count(comment) for comment in _COMMENTS)


_COMMENTS = (
    "# a comment, with",
    "#\ttab\t- x",
    "# é ☃ 🎉",
    "# about: -",
    "# far",
    "# deep",
    "# --- h",
    "# one",
    "# end",
)


def _is_inserted(before: str, result: str) -> bool:
    """Is `before` what is left when one or two pieces are taken out of `result`?"""
    rest = iter(result)
    return all(sign in rest for sign in before) and len(result) > len(before)


def _gone(before: str, result: str) -> str:
    """The one piece of `before` that is missing in `result`."""
    start = _shared(before, result)
    end = _shared(before[start:][::-1], result[start:][::-1])
    return before[start : len(before) - end]


def _shared(one: str, other: str) -> int:
    """How many signs both begin with."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


@given(st.data())
def test_pause_and_resume_give_the_same_bytes(data: st.DataObject) -> None:
    text, urls = data.draw(_files())
    place = data.draw(st.integers(0, len(urls) - 1))
    try:
        if "paused" in _rows(text)[place]:
            return
        paused = after(text, Change(urls[place], {"paused": True}))
    except ConfigError:
        return
    assert after(paused, Change(urls[place], {"paused": None})) == text


def test_thousands_of_sources_are_added_and_one_is_found_in_a_moment() -> None:
    urls = [f"https://s{n}.example/feed" for n in range(3000)]
    text = after("sources:\n", add(*urls, tags=["x"]))
    assert text.count("\n") == 6001
    assert after(text, Change(urls[1500], {"paused": True})).count("paused: true") == 1
