"""Time zones: by name, and the machine's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

_UTC = "UTC"
_FORM = "write it as the tz database does, such as Europe/Berlin, or UTC"


def zone_named(name: str) -> ZoneInfo:
    """The time zone of the tz database. Raises ValueError with a suggestion where there is none of that name."""
    found = _zone(name)
    if found is None:
        raise ValueError(f"there is no time zone `{name[:60]}`; {_suggestion(name)}")
    return found


def machine_zone(environ: Mapping[str, str], root: Path = Path("/")) -> ZoneInfo:
    """The zone this machine is set to: `TZ`, the link `etc/localtime`, the file `etc/timezone` under `root`, else UTC.

    A `TZ` that is a rule (`CET-1CEST`) and not a name says too little about past and future days and is passed over.
    """
    for name in (_after_zoneinfo(environ.get("TZ", "").removeprefix(":")), *_named_by_files(root)):
        found = _zone(name) if name else None
        if found:
            return found
    return ZoneInfo(_UTC)


def _named_by_files(root: Path) -> list[str]:
    names = []
    with suppress(OSError):
        names.append(_after_zoneinfo(str((root / "etc/localtime").readlink())))
    with suppress(OSError, ValueError):
        names.append(_after_zoneinfo((root / "etc/timezone").read_text("utf-8").strip()))
    return names


def _after_zoneinfo(path: str) -> str:
    """The name in a path such as `/usr/share/zoneinfo/Europe/Berlin`; other text is returned as it is."""
    return path.rpartition("zoneinfo/")[2]


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _suggestion(name: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 (most zones are written well)

    if re.fullmatch(r"[A-Z]{2,5}", name.strip()):  # CEST, PDT: which place that is cannot be told
        return _FORM
    known = {zone.casefold(): zone for zone in sorted(available_timezones())}
    wanted = name.strip().casefold().replace(" ", "_")
    cities = {folded.rpartition("/")[2]: zone for folded, zone in known.items()}
    for names in (known, cities):
        if close := get_close_matches(wanted, names, 1, 0.75):
            return f"did you mean `{names[close[0]]}`?"
    return _FORM
