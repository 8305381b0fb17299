"""What `deploy/` holds is well-formed, names only commands that exist, and copies only files that are there."""

from __future__ import annotations

import plistlib
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from aggregator.cli import COMMANDS

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
UNITS = ("aggregator.service", "aggregator-poll.service", "aggregator-poll.timer")


def _loaded(name: str) -> Any:
    return yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", sorted(DEPLOY.iterdir()), ids=lambda path: path.name)
def test_every_command_that_is_called_exists(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    called = [
        match[1]
        for line in lines
        if not line.lstrip().startswith(("#", "FROM", "COPY", "RUN"))
        for match in re.finditer(r"(?:^\s*|bin/|&& )aggregator (?:--quiet )?([a-z-]+)", line)
    ]
    assert set(called) <= set(COMMANDS), path.name


def test_the_container_copies_what_is_there_and_is_nobody_special() -> None:
    steps = [line.split() for line in (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines() if line]
    copied = [name for step in steps if step[0] == "COPY" and "--from=build" not in step for name in step[1:-1]]
    assert all((ROOT / name).exists() for name in copied if not name.startswith("--"))
    assert {"pyproject.toml", "README.md", "LICENSE", "aggregator", "feeds.yaml"} <= set(copied)
    assert next(step[1] for step in reversed(steps) if step[0] == "USER") not in ("root", "0")
    assert {"HEALTHCHECK", "VOLUME", "STOPSIGNAL"} <= {step[0] for step in steps}


def test_the_compose_file_builds_the_container() -> None:
    service = _loaded("compose.yaml")["services"]["aggregator"]
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["ports"] == ["127.0.0.1:8080:8080"]  # to the whole world only by the user's own decision


def test_many_workers_share_a_database_and_the_password_stands_in_no_file() -> None:
    services = _loaded("compose.workers.yaml")["services"]
    scheduler, worker = services["scheduler"], services["worker"]
    assert set(services) == {"database", "scheduler", "worker"}
    assert "ARG WITH" in (DEPLOY / scheduler["build"]["dockerfile"].partition("/")[2]).read_text(encoding="utf-8")
    assert scheduler["build"]["args"]["WITH"] == ".[workers]"
    assert "command" not in scheduler  # the image's own: run
    assert worker["command"][0] == "worker"
    assert worker["command"][0] in COMMANDS
    assert worker["deploy"]["replicas"] == 3
    for one in (scheduler, worker):
        assert one["environment"]["AGGREGATOR_STORE"] == "postgresql://fow:$${FOW_PASSWORD}@database/fow"
        assert one["depends_on"]["database"]["condition"] == "service_healthy"
        assert (one["read_only"], one["cap_drop"]) == (True, ["ALL"])
    assert scheduler["ports"] == ["127.0.0.1:8080:8080"]
    assert "ports" not in services["database"]
    assert all("FOW_PASSWORD:?" in one["environment"][name] for one, name in
               ((scheduler, "FOW_PASSWORD"), (services["database"], "POSTGRES_PASSWORD")))  # fmt: skip


def test_the_workflow_polls_keeps_the_store_and_publishes() -> None:
    workflow = _loaded("pages.yaml")
    steps = workflow["jobs"]["poll"]["steps"]
    assert workflow["concurrency"]["cancel-in-progress"] is False  # a pass that is cut keeps nothing
    assert workflow[True]["schedule"][0]["cron"].split()[0] not in ("0", "*")  # YAML 1.1 reads `on` as true
    assert [step.get("uses", "").partition("@")[0] for step in steps if "uses" in step] == [
        "actions/checkout",
        "actions/setup-python",
        "actions/upload-pages-artifact",
        "actions/deploy-pages",
    ]
    kept = next(step["run"] for step in steps if step.get("name") == "Keep the store")
    assert "aggregator backup ../kept/data/aggregator.db" in kept


def test_the_launch_agent() -> None:
    agent = plistlib.loads((DEPLOY / "org.fow.aggregator.plist").read_bytes())
    assert agent["ProgramArguments"][1:] == ["run"]
    assert agent["KeepAlive"] == {"SuccessfulExit": False}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("name", [name for name in UNITS if name.endswith(".service")])
def test_a_service_may_do_little(name: str) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(DEPLOY / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-300:]  # of 100; 92 is a service that may do everything


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_reads_the_units(tmp_path: Path) -> None:
    for name in UNITS:
        text = (DEPLOY / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("/opt/aggregator/bin/aggregator", sys.executable), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / name) for name in UNITS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
