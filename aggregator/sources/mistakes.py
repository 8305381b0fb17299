"""What is wrong with the content of feeds.yaml, each mistake in one line with its place: pydantic's findings, in words.

An unknown key is most often a slip of the finger or a word from another program: say which one was meant.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from aggregator.entries.conditions import FilterError
from aggregator.errors import Problem
from aggregator.sources import values
from aggregator.sources.model import AtKey, Defaults, DigestKeys, FeedsFile, Part, RuleLine, SeriesKeys, SourceLine
from aggregator.sources.plain import Keys
from aggregator.sources.yaml import Document, Path

_HOMES: dict[type[Part], str] = {
    FeedsFile: "the top of the file",
    Defaults: "a source or `defaults:`",
    SourceLine: "a source",
    DigestKeys: "`digest:`",
    SeriesKeys: "a series under `digests:`",
    RuleLine: "a rule under `filters:`",
}
_SAID = {
    **dict.fromkeys(("model_type", "dict_type", "model_attributes_type"), "must be a map of `key: value`"),
    **dict.fromkeys(("list_type", "tuple_type"), "must be a list (lines that begin with `- `)"),
    **dict.fromkeys(("int_type", "int_from_float"), "must be a whole number"),
    "float_type": "must be a number",
    "bool_type": "must be true or false",
}
_MEANT = {
    "feeds": "sources", "urls": "sources", "blogs": "sources", "feed": "url", "href": "url", "xmlurl": "url",
    "xml_url": "url", "name": "title", "interval": "every", "refresh": "every", "poll": "every", "frequency": "every",
    "tz": "timezone", "time_zone": "timezone", "category": "tags", "categories": "tags", "max": "at_most",
    "limit": "at_most", "disabled": "paused", "database": "store", "db": "store", "time": "at", "email": "mail_to",
    "minutes": "read_in", "rules": "filters", "include": "keep", "exclude": "drop", "hide": "drop", "if": "when",
    "weight": "score", "password": "auth", "user": "auth", "user_agent": "contact", "opml": "reading_lists",
    "weekdays": "days",
}  # fmt: skip


def judged(data: Any, document: Document, file: str) -> tuple[Keys, list[Problem]]:
    """The keys that were written, in their long form `data`; or what is wrong, each with its place in the document."""
    try:
        return FeedsFile.model_validate(data).model_dump(exclude_unset=True), []
    except ValidationError as error:
        return {}, [_problem(found, document, file) for found in error.errors(include_url=False)]


def _problem(found: Any, document: Document, file: str) -> Problem:
    path, reason = _real_path(found["loc"], document), found.get("ctx", {}).get("error")
    if isinstance(reason, AtKey):
        path += tuple(reason.key.split("."))
    kind = found["type"]
    if kind == "extra_forbidden":
        place = document.key_at(path)
        return Problem(file, place.line, place.column, _unknown_key(path))
    place = document.key_at(path) if "[key]" in found["loc"] else document.value_at(path)
    column, said = place.column, _in_words(kind, found)
    if isinstance(reason, FilterError):
        inside = document.column_in(path, str(found["input"]), reason.column - 1)
        column, said = (inside, reason.message) if inside else (column, said)
        said += _comment_hint(reason)
    subject = "" if "[key]" in found["loc"] or kind == "missing" else _subject(path)
    return Problem(file, place.line, column, f"{subject}{said}")


def _real_path(location: tuple[str | int, ...], document: Document) -> Path:
    """pydantic's path without its own marks, and without the `sources` that a bare list does not have."""
    path = tuple(step for step in location if step != "[key]")
    return path[1:] if isinstance(document.data, list) and path[:1] == ("sources",) else path


def _subject(path: Path) -> str:
    names = [step for step in path if isinstance(step, str)]
    if not names:
        return ""
    return f"`{names[-1][:60]}`: " if names[-1] not in ("sources", "filters") or len(path) == 1 else ""


def _in_words(kind: str, found: Any) -> str:
    given = found["input"]
    if kind == "value_error":
        return str(found["ctx"]["error"])
    if kind == "missing":
        return f"`{found['loc'][-1]}` is missing here"
    if kind == "literal_error":
        return _one_of(str(found["ctx"]["expected"]).replace("'", ""), given)
    if kind in ("greater_than_equal", "less_than_equal"):
        return "must be from 1 to 1000"
    if kind == "model_type" and len(found["loc"]) == 2 and found["loc"][0] == "sources":
        return f"a source is an address or a map with `url:`, and here it is {_shown(given)}"
    return _of_a_kind(kind, found)


def _of_a_kind(kind: str, found: Any) -> str:
    """A value of the wrong kind: what it must be, what it is, and the slip that makes it so."""
    given = found["input"]
    if kind == "list_type" and isinstance(given, str) and (written := given.strip("- ")) and given.startswith("-"):
        return f"a space is missing after the `-`: `- {written.split()[0][:200]}`"
    said = _SAID.get(kind) or str(found["msg"]).replace("Input should be", "must be")
    return said + (f", and here it is {_shown(given)}{_hint(kind, given)}" if kind in _SAID else "")


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return f"the text `{value[:40]}`" if isinstance(value, str) else values.kind_of(value)


def _hint(kind: str, value: object) -> str:
    """What was meant: a source without its dash, a word that stands for true or false elsewhere."""
    if kind == "list_type" and isinstance(value, dict) and value:
        return f"; is the `- ` before `{next(iter(value))}` missing?"
    word = value.lower() if isinstance(value, str) else ""
    if word in ("yes", "on", "true"):
        return "; did you mean true?"
    return "; did you mean false?" if word in ("no", "off", "false") else ""


def _one_of(expected: str, given: object) -> str:
    close = values.close_to(str(given), expected.replace(" or ", ", ").split(", "))
    return f"must be {expected}" + (f"; did you mean `{close}`?" if close else "")


def _comment_hint(reason: FilterError) -> str:
    """In YAML ` #` begins a comment, and so an unquoted condition may be cut in the middle of a quoted value."""
    if "never closed" not in reason.message:
        return ""
    return " (if a ` #` follows, it begins a comment: put the whole condition in quotes)"


def _unknown_key(path: Path) -> str:
    key, model = str(path[-1]), _model_at(path[:-1])
    meant = _MEANT.get(key.lower())
    close = meant if meant in model.model_fields else values.close_to(key, model.model_fields)
    if key.lower() in model.model_fields or close:
        return f"unknown key `{key[:60]}`; did you mean `{close or key.lower()}`?"
    for other, where in _HOMES.items():
        if (meant or key) in other.model_fields:
            return f"`{key}` does not stand here; it belongs to {where}"
    return f"unknown key `{key[:60]}`; known here: {', '.join(model.model_fields)}"


def _model_at(path: Path) -> type[Part]:
    """The model whose keys stand at `path`."""
    match path:
        case (*_, "filters", int()):
            return RuleLine
        case ("defaults",):
            return Defaults
        case ("digest",):
            return DigestKeys
        case ("digests", _):
            return SeriesKeys
        case ("sources", int()) | (int(),):
            return SourceLine
        case _:
            return FeedsFile
