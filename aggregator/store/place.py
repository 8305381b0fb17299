"""Where a store stands: on a network drive locks and the log in shared memory cannot be relied on."""

from __future__ import annotations

from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")  # Linux, proc(5); elsewhere nothing is known
_NETWORK = frozenset(("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "fuse.davfs", "ncpfs"))


def network_drive(folder: Path, mounts: Path = _MOUNTS) -> str | None:
    """The kind of network file system that a folder is on, None where it is on none, or that is not known."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    there, found = folder.resolve(), (Path(), "")
    for line in lines:  # the deepest mount point counts, and of two on one point the later
        before, _, after = line.partition(" - ")
        point = Path(_unescaped(before.split()[4])) if len(before.split()) > 4 else None
        if point is not None and there.is_relative_to(point) and len(point.parts) >= len(found[0].parts):
            found = point, after.split()[0] if after.split() else ""
    return found[1] if found[1] in _NETWORK else None


def _unescaped(text: str) -> str:
    for code in ("040", "011", "012", "134"):  # space, tab, line feed, backslash
        text = text.replace(f"\\{code}", chr(int(code, 8)))
    return text


def warning(store: Path, mounts: Path = _MOUNTS) -> str | None:
    """One line about a store on a network drive."""
    kind = network_drive(store.parent, mounts)
    if kind is None:
        return None
    return (
        f"store: {store.parent} is on a network drive ({kind}), where a store may be damaged by two writers or a lost "
        "connection; put `store:` on a disk of this machine"
    )
