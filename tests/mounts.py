"""A small or read-only disk for a test: a mount of its own name space, which needs no root where that is allowed."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_ENTER = ["nsenter", "--user", "--mount", "--preserve-credentials", "--target"]


def _is_allowed() -> bool:
    if sys.platform != "linux" or not (shutil.which("unshare") and shutil.which("nsenter")):
        return False
    return subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode == 0


needs_mounts = pytest.mark.skipif(not _is_allowed(), reason="mounts of one's own (unshare -rm) are not allowed here")


class Disk:
    """A folder that is a disk of its own, as the processes started by `run` see it."""

    def __init__(self, folder: Path, holder: subprocess.Popen[str]) -> None:
        self.folder = folder
        self._holder = holder
        self.seen = Path(f"/proc/{holder.pid}/root{folder}")  # the same from outside

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command that sees the disk."""
        return subprocess.run(
            [*_ENTER, str(self._holder.pid), *command], capture_output=True, text=True, check=False, cwd=Path.cwd()
        )

    def program(self, feeds: Path, now: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the aggregator."""
        common = ["--config", str(feeds), "--now", now]
        return self.run(sys.executable, "-m", "aggregator", *common, *arguments)

    def fill(self, *, inodes: bool = False) -> Path:
        """Take all space, or all inodes; gives the folder to remove."""
        folder = self.seen / "filler"
        folder.mkdir()
        with contextlib.suppress(OSError):
            for number in range(100_000):
                (folder / str(number)).write_bytes(b"" if inodes else bytes(4096))
        return folder


@contextlib.contextmanager
def mounted(folder: Path, *commands: str) -> Iterator[Disk]:
    """A name space in which these commands were run; `{}` in them is the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    script = " && ".join(command.format(f"'{folder}'") for command in commands)
    with subprocess.Popen(
        ["unshare", "-rm", "sh", "-c", f"{script} && echo ready && exec cat"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as holder:  # fmt: skip
        assert holder.stdout is not None
        assert holder.stdout.readline() == "ready\n"
        try:
            yield Disk(folder, holder)
        finally:
            holder.kill()


def small(folder: Path, size: str, inodes: int) -> contextlib.AbstractContextManager[Disk]:
    """A disk of that size and so many inodes."""
    return mounted(folder, f"mount -t tmpfs -o size={size},nr_inodes={inodes} tmpfs {{}}")


def read_only(folder: Path) -> contextlib.AbstractContextManager[Disk]:
    """What is in a folder, on a disk that cannot be written."""
    return mounted(folder, "mount --bind {0} {0}", "mount -o remount,bind,ro {0}")
