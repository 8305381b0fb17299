"""The documents of the corpus's generator: none hangs or crashes, and what they bring is as harmless as anything."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from aggregator.errors import ParseError
from aggregator.parse.pool import Pool
from tests import watched
from tests.corpus import ROOT as CORPUS
from tests.corpus import needs_corpus
from tests.makers import NOW
from tests.test_hostile_markup import Output, kinds, tree, written
from tests.test_html import faults

pytestmark = [needs_corpus, pytest.mark.slow, pytest.mark.timeout(900)]
CAP = 5_000  # entries that are kept of one document


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[dict[str, Any], bytes]]:
    folder: Path = tmp_path_factory.mktemp("generated")
    subprocess.run([sys.executable, CORPUS / "corpus/hostile/gen.py", "--out", folder], check=True, capture_output=True)
    rows = [json.loads(line) for line in (folder / "index.jsonl").read_text("utf-8").splitlines()]
    plain = [row for row in rows if row["class"] not in {"http", "zip"}]  # those are for the parts that fetch
    return [(row, (folder / row["file"]).read_bytes()) for row in plain]


def test_each_document_is_read_or_refused_as_it_must_be(documents: list[tuple[dict[str, Any], bytes]]) -> None:
    pool, wrong = Pool(), []
    try:
        for row, body in documents:
            wanted = {rule for rule in row["must"] if rule in {"reject", "recover"} or rule.startswith("entries=")}
            content_type = row["headers"].get("Content-Type")
            try:
                feed, entries = pool.run(watched.read, body, content_type, NOW)
            except ParseError as error:
                assert str(error).isprintable()
                if wanted - {"reject"} and "a fault of this program" not in str(error):
                    wrong.append((row["name"], str(error)))
                assert "a fault of this program" not in str(error), row["name"]
                continue
            found = len(entries) + feed.left_out
            for rule in wanted:
                least = int(rule.removeprefix("entries=")) if "=" in rule else int(rule == "recover")
                if rule == "reject" or found < least:
                    wrong.append((row["name"], f"{rule}: {found}"))
            wrong += [
                (row["name"], fault) for entry in entries for fault in faults(entry.content) + faults(entry.summary)
            ]
    finally:
        pool.close()
    assert wrong == []


def test_what_is_published_of_them_is_wellformed_and_runs_nothing(
    documents: list[tuple[dict[str, Any], bytes]],
) -> None:
    output = published([body for row, body in documents if len(body) < 2_000_000])
    for name, data in output.files.items():
        if name.endswith((".xml", ".opml")):
            etree.fromstring(data, etree.XMLParser(huge_tree=True))
        elif name.endswith(".json"):
            json.loads(data)
    found = [(name, kind) for name, page in output.pages() for kind in kinds(page)]
    own = [one for _, page in output.pages() for one in tree(page).iter("script", "form")]
    names = {(one.tag, str(one.get("src") or one.get("class")).rpartition("/")[2]) for one in own}
    assert names <= {("script", "river.js"), ("form", "seek")}
    assert {one.text for one in own if one.tag == "script"} <= {None}
    bad = ("<iframe>", "<object>", "<embed>", "<base>", "<math>")
    assert [one for one in found if one[1] in bad or " on" in one[1].partition("=")[0] or " address " in one[1]] == []


def published(bodies: list[bytes]) -> Output:
    return written({f"{number}": [""] for number in range(len(bodies))}, lambda n, _: [("feed", bodies[n])])
