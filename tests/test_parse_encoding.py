"""The text is right whatever the label says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.parse.encoding import decode
from tests.corpus import ROOT as CORPUS
from tests.corpus import needs_corpus

ROOT = Path(__file__).parent.parent

TEXT = "<rss>Grüße \u2013 5 €</rss>"
RUSSIAN = "<rss>" + "Будущее работы меняется быстрее, чем успевают законы и школы. " * 3 + "</rss>"
JAPANESE = "<rss>" + "仕事のこれからについて、みんなでゆっくり考えるブログです。" * 3 + "</rss>"
CHINESE = "<rss>" + "未来的工作正在改变人们的生活方式和学习方式。" * 3 + "</rss>"
TAIWAN = "<rss>" + "未來的工作正在改變人們的生活方式與學習方式。" * 3 + "</rss>"
KOREAN = "<rss>" + "미래의 일자리는 사람들의 생활과 배움을 바꾸고 있습니다." * 3 + "</rss>"


def _declared(label: str, text: str = TEXT) -> str:
    return f'<?xml version="1.0" encoding="{label}"?>{text}'


@pytest.mark.fault(32)
@pytest.mark.parametrize(
    ("body", "content_type", "encoding"),
    [
        (TEXT.encode(), None, "utf-8"),
        (b"\xef\xbb\xbf" + TEXT.encode(), "text/xml; charset=iso-8859-1", "utf-8"),
        ("\ufeff".encode("utf-16-le") + TEXT.encode("utf-16-le"), "text/xml", "utf-16le"),
        (TEXT.encode("utf-16-be"), None, "utf-16be"),
        (TEXT.encode("utf-32-le"), None, "utf-32le"),
        (TEXT.encode("windows-1252"), 'application/rss+xml; charset="windows-1252"', "windows-1252"),
        (TEXT.encode("windows-1252"), "text/xml; charset=iso-8859-1", "windows-1252"),
        (TEXT.encode("windows-1252"), None, "windows-1252"),
        (TEXT.encode("windows-1252"), "text/xml; charset=utf-8", "windows-1252"),
        (TEXT.encode(), "text/xml; charset=iso-8859-1", "utf-8"),
        (TEXT.encode(), "text/xml; charset=us-ascii", "utf-8"),
        (TEXT.encode(), "text/xml; charset=nonsense", "utf-8"),
        (TEXT.encode(), "text/xml; charset=undefined", "utf-8"),
        (TEXT.encode(), "text/xml; charset=utf-16", "utf-8"),
        (TEXT.encode() + b"<!-- \xe9 -->", None, "utf-8"),
        (TEXT.encode("utf-32-be"), None, "utf-32be"),
    ],
)
def test_labels_and_marks(body: bytes, content_type: str | None, encoding: str) -> None:
    decoded = decode(body, content_type)
    assert decoded.text.replace("<!-- é -->", "") == TEXT
    assert decoded.encoding == encoding


@pytest.mark.parametrize("label", ["iso-8859-1", "latin1", "windows-1252", "ISO-8859-15"])
def test_the_declaration_counts(label: str) -> None:
    text = _declared(label, "<rss>naïve café</rss>")
    assert decode(text.encode("windows-1252")).text == text


def test_a_wrong_label_is_not_faithful() -> None:
    assert decode(_declared("utf-8").encode()).faithful
    assert not decode(_declared("utf-8").encode("windows-1252")).faithful


@pytest.mark.fault(32)
@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (RUSSIAN, "windows-1251"),
        (RUSSIAN, "koi8-r"),
        (JAPANESE, "cp932"),
        (JAPANESE, "euc_jp"),
        (CHINESE, "gb18030"),
        (TAIWAN, "big5"),
        (KOREAN, "cp949"),
        ("<rss>" + "העבודה משתנה מהר מאוד. " * 5 + "</rss>", "windows-1255"),
        ("<rss>Überall Äpfel für Köln, Málaga y Ángel — çà et là.</rss>", "windows-1252"),
    ],
)
def test_an_undeclared_encoding_is_guessed(text: str, codec: str) -> None:
    assert decode(text.encode(codec)).text == text


@pytest.mark.fault(32)
@pytest.mark.fault(32)
def test_c1_controls_are_the_western_characters_that_were_meant() -> None:
    assert decode("<rss>it\x92s \x80 5</rss>".encode()).text == "<rss>it\u2019s € 5</rss>"


def test_text_that_was_encoded_twice_is_decoded_twice() -> None:
    text = "<rss>Grüße aus Köln \u2013 “früh” übermorgen</rss>"
    assert decode(text.encode().decode("windows-1252", "replace").replace("\ufffd", "\x9d").encode()).text == text


def test_text_that_was_encoded_once_stays() -> None:
    text = "<rss>Ã is a letter; so are Â and é, à, ü</rss>"
    assert decode(text.encode()).text == text


@given(st.binary(max_size=300), st.one_of(st.none(), st.text(max_size=40).map("text/xml; charset={}".format)))
def test_it_never_fails(body: bytes, content_type: str | None) -> None:
    assert isinstance(decode(body, content_type).text, str)


@needs_corpus
@pytest.mark.fault(32)
def test_the_encoding_tests_of_feedparser(tmp_path: Path) -> None:
    """Every text of them is right; only names of encodings, and what counts as well-formed, may differ."""
    fails = tmp_path / "fails.jsonl"
    scorer = CORPUS / "corpus" / "score.py"
    command = [sys.executable, str(scorer), "--project", str(ROOT), "--suite", "feedparser-encoding"]
    subprocess.run([*command, "--fails", str(fails)], capture_output=True, check=True)
    wrong = [json.loads(line) for line in fails.read_text("utf-8").splitlines()]
    # bozo_linenoise: bytes that are no text in any encoding
    texts = [
        case for _, case, field, *_ in wrong if field not in ("encoding", "wellformed") and "linenoise" not in case
    ]
    assert texts == []


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + TEXT.encode(),
        TEXT.encode().decode("windows-1252").encode(),
        "<rss>it\x92s naïve, a café — “déjà vu</rss>".encode().decode("windows-1252").encode(),
        "<rss>it\x92s, caf\u00e9</rss>".encode(),
        b"<rss>" + b"a\n<p>" * 9 + "naïve — café".encode().decode("windows-1252").encode() + b"</rss>",
    ],
    ids=["mark", "twice", "twice with controls", "controls", "few"],
)
def test_the_bytes_that_are_handed_on_are_those_of_the_text(body: bytes) -> None:
    decoded = decode(body)
    assert decoded.utf8 is not None
    assert decoded.utf8.decode() == decoded.text
    assert not re.search("[\x80-\x84\x86-\x9f]", decoded.text)
