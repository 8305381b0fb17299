from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.store import place

LINES = """\
22 1 253:0 / / rw,relatime shared:1 - ext4 /dev/root rw
23 22 0:20 / /srv rw - nfs4 server:/srv rw,vers=4.2
24 23 0:21 / /srv/me/local rw - xfs /dev/sdb1 rw
25 22 0:22 / /mnt/c rw,noatime - 9p C:\\134 rw,dirsync
26 22 0:23 / /mnt/my\\040share rw - cifs //nas/share rw
27 22 0:24 / /data rw - ext4 /dev/sdc1 rw
28 22 0:25 / /data rw - nfs server:/data rw
half a line
"""


@pytest.mark.fault(10)
@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib/aggregator", None),
        ("/srv/me/feeds/data", "nfs4"),
        ("/srv/me/local/data", None),
        ("/srvwork", None),
        ("/mnt/c/Users/me", "9p"),
        ("/mnt/my share/data", "cifs"),
        ("/data", "nfs"),
    ],
)
def test_a_network_drive_is_known_by_the_deepest_mount(tmp_path: Path, folder: str, kind: str | None) -> None:
    (tmp_path / "mountinfo").write_text(LINES)
    assert place.network_drive(Path(folder), tmp_path / "mountinfo") == kind


@pytest.mark.fault(10)
def test_this_machines_own_disk_needs_no_warning_and_an_unknown_system_none(tmp_path: Path) -> None:
    assert place.network_drive(tmp_path, tmp_path / "missing") is None
    assert place.network_drive(Path("/proc/self")) is None


@pytest.mark.fault(10)
def test_the_warning_says_where_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "mountinfo").write_text(LINES)
    told = place.warning(Path("/srv/me/feeds/aggregator.db"), tmp_path / "mountinfo")
    assert told is not None
    assert told.startswith("store: /srv/me/feeds is on a network drive (nfs4)")
    assert place.warning(Path("/var/aggregator.db"), tmp_path / "mountinfo") is None
