"""Make the pictures of the README: made-up entries, the real pages, a real browser (Debian's chromium).

.venv/bin/python docs/pictures/make.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent))

from aggregator.render import digest, pages
from tests.samples.digests import FULL

SIZE = "1120,1300"


def main() -> None:
    """Write digest.png beside this file."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "digest").mkdir()
        (root / "style.css").write_bytes(pages.style())
        site = digest.Site("Future of Work", "http://127.0.0.1:8080/", ZoneInfo(FULL.timezone))
        (root / "digest" / "page.html").write_bytes(digest.html(FULL, site=site))
        shoot(root / "digest" / "page.html", HERE / "digest.png", root / "profile")


def shoot(page: Path, picture: Path, profile: Path) -> None:
    """A picture of a page as a browser shows it."""
    quiet = [
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
        "--no-sandbox",
    ]
    subprocess.run(
        [
            "chromium",
            "--headless=new",
            *quiet,
            f"--user-data-dir={profile}",
            f"--window-size={SIZE}",
            f"--screenshot={picture}",
            page.as_uri(),
        ],
        check=True,
        capture_output=True,
    )


if __name__ == "__main__":
    main()
