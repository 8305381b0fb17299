"""Keys that a valid file may hold but that do nothing on this machine yet: said aloud, never passed over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec

from aggregator.records import Config


def _is_there(package: str) -> bool:
    return find_spec(package) is not None


def without_effect(config: Config, has: Callable[[str], bool] = _is_there) -> Iterator[str]:
    """One line for each such key that the file uses; `has` says whether a package is installed."""
    wanted = [source.line for source in config.sources if source.full_text]
    if wanted and not has("trafilatura"):
        place = f"{config.path.name}:{min(wanted)}"
        yield f"{place}: `full_text` needs one more package: pip install 'fow-aggregator[fulltext]'"
