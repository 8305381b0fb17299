"""The house keeps its shape: floors, doors, pure leaves, sizes; and every module has its test."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "aggregator"
MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))

# The floor of a folder or a file; a module imports from lower floors and from its own folder.
FLOORS = {
    "__init__.py": 0,
    "polling": 0,  # each file of it has its own
    "workers": 0,  # each file of it has its own
    "public": 0,  # each file of it has its own
    "serving": 0,  # each file of it has its own
    "hubs": 0,  # each file of it has its own
    "discovery": 0,  # each file of it has its own
    "upkeep": 0,  # each file of it has its own
    "errors.py": 0,
    "batched.py": 0,
    "records": 0,
    "urls.py": 1,
    "polling/robots.py": 1,
    "datewords.py": 0,
    "dates.py": 1,
    "markup.py": 1,
    "images.py": 1,
    "html.py": 2,
    "polling/cadence.py": 2,
    "polling/health.py": 2,
    "polling/memory.py": 3,
    "hubs/websub.py": 3,
    "polling/due.py": 4,
    "entries": 3,
    "digest": 4,
    "render": 4,
    "sources": 5,
    "fetch": 5,
    "store": 5,
    "store/rows.py": 4,  # pure: what is read is packed where it is read
    "store/packing.py": 3,
    "parse": 5,
    "report.py": 1,
    "polling/outages.py": 1,
    "polling/patience.py": 1,
    "polling/rhythm.py": 1,
    "discovery/discover.py": 5,
    "publish": 6,
    "pipeline.py": 6,
    "discovery/finding.py": 7,
    "polling/reading_lists.py": 7,
    "ledger.py": 6,
    "sealing.py": 7,
    "polling/full_text.py": 6,
    "polling/gaps.py": 8,
    "public/members.py": 6,
    "upkeep/idle.py": 6,
    "upkeep/heap.py": 6,
    "polling/reread.py": 6,
    "polling/backlog.py": 6,
    "search.py": 6,
    "polling/survey.py": 6,
    "polling/lanes.py": 7,
    "polling/recorder.py": 7,
    "public/archives.py": 7,
    "public/paged.py": 6,
    "public/river.py": 7,
    "public/statuses.py": 7,
    "public/year.py": 7,
    "public/outputs.py": 8,
    "public/publication.py": 9,
    "upkeep/recovery.py": 7,
    "polling/network.py": 7,
    "serving/asked.py": 7,
    "serving/copies.py": 7,
    "hubs/callback.py": 7,
    "hubs/subscriber.py": 8,
    "publish/deliver.py": 7,
    "publish/notices.py": 7,
    "scheduler.py": 8,
    "serving/supervisor.py": 8,
    "serving/metrics.py": 8,
    "serving/serve.py": 8,
    "passes.py": 10,
    "app.py": 11,
    "upkeep/doctor.py": 10,
    "discovery/online.py": 8,
    "upkeep/proposals.py": 4,
    "service.py": 12,
    "workers/shards.py": 8,
    "workers/hands.py": 7,
    "workers/sessions.py": 8,
    "workers/worker.py": 9,
    "cli": 13,
    "__main__.py": 14,
}
# library -> the only places that may import it
DOORS = {
    "smtplib": {"publish/mail.py"},
    "feedparser": {"parse/tolerant.py"},
    "trafilatura": {"parse/article.py"},
    "feedgen": {"render/feed.py"},
    "apscheduler": {"scheduler.py"},
    "httpx": {"fetch/unusual.py"},
    "httpcore": {"fetch"},
    "starlette": {"serving/serve.py"},
    "uvicorn": {"serving/serve.py"},
    "nh3": {"html.py"},
    "yaml": {"sources/yaml.py"},
    "click": {"cli"},
    "rich": {"cli/progress.py"},
    "sqlite3": {"store"},
    "jinja2": {"render/site.py"},
    "psycopg": {"store/session.py"},
    "backports": {"store/packing.py"},
    "compression": {"store/packing.py"},
    "procrastinate": {"workers/worker.py"},
    "subprocess": {"parse/pool.py", "publish/command.py"},
    "pickle": {"parse/pool.py", "parse/worker.py"},
    "multiprocessing": {"parse/pool.py", "parse/worker.py"},
    "fcntl": {"store/lock.py"},
    "ctypes": {"upkeep/heap.py"},
    "socket": {
        *("fetch", "serving/serve.py", "serving/supervisor.py"),
        *("workers/sessions.py", "cli/run.py", "store/session.py"),
    },
}
# inner parts of a room that are tested through its door
THROUGH = {
    "cli/ruled.py": "cli_check",
    "cli/replay.py": "cli_publish",
    "render/issue.py": "render_digest",
    "render/markdown.py": "render_digest",
    "render/text.py": "render_digest",
    "render/words.py": "render_digest",
    "render/site.py": "render_pages",
    "render/merged.py": "render_feed",
    "fetch/failures.py": "fetch_client",
    "polling/lanes.py": "pipeline",
    "store/fts.py": "store_search",
    "store/tsvector.py": "store_search",
    "store/store.py": "store_sqlite",
    "hubs/callback.py": "hubs_subscriber",
    "entries/phrases.py": "entries_boilerplate",
    "entries/recognition.py": "entries_match",
    "entries/identity.py": "entries_normalize",
    "entries/rewritten.py": "floods",
    "entries/stems.py": "entries_terms",
    "store/gaps.py": "polling_gaps",
    "public/archives.py": "public_publication",
    "store/schema.py": "store_sqlite",
    "store/session.py": "store_postgres",
    "sources/storage.py": "sources_values",
    "store/opening.py": "cli_move",
    "cli/worker.py": "workers_worker",
    "cli/voice.py": "cli_run",
    "sealing.py": "ledger",
    "serving/asked.py": "serving_serve",
    "fetch/transport.py": "fetch_client",
    "fetch/unusual.py": "fetch_address",
    "datewords.py": "dates",
    "sources/text.py": "sources_yaml",
    "sources/addresses.py": "sources_values",
    "digest/rising.py": "digest_trends",
    "digest/stopwords.py": "digest_trends",
    "sources/mistakes.py": "sources_config",
    "sources/together.py": "sources_config",
    "cli/rewrite.py": "cli_edit",
    "sources/layout.py": "sources_edit",
    "sources/insertion.py": "sources_edit",
    "sources/removal.py": "sources_edit",
    "sources/replacement.py": "sources_edit",
    "parse/worker.py": "parse_pool",
    "parse/document.py": "parse_pool",
}
PURE_FLOOR = 4
IMPURE = {"os", "socket", "sqlite3", "logging", "random", "subprocess", "tempfile", "threading", "asyncio", "time"}
CLOCKS = {"now", "utcnow", "today"}


@functools.cache
def _tree_of(module: str) -> ast.Module:
    return ast.parse((PACKAGE / module).read_text(encoding="utf-8"))


def _floor(module: str) -> int:
    return FLOORS[module] if module in FLOORS else FLOORS[module.split("/", maxsplit=1)[0]]


@functools.cache
def _imports(module: str) -> tuple[str, ...]:
    """Every module that is imported, at the top or inside a function; not what only the type checker sees."""
    return tuple(_all_imports(module))


def _all_imports(module: str) -> Iterator[str]:
    hidden = {
        id(inner)
        for node in ast.walk(_tree_of(module))
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(_tree_of(module)):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _own(name: str) -> str | None:
    """The file of this package that an import names."""
    parts = name.split(".")
    if parts[0] != "aggregator":
        return None
    path = "/".join(parts[1:])
    return next((f for f in (f"{path}.py", f"{path}/__init__.py") if path and (PACKAGE / f).is_file()), None)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_from_lower_floors_and_its_own_folder(module: str) -> None:
    folder = module.rpartition("/")[0]
    for name in _imports(module):
        target = _own(name)
        if target is None or target == "__init__.py":
            continue
        same_folder = folder != "" and target.rpartition("/")[0] == folder and target not in FLOORS
        assert same_folder or _floor(target) < _floor(module), f"{module} must not import {target}"


@pytest.mark.parametrize("library", sorted(DOORS))
def test_a_library_has_one_door(library: str) -> None:
    users = {module for module in MODULES if library in {name.split(".")[0] for name in _imports(module)}}
    strangers = {user for user in users if user not in DOORS[library] and user.split("/")[0] not in DOORS[library]}
    assert not strangers
    assert users, f"nothing uses {library}: take its door away"


@pytest.mark.parametrize("module", [m for m in MODULES if _floor(m) <= PURE_FLOOR])
def test_the_lower_floors_are_pure(module: str) -> None:
    assert not {name.split(".")[0] for name in _imports(module)} & IMPURE
    for node in ast.walk(_tree_of(module)):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            assert called not in CLOCKS | {"open", "print"}, f"{module}:{node.lineno} calls {called}"
        assert not isinstance(node, ast.AsyncFunctionDef | ast.Global)


@pytest.mark.parametrize("module", MODULES)
def test_it_fits_in_the_eye(module: str) -> None:
    lines = len((PACKAGE / module).read_text(encoding="utf-8").splitlines())
    assert lines <= 300
    for node in ast.walk(_tree_of(module)):
        if isinstance(node, ast.FunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= 50, f"{module}:{node.lineno} {node.name} has {length} lines"


@pytest.mark.parametrize(
    "module",
    [m for m in MODULES if not m.endswith("__.py") and not m.startswith(("records/", "report.py"))],
)
def test_every_module_has_its_test(module: str) -> None:
    name = f"test_{THROUGH.get(module) or module.removesuffix('.py').replace('/', '_')}.py"
    assert (ROOT / "tests" / name).is_file(), f"tests/{name} is missing"


def test_one_place_catches_source_errors() -> None:
    places = [
        module
        for module in MODULES
        for node in ast.walk(_tree_of(module))
        if isinstance(node, ast.ExceptHandler) and node.type is not None and "SourceError" in ast.unparse(node.type)
    ]
    assert places == ["pipeline.py"]


def test_the_picture_names_every_file() -> None:
    picture = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    missing = [
        module for module in MODULES if not module.endswith("__init__.py") and module.split("/")[-1] not in picture
    ]
    assert not missing
