from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from aggregator.sources.model import Defaults, DigestKeys, FeedsFile, RuleLine, SeriesKeys, SourceLine, schema

ROOT = Path(__file__).parent.parent
SECTIONS = {
    "The top of the file": set(FeedsFile.model_fields),
    "Sources": set(SourceLine.model_fields),
    "Digest": set(DigestKeys.model_fields),
    "Digests": set(SeriesKeys.model_fields) - set(DigestKeys.model_fields),
    "Filters": set(RuleLine.model_fields),
}


def keys_in(section: str) -> set[str]:
    """The first cells of the first table of a section of the manual."""
    text = (ROOT / "docs/configuration.md").read_text("utf-8")
    _, _, body = text.partition(f"\n## {section}\n")
    table = re.search(r"^\| Key \|.*?(?:\n\n|\Z)", body.partition("\n## ")[0], re.MULTILINE | re.DOTALL)
    assert table, section
    return set(re.findall(r"^\| `(\w+)` \|", table[0], re.MULTILINE))


def test_the_manual_names_every_key_and_no_other() -> None:
    assert {section: keys_in(section) for section in SECTIONS} == SECTIONS


def test_the_schema_that_editors_use_is_that_of_the_model() -> None:
    written = (ROOT / "aggregator/feeds.schema.json").read_text("utf-8")
    assert written == json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def objects_in(part: Any) -> list[dict[str, Any]]:
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else []
    found = [each for item in inner for each in objects_in(item)]
    return [part, *found] if isinstance(part, dict) and "properties" in part else found


def test_every_key_of_the_schema_is_described_and_no_other_is_allowed() -> None:
    models = {FeedsFile, Defaults, SourceLine, DigestKeys, SeriesKeys, RuleLine}
    objects = objects_in(schema())
    assert len(objects) == len(models)
    for each in objects:
        assert each["additionalProperties"] is False
        for name, key in each["properties"].items():
            assert key.get("description"), name


def test_the_schema_writes_defaults_as_the_file_does() -> None:
    keys = schema()["$defs"]
    assert keys["SourceLine"]["properties"]["every"]["default"] == "1h"
    assert keys["DigestKeys"]["properties"]["at"]["default"] == "07:00"
    assert keys["SeriesKeys"]["properties"]["days"]["default"][0] == "mon"
