"""feeds.yaml on disk: written whole or not at all, its mode and a link that leads to it kept."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from aggregator.errors import ConfigError, Problem


def save(path: Path, before: bytes, after: bytes) -> None:
    """Put `after` in the place of `before` in the file at `path`, in one step.

    Raises ConfigError, the file untouched, when it no longer holds `before` (somebody saved it meanwhile) or cannot be
    written.
    """
    target = path.resolve()
    try:
        if target.read_bytes() != before:
            raise ConfigError(Problem(str(path), 0, 0, "was saved by somebody else just now; nothing was changed"))
        if after != before:
            _replace(target, after)
    except OSError as error:
        message = f"cannot be written: {error.strerror}; nothing was changed"
        raise ConfigError(Problem(str(path), 0, 0, message)) from error


def _replace(target: Path, data: bytes) -> None:
    there = target.stat()
    if not os.access(target, os.W_OK):  # a rename would get around it
        raise PermissionError(13, "it is write-protected")
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(OSError):  # only the superuser may give files away
            os.chown(temporary, there.st_uid, there.st_gid)
        Path(temporary).chmod(stat.S_IMODE(there.st_mode))
        Path(temporary).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
