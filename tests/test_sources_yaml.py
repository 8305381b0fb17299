from __future__ import annotations

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import ConfigError, Problem
from aggregator.sources.yaml import Span, parse


def problem_of(data: bytes) -> Problem:
    with pytest.raises(ConfigError) as caught:
        parse(data, "feeds.yaml")
    (problem,) = caught.value.problems
    assert isinstance(problem, Problem)
    return problem


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"), ("no", "no"), ("off", "off"), ("yes", "yes"), ("12:30", "12:30"), ("7:00", "7:00"),
        ("1_000", "1_000"), ("2026-03-14", "2026-03-14"), ("=", "="), ("true", True), ("True", True), ("TRUE", True),
        ("tRUE", "tRUE"), ("false", False), ("null", None), ("~", None), ("Null", None), ("nULL", "nULL"), ("", None),
        ("1", 1), ("-12", -12), ("+3", 3), ("017", 17), ("0o17", 15), ("0x1F", 31), ("0b1", "0b1"), ("1.5", 1.5),
        ("1.", 1.0), (".5", 0.5), ("1e3", 1000.0), (".inf", math.inf), ("-.INF", -math.inf), ("1h", "1h"), ("-", None),
        ('"1"', "1"), ("'true'", "true"), ('""', ""), ("|\n  a\n  b", "a\nb"), (">\n  a\n  b", "a b"), ("..", ".."),
        ("1" * 5000, math.inf), ("0x", "0x"),
    ],
)  # fmt: skip
def test_values_follow_the_core_rules_of_yaml_1_2(written: str, value: object) -> None:
    found = parse(f"a: {written}\n".encode(), "f").data if written != "-" else {"a": None}
    if isinstance(found, dict) and isinstance(found["a"], str):
        found["a"] = found["a"].rstrip("\n")
    assert found == {"a": value}


def test_keys_are_text_whatever_they_look_like() -> None:
    assert parse(b"true: 1\nNO: 2\n12: 3\nnull: 4\n", "f").data == {"true": 1, "NO": 2, "12": 3, "null": 4}


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_every_key_and_value_knows_its_place(newline: bytes, mark: bytes) -> None:
    lines = [
        b"# head",
        b"sources:",
        b"  - https://a.example",
        b'  - url: "https://b.example"',
        b"    every: 1h # x",
        b"",
    ]
    document = parse(mark + newline.join(lines), "f")
    assert document.data == {"sources": ["https://a.example", {"url": "https://b.example", "every": "1h"}]}
    assert document.keys[("sources",)][:2] == (2, 1)
    assert document.values[("sources", 0)][:2] == (3, 5)
    assert document.keys[("sources", 1, "every")][:2] == (5, 5)
    span = document.values[("sources", 1, "url")]
    assert span[:2] == (4, 10)
    assert document.text[span.start : span.end] == '"https://b.example"'


def test_a_place_that_is_not_written_is_that_of_what_surrounds_it() -> None:
    document = parse(b"a: &x {b: 1}\nc:\n  - *x\n", "f")
    assert document.value_at(("c", 0, "b"))[:2] == (3, 5)
    assert document.key_at(("a", "b"))[:2] == (1, 8)
    assert document.value_at(("nothing",))[:2] == (1, 1)
    assert parse(b"", "f").value_at(("a",)) == Span(1, 1, 0, 0)


@pytest.mark.parametrize(
    ("written", "column"),
    [(b"a: xyz", 6), (b"a: 'xyz'", 7), (b'a: "xyz"', 7), (b'a: "x\\x79z"', None), (b"a: >\n  xyz", None)],
)
def test_the_column_inside_a_text_where_it_was_written_plainly(written: bytes, column: int | None) -> None:
    assert parse(written, "f").column_in(("a",), "xyz", 2) == column


def test_keys_that_stand_twice_are_told_beside_the_rest() -> None:
    document = parse(b"a: 1\nb: {c: 1, c: 2}\na: 3\nd: [{c: 1}, {c: 2}]\n", "f")
    assert [(p.line, p.column, p.message) for p in document.problems] == [
        (2, 11, "`c` stands here twice, before this on line 2; keep one"),
        (3, 1, "`a` stands here twice, before this on line 1; keep one"),
    ]


@pytest.mark.parametrize(
    ("data", "line", "column", "said"),
    [
        (b"a: caf\x92\n", 1, 7, "0x92, `\u2019` in Windows-1252"),
        (b"a: 1\nb: \xc3\xa9\xe9\n", 2, 5, "not UTF-8"),
        ("a: 1".encode("utf-16"), 0, 0, "UTF-16"),
        (b"a: 1\n\0\0\0", 2, 1, "NUL byte"),
        (b"a: 1\nb: x\x07\n", 2, 5, "control character (U+0007)"),
        (b"a: 1\n<<<<<<< HEAD\nb: 2\n=======\nb: 3\n>>>>>>> x\n", 2, 1, "a merge was not resolved"),
        (b"a: 1\r\n>>>>>>> x\r\n", 2, 1, "a merge was not resolved"),
        (b"sources:\n\t- a\n", 2, 1, "a tab"),
        (b"sources:\n  - url: a\n  \ttitle: b\n", 3, 3, "a tab"),
        (b"title: AI: the future\n", 1, 10, "put a value that holds `: ` in quotes"),
        (b'title: "Future" of work\nlink: x\n', 1, 17, "ends where that is closed, or stands in quotes"),
        (b'sources:\n  - url: "https://exa\n  - b\n', 2, 10, "never closed; is the file half saved?"),
        (b"topics:\n  a: [x, y\nlenses:\n  b: c\n", 2, 6, "this `[` is never closed"),
        (b"a: {b: 1\nc: 2\n", 1, 4, "this `{` is never closed"),
        (b"sources:\n  - a\nfoo\nbar: 1\n", 3, 1, "is the colon missing?"),
        (b"sources: - a\n", 1, 10, "on the next line"),
        (b"a:\n  - x\n  y: 1\n", 3, 3, "not in line with the list above"),
        (b"sources:\n  - url: a\n   title: b\n", 3, 4, "check the indentation"),
        (b"title: @foo\n", 1, 8, 'cannot begin with "@"'),
        (b"a: [*.x]\n", 1, 5, "must stand in quotes"),
        (b"a: [*work, b]\n", 1, 5, "`*work` is an alias in YAML"),
        (b'a: "\\d"\n', 1, 5, "use single quotes"),
        (b"a: !!python/object:os.system x\n", 1, 4, "tags"),
        (b"a: !x {}\n", 1, 4, "tags"),
        (b"%TAG ! tag:x\n---\na: 1\n", 1, 1, "tags"),
        (b"d: &x {a: 1}\ne:\n  <<: *x\n", 3, 3, "merge keys"),
        (b"a: 1\n---\nb: 2\n", 2, 1, "a second document"),
        (b"{a: b}: c\n", 1, 1, "a key must be text"),
        (b"a: &x b\n*x : c\n", 2, 1, "an alias cannot be a key"),
        (b"a: &a [*a]\n", 1, 8, "inside itself"),
        (b"a: |x\n", 1, 5, "the text begins on the next line"),
        (b"a: ]\n", 1, 4, "a value was expected"),
        (b": x\n", 1, 1, "does not fit"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_yaml_gets_one_clear_line(data: bytes, line: int, column: int, said: str) -> None:
    problem = problem_of(data)
    assert (problem.line, problem.column) == (line, column), problem
    assert said in problem.message
    assert "\n" not in str(problem)


def _bomb() -> bytes:
    lines = [b"a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [b"a%d: &a%d [%s]" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 20)]
    return b"\n".join(lines)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"[" * 50_000, "deep inside each other"),
        (b"- " * 50_000, "deep inside each other"),
        (b"{a: " * 50_000, "deep inside each other"),
        (b"? " * 50_000, "deep inside each other|a key must be text"),
        (b"\n".join(b" " * n + b"a:" for n in range(2_000)), "deep inside each other"),
        (_bomb(), "aliases repeat more than"),
        (b"a: &a [" + b"x, " * 19_000 + b"x]\nb: *a\nc: *a\n", "aliases repeat more than"),
        (b"- [a, b, c]\n" * 200_000, "more than 300,000 values"),
        (b"#" * (10 * 1024 * 1024 + 1), "larger than 10 MB"),
    ],
)
def test_a_file_that_is_too_much_gets_one_clear_line_soon(data: bytes, said: str) -> None:
    started = time.process_time()
    problem = problem_of(data)
    assert any(part in problem.message for part in said.split("|")), problem
    assert time.process_time() - started < 8


def test_few_aliases_are_fine() -> None:
    assert parse(b"a: &x [b, c]\nd: *x\n", "f").data == {"a": ["b", "c"], "d": ["b", "c"]}


@given(st.one_of(st.binary(), st.text(alphabet="ab:-?[]{}&*!|>'\"%@`,# \n\t1", max_size=60).map(str.encode)))
def test_any_bytes_give_a_document_or_a_config_error(data: bytes) -> None:
    error, spans, length = None, [], 0
    try:
        document = parse(data, "feeds.yaml")
        spans, length = list(document.values.values()), len(document.text)
    except ConfigError as caught:
        error = caught
    assert error is None or (len(error.problems), str(error).count("\n")) == (1, 0)
    assert all(0 <= span.start <= span.end <= length for span in spans)
