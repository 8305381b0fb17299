"""`aggregator init`: a starter file that is valid, and never over another."""

from __future__ import annotations

from pathlib import Path

from aggregator.sources.config import load
from tests.world import World


def test_the_starter_is_valid_and_names_its_schema(world: World, tmp_path: Path) -> None:
    told = world.run("init", str(tmp_path / "work-feeds"))
    config = load(tmp_path / "work-feeds" / "feeds.yaml")
    assert len(config.sources) >= 8
    assert "aggregator run" in told
    assert (tmp_path / "work-feeds" / "feeds.schema.json").is_file()
    assert (
        (tmp_path / "work-feeds" / "feeds.yaml")
        .read_text()
        .startswith("# yaml-language-server: $schema=./feeds.schema.json")
    )


def test_it_never_writes_over_a_file(world: World, tmp_path: Path) -> None:
    (tmp_path / "feeds.yaml").write_text("mine")
    world.run("init", str(tmp_path), code=2)
    assert (tmp_path / "feeds.yaml").read_text() == "mine"
    assert "is there already and stays as it is" in world.said
