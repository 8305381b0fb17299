"""feeds.yaml on disk: replaced in one step, as the file it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.errors import ConfigError
from aggregator.sources.save import save


@pytest.fixture
def feeds(tmp_path: Path) -> Path:
    path = tmp_path / "real" / "feeds.yaml"
    path.parent.mkdir()
    path.write_bytes(b"before")
    return path


def test_mode_and_link_stay(feeds: Path, tmp_path: Path) -> None:
    feeds.chmod(0o640)
    link = tmp_path / "feeds.yaml"
    link.symlink_to("real/feeds.yaml")
    save(link, b"before", b"after")
    assert link.is_symlink()
    assert feeds.read_bytes() == b"after"
    assert feeds.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in feeds.parent.iterdir()] == ["feeds.yaml"]


def test_a_file_that_somebody_saved_meanwhile_stays_as_it_is(feeds: Path) -> None:
    feeds.write_bytes(b"theirs")
    with pytest.raises(ConfigError, match="saved by somebody else"):
        save(feeds, b"before", b"after")
    assert feeds.read_bytes() == b"theirs"


def test_nothing_to_do_touches_nothing(feeds: Path) -> None:
    stamp = feeds.stat()
    save(feeds, b"before", b"before")
    assert feeds.stat().st_ino == stamp.st_ino
    assert feeds.stat().st_mtime_ns == stamp.st_mtime_ns


def test_a_file_that_is_gone_is_said(feeds: Path) -> None:
    feeds.unlink()
    with pytest.raises(ConfigError, match="cannot be written: No such file"):
        save(feeds, b"before", b"after")
    assert list(feeds.parent.iterdir()) == []
