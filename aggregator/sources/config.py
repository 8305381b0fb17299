"""feeds.yaml -> Config: every key checked, defaults applied, paths resolved, and every mistake told at once."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from aggregator.errors import ConfigError, Problem
from aggregator.records import Config, Rule, Series, Source, WordList
from aggregator.sources import storage, values, zone
from aggregator.sources.mistakes import in_order, problems_in
from aggregator.sources.model import Defaults, DigestKeys, FeedsFile, RuleLine, SeriesKeys, schema
from aggregator.sources.text import MAX_BYTES
from aggregator.sources.together import problems_together
from aggregator.sources.yaml import Document, parse
from aggregator.sources.yaml import Path as DataPath

__all__ = ["load", "read", "schema"]

Value = TypeVar("Value")


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
    parsed = None
    try:
        parsed = FeedsFile.model_validate(_as_map(document, file))
    except ValidationError as error:
        problems += problems_in(error, document, file)
    overrides = _Overrides(environ, problems)
    wanted = _from_environment(overrides)
    if problems or parsed is None:
        raise ConfigError(*in_order(problems))
    return _config(parsed, document, path, wanted, environ)


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


def _config(
    parsed: FeedsFile, document: Document, path: Path, wanted: dict[str, Any], environ: Mapping[str, str]
) -> Config:
    here = Path(os.path.abspath(path))  # noqa: PTH100 (without following links: the folder is where the name stands)
    store = wanted["store"] or parsed.store
    prefix: DataPath = () if isinstance(document.data, list) else ("sources",)
    return Config(
        path=here,
        output=_resolved(here, wanted["output"] or parsed.output),
        store=store if "://" in store else str(_resolved(here, store)),
        timezone=wanted["timezone"] or parsed.timezone or zone.machine_zone(environ),
        title=parsed.title,
        link=wanted["link"] or parsed.link,
        contact=parsed.contact,
        digest=_series("", parsed.digest),
        digests=tuple(_series(name, keys) for name, keys in parsed.digests.items()),
        topics=tuple(WordList(name, patterns) for name, patterns in parsed.topics.items()),
        lenses=tuple(WordList(name, patterns) for name, patterns in parsed.lenses.items()),
        interests=tuple(parsed.interests.items()),
        filters=_rules(parsed.filters, document, ("filters",)),
        sources=tuple(_sources(parsed, document, prefix, here)),
        reading_lists=tuple(parsed.reading_lists),
        usual=Source("", **_keys_of(parsed.defaults, document, ("defaults",), here)),
        hub=parsed.hub,
        callback=parsed.callback,
        notify=parsed.notify,
    )


def _resolved(here: Path, written: str) -> Path:
    return Path(os.path.abspath(here.parent / Path(written).expanduser()))  # noqa: PTH100


def _series(name: str, keys: DigestKeys) -> Series:
    series = Series(name, keys.at, keys.read_in, tuple(keys.mail_to))
    return replace(series, days=keys.days, tags=keys.tags) if isinstance(keys, SeriesKeys) else series


def _rules(lines: list[RuleLine], document: Document, path: DataPath) -> tuple[Rule, ...]:
    return tuple(_rule(line, document.value_at((*path, index)).line) for index, line in enumerate(lines))


def _rule(line: RuleLine, number: int) -> Rule:
    if line.drop is not None:
        return Rule("drop", line.drop, line=number)
    if line.keep is not None:
        return Rule("keep", line.keep, line=number)
    condition = line.when or ""
    if line.tag is not None:
        return Rule("tag", condition, line.tag, number)
    return Rule("score", condition, f"{line.score:g}", number)


def _sources(parsed: FeedsFile, document: Document, prefix: DataPath, here: Path) -> Iterator[Source]:
    usual = _keys_of(parsed.defaults, document, ("defaults",), here)
    for index, line in enumerate(parsed.sources):
        path = (*prefix, index)
        own = _keys_of(line, document, path, here)
        yield Source(url=line.url, **{**usual, **own}, line=document.value_at(path).line)


def _keys_of(line: Defaults, document: Document, path: DataPath, here: Path) -> dict[str, Any]:
    """The keys that were written, as `Source` holds them."""
    keys = {name: getattr(line, name) for name in line.model_fields_set if name != "url"}
    if "headers" in keys:
        keys["headers"] = tuple(line.headers.items())
    if "filters" in keys:
        keys["filters"] = _rules(line.filters, document, (*path, "filters"))
    if "proxy" in keys:
        keys["proxy"] = line.proxy or None
    if line.auth and line.auth.startswith("file:"):
        keys["auth"] = f"file:{_resolved(here, line.auth.removeprefix('file:'))}"
    return keys
