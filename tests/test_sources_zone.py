from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.sources.zone import machine_zone, zone_named


@pytest.mark.parametrize("name", ["Europe/Berlin", "UTC", "America/Argentina/Ushuaia"])
def test_a_zone_of_the_database(name: str) -> None:
    assert zone_named(name).key == name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Europe/Berln", "did you mean `Europe/Berlin`?"),
        ("europe/berlin ", "did you mean `Europe/Berlin`?"),
        ("Berlin", "did you mean `Europe/Berlin`?"),
        ("New York", "did you mean `America/New_York`?"),
        ("Mars/Olympus", "such as Europe/Berlin"),
        ("../../etc/passwd", "such as Europe/Berlin"),
        ("Europe", "such as Europe/Berlin"),
        ("\0", "such as Europe/Berlin"),
        ("", "such as Europe/Berlin"),
    ],
)
def test_another_name_gets_a_suggestion(name: str, said: str) -> None:
    with pytest.raises(ValueError, match="there is no time zone") as caught:
        zone_named(name)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("tz", "localtime", "timezone", "zone"),
    [
        (":Asia/Tokyo", "/usr/share/zoneinfo/Europe/Berlin", None, "Asia/Tokyo"),
        ("/usr/share/zoneinfo/Asia/Tokyo", None, None, "Asia/Tokyo"),
        ("CET-1CEST", "/usr/share/zoneinfo/Europe/Berlin", None, "Europe/Berlin"),
        ("", "/var/db/timezone/zoneinfo/Europe/Rome", "Europe/Berlin\n", "Europe/Rome"),
        ("", "/somewhere/else", "Europe/Berlin\n", "Europe/Berlin"),
        ("", None, "Europe/Berlin\n", "Europe/Berlin"),
        ("", None, "nonsense", "UTC"),
        ("", None, None, "UTC"),
    ],
)
def test_the_machine_says_its_zone(
    tmp_path: Path, tz: str, localtime: str | None, timezone: str | None, zone: str
) -> None:
    (tmp_path / "etc").mkdir()
    if localtime:
        (tmp_path / "etc/localtime").symlink_to(localtime)
    if timezone:
        (tmp_path / "etc/timezone").write_text(timezone)
    assert machine_zone({"TZ": tz}, tmp_path).key == zone
