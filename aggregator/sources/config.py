"""feeds.yaml -> Config: every key checked, defaults applied, paths resolved, and every mistake told at once."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from aggregator.errors import ConfigError, Problem
from aggregator.records import Config, Rule, Series, Source, WordList
from aggregator.sources import storage, values, zone
from aggregator.sources.plain import Keys, keys_of
from aggregator.sources.text import MAX_BYTES
from aggregator.sources.together import problems_together
from aggregator.sources.yaml import Document, parse
from aggregator.sources.yaml import Path as DataPath

Value = TypeVar("Value")
MOST_SHOWN = 200  # mistakes of a file


def load(path: Path) -> Config:
    """Read the file at `path`, and see whether a folder `templates` stands beside it.

    Raises ConfigError with all its mistakes, or with one line if it cannot be read.
    """
    config = read(_bytes_of(path), path, environ=os.environ)
    templates = config.path.parent / "templates"
    return replace(config, templates=templates) if templates.is_dir() else config


def read(data: bytes, path: Path, *, environ: Mapping[str, str]) -> Config:
    """The configuration that `data`, the content of `path`, holds; relative paths are relative to its folder.

    `environ` gives `AGGREGATOR_STORE`, `AGGREGATOR_OUTPUT`, `AGGREGATOR_LINK`, `AGGREGATOR_TIMEZONE`, which override
    the file, and `TZ`. Raises ConfigError with every mistake, in file order.
    """
    file = path.name
    document = parse(data, file)
    problems = [*document.problems, *problems_together(document, file)]
    data = _as_map(document, file)
    keys = keys_of(data)
    if keys is None:
        from aggregator.sources.mistakes import judged  # noqa: PLC0415 (pydantic takes longer than all else)

        keys, found = judged(data, document, file)
        problems += found
    overrides = _Overrides(environ, problems)
    wanted = _from_environment(overrides)
    if problems:
        raise ConfigError(*_in_order(problems))
    return _config(keys, document, path, wanted, environ)


def _in_order(problems: list[Problem]) -> list[Problem]:
    """In file order, without repetition; of very many the first, and how many more there are."""
    ordered = sorted(dict.fromkeys(problems), key=lambda problem: (problem.line, problem.column))
    if len(ordered) <= MOST_SHOWN:
        return ordered
    rest = Problem(ordered[0].file, 0, 0, f"and {len(ordered) - MOST_SHOWN:,} more mistakes")
    return [*ordered[:MOST_SHOWN], rest]


def _bytes_of(path: Path) -> bytes:
    try:
        # Not to wait for ever on a pipe that nobody writes to.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ConfigError(Problem(str(path), 0, 0, "this is not a file that can be read"))
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(
            Problem(str(path), 0, 0, "there is no such file; `aggregator init` writes a starter one")
        ) from None
    except IsADirectoryError:
        raise ConfigError(Problem(str(path), 0, 0, "this is a folder; name the file in it")) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError(Problem(str(path), 0, 0, f"cannot be read: {reason}")) from None


def _as_map(document: Document, file: str) -> Any:
    """The data in its long form: a bare list is the list of sources."""
    if document.data is None or isinstance(document.data, dict):
        return document.data or {}
    if isinstance(document.data, list):
        return {"sources": document.data}
    place = document.value_at(())
    what = values.kind_of(document.data)
    message = f"this file must hold lines `- ADDRESS`, or keys such as `sources:`, and it is {what}"
    raise ConfigError(Problem(file, place.line, place.column, message))


class _Overrides:
    """What the environment sets; mistakes in it are told beside those of the file."""

    def __init__(self, environ: Mapping[str, str], problems: list[Problem]) -> None:
        self._environ = environ
        self._problems = problems

    def get(self, name: str, reading: Callable[[object], Value]) -> Value | None:
        """The variable read as a value of its kind; None if it is not set, or wrong."""
        written = self._environ.get(name, "").strip()
        if not written:
            return None
        try:
            return reading(written)
        except ValueError as error:
            self._problems.append(Problem(name, 0, 0, str(error)))
            return None


def _from_environment(overrides: _Overrides) -> dict[str, Any]:
    return {
        "store": overrides.get("AGGREGATOR_STORE", storage.store_anywhere),
        "output": overrides.get("AGGREGATOR_OUTPUT", values.text),
        "link": overrides.get("AGGREGATOR_LINK", values.home),
        "timezone": overrides.get("AGGREGATOR_TIMEZONE", lambda name: zone.zone_named(str(name))),
    }


def _config(keys: Keys, document: Document, path: Path, wanted: dict[str, Any], environ: Mapping[str, str]) -> Config:
    here = Path(os.path.abspath(path))  # noqa: PTH100 (without following links: the folder is where the name stands)
    store = wanted["store"] or keys.get("store", "data/aggregator.db")
    plain: Keys = {name: keys[name] for name in ("title", "contact", "hub", "callback", "notify") if name in keys}
    if link := wanted["link"] or keys.get("link"):
        plain["link"] = link
    return Config(
        path=here,
        output=_resolved(here, wanted["output"] or keys.get("output", "public")),
        store=store if "://" in store else str(_resolved(here, store)),
        timezone=wanted["timezone"] or keys.get("timezone") or zone.machine_zone(environ),
        digest=_series("", keys.get("digest", {})),
        digests=tuple(_series(name, own) for name, own in keys.get("digests", {}).items()),
        topics=tuple(WordList(name, patterns) for name, patterns in keys.get("topics", {}).items()),
        lenses=tuple(WordList(name, patterns) for name, patterns in keys.get("lenses", {}).items()),
        interests=tuple(keys.get("interests", {}).items()),
        filters=_rules(keys.get("filters", []), document, ("filters",)),
        sources=tuple(_sources(keys, document, here)),
        reading_lists=tuple(keys.get("reading_lists", [])),
        usual=Source("", **_usual(keys, document, here)),
        **plain,
    )


def _resolved(here: Path, written: str) -> Path:
    return Path(os.path.abspath(here.parent / Path(written).expanduser()))  # noqa: PTH100


def _series(name: str, keys: Keys) -> Series:
    series = Series(name, **{key: value for key, value in keys.items() if key != "mail_to"})
    return replace(series, mail_to=tuple(keys.get("mail_to", ())))


def _rules(lines: list[Keys], document: Document, path: DataPath) -> tuple[Rule, ...]:
    return tuple(_rule(line, document.value_at((*path, index)).line) for index, line in enumerate(lines))


def _rule(line: Keys, number: int) -> Rule:
    if "drop" in line:
        return Rule("drop", line["drop"], line=number)
    if "keep" in line:
        return Rule("keep", line["keep"], line=number)
    if "tag" in line:
        return Rule("tag", line["when"], line["tag"], number)
    return Rule("score", line["when"], f"{line['score']:g}", number)


def _usual(keys: Keys, document: Document, here: Path) -> Keys:
    return _keys_of(keys.get("defaults", {}), document, ("defaults",), here)


def _sources(keys: Keys, document: Document, here: Path) -> Iterator[Source]:
    usual = _usual(keys, document, here)
    prefix: DataPath = () if isinstance(document.data, list) else ("sources",)
    for index, line in enumerate(keys.get("sources", [])):
        path = (*prefix, index)
        yield Source(**{**usual, **_keys_of(line, document, path, here)}, line=document.value_at(path).line)


def _keys_of(line: Keys, document: Document, path: DataPath, here: Path) -> Keys:
    """The keys that were written, as `Source` holds them."""
    keys = dict(line)
    if "headers" in keys:
        keys["headers"] = tuple(line["headers"].items())
    if "filters" in keys:
        keys["filters"] = _rules(line["filters"], document, (*path, "filters"))
    if "proxy" in keys:
        keys["proxy"] = line["proxy"] or None
    if line.get("auth", "").startswith("file:"):
        keys["auth"] = f"file:{_resolved(here, line['auth'].removeprefix('file:'))}"
    return keys
