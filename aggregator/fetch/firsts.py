"""What `check --online` and `add` have fetched, kept for an hour: the first poll takes it, and asks nothing again.

A file a feed beside the store. It is a courtesy, no state: a file that cannot be written or read is a request more.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import tempfile
from dataclasses import asdict
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from aggregator.records import Config, Redirect, Response

FRESH = timedelta(hours=1)


class Firsts:
    """First answers of sources that no pass has polled yet; `folder` None keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    @classmethod
    def of(cls, config: Config) -> Firsts:
        """Those of a configuration: in `first/` beside its store's file."""
        return cls(None if "://" in config.store else Path(config.store).parent / "first")

    def put(self, url: str, response: Response, now: datetime) -> None:
        """Keep the answer that a source's address gave just now, for its first poll."""
        if self._folder is None:
            return
        data = {"at": now.isoformat(), "body": base64.b64encode(response.body).decode("ascii")}
        rest = {name: value for name, value in asdict(response).items() if name != "body"}
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(dir=self._folder)  # readable for nobody else
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(rest | data, file)
            Path(temporary).replace(self._path(url))

    def get(self, url: str, now: datetime, *, take: bool) -> Response | None:
        """The answer that is kept for this address, if it is of the last hour; `take` lets go of it."""
        if self._folder is None:
            return None
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            path = self._path(url)
            kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if take:
                path.unlink()
                self._sweep()
            if timedelta(0) <= now - datetime.fromisoformat(kept["at"]) <= FRESH:
                hops = tuple(Redirect(**hop) for hop in kept["redirects"])
                return Response(kept["url"], kept["status"], kept["headers"], base64.b64decode(kept["body"]), hops)
        return None

    def _path(self, url: str) -> Path:
        return Path(self._folder or ".") / f"{sha256(url.encode()).hexdigest()[:32]}.json"

    def _sweep(self) -> None:
        """The folder goes with its last file."""
        if self._folder is not None:
            with contextlib.suppress(OSError):
                self._folder.rmdir()


NOTHING = Firsts(None)
"""Keeps nothing, has nothing."""
