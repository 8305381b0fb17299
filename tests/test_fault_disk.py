"""Faults of the disk: full, out of inodes, failing, read-only; what was there stays, and it recovers alone."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.store.backup import damage
from tests.mounts import needs_mounts, read_only, small
from tests.world import World, digest_titles

HOUR = timedelta(hours=1)
SHIM = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
static int broken(int fd) {
  char link[64], path[4096];
  const char *under = getenv("BROKEN_UNDER");
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path - 1);
  if (n < 0 || !under) return 0;
  path[n] = 0;
  return strncmp(path, under, strlen(under)) == 0;
}
#define WRAP(name, args, call) \\
  ssize_t name args { static ssize_t (*real) args; if (!real) real = dlsym(RTLD_NEXT, #name); \\
    if (broken(fd)) { errno = EIO; return -1; } return real call; }
WRAP(write, (int fd, const void *data, size_t size), (fd, data, size))
WRAP(pwrite, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at))
WRAP(pwrite64, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at))
"""


def clock(world: World) -> str:
    return world.now.strftime("%Y-%m-%dT%H:%M:%SZ")


def placed(world: World, where: str, folder: Path) -> Path:
    """feeds.yaml with the store or the output in that folder."""
    world.settings = f"store: {folder}/aggregator.db" if where == "store" else f"output: {folder}"
    return world.write()


def titles(output: Path) -> list[str]:
    return sorted(item["title"] for item in json.loads((output / "feed.json").read_bytes())["items"])


@pytest.mark.slow
@needs_mounts
@pytest.mark.parametrize(
    ("where", "what", "code"),
    [
        pytest.param("store", "space", 3, marks=pytest.mark.fault(4)),
        pytest.param("output", "space", 4, marks=[pytest.mark.fault(4), pytest.mark.slow]),
        pytest.param("store", "inodes", 3, marks=[pytest.mark.fault(5), pytest.mark.slow]),
        pytest.param("output", "inodes", 4, marks=pytest.mark.fault(5)),
    ],
)
def test_a_full_disk_keeps_what_was_there_and_recovers_alone(
    world: World, tmp_path: Path, where: str, what: str, code: int
) -> None:
    blog = world.blog("One", "a")
    with small(tmp_path / "disk", "4m", 200) as disk:
        feeds = placed(world, where, disk.folder)
        output = disk.seen if where == "output" else world.folder / "public"
        assert disk.program(feeds, clock(world), "poll").returncode == 0
        assert disk.program(feeds, clock(world), "digest").returncode == 0
        before = {path: path.read_bytes() for path in output.rglob("*") if path.is_file() and "status" not in path.name}
        filler = disk.fill(inodes=what == "inodes")
        world.now += HOUR
        world.post(blog, "b", "Written at night. " * 3000)
        full = disk.program(feeds, clock(world), "poll")
        assert full.returncode == code, full.stderr
        assert str(disk.folder) in full.stderr
        assert "Traceback" not in full.stderr
        assert len(full.stderr.strip().splitlines()) == 1
        assert {path: path.read_bytes() for path in before} == before
        assert not list(output.rglob("*.tmp"))
        shutil.rmtree(filler)
        assert disk.program(feeds, clock(world), "poll", "--force").returncode == 0
        assert titles(output) == ["a", "b"]
        world.now += timedelta(days=1)
        assert disk.program(feeds, clock(world), "digest").returncode == 0
        day = json.loads((output / "digest" / f"{world.now.date()}.json").read_bytes())
        assert digest_titles(day) == ["b"]


@pytest.mark.slow
@pytest.mark.fault(4, 5)
def test_a_quota_keeps_what_was_there_and_recovers_alone(world: World) -> None:
    """The most that a file may have, as a quota would say it: the store meets it in the middle of a transaction."""
    blog = world.blog("One", "a")
    feeds = world.write()
    world.poll()
    before, store = world.public("atom.xml").read_bytes(), world.folder / "data" / "aggregator.db"
    world.now += HOUR
    for number in range(9):
        world.post(blog, f"b{number}", os.urandom(40_000).hex())
    command = [sys.executable, "-m", "aggregator", "--config", str(feeds), "--now", clock(world), "poll"]
    most = store.stat().st_size + 50_000
    limited = subprocess.run(
        command,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert limited.returncode == 3, limited.stderr
    assert str(store) in limited.stderr
    assert "Traceback" not in limited.stderr
    assert world.public("atom.xml").read_bytes() == before
    assert damage(store) is None
    world.poll("--force")
    assert len(world.titles()) == 10


@pytest.mark.slow
@pytest.mark.fault(5)
@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("cc"), reason="needs Linux and a C compiler")
@pytest.mark.parametrize(("folder", "code"), [("data", 3), ("public", 4)])
def test_a_disk_that_fails_to_write_keeps_what_was_there(world: World, tmp_path: Path, folder: str, code: int) -> None:
    """EIO from every write under a folder."""
    (tmp_path / "shim.c").write_text(SHIM)
    shim = tmp_path / "shim.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(shim), str(tmp_path / "shim.c"), "-ldl"], check=True)
    blog = world.blog("One", "a")
    feeds = world.write()
    world.poll()
    before = world.public("atom.xml").read_bytes()
    world.now += HOUR
    world.post(blog, "b")
    failing = subprocess.run(
        [sys.executable, "-m", "aggregator", "--config", str(feeds), "--now", clock(world), "poll"],
        env=os.environ | {"LD_PRELOAD": str(shim), "BROKEN_UNDER": str(world.folder / folder)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert failing.returncode == code, failing.stderr
    assert str(world.folder / folder) in failing.stderr
    assert "Traceback" not in failing.stderr
    assert world.public("atom.xml").read_bytes() == before
    assert damage(world.folder / "data" / "aggregator.db") is None
    world.poll("--force")
    assert world.titles() == ["b", "a"]


@pytest.mark.slow
@needs_mounts
@pytest.mark.fault(6)
@pytest.mark.parametrize(("folder", "code"), [("data", 3), ("public", 4)])
def test_a_read_only_folder_is_refused_and_what_only_reads_still_works(world: World, folder: str, code: int) -> None:
    blog = world.blog("One", "a")
    feeds = world.write()
    world.poll()
    kept = {path: path.read_bytes() for path in (world.folder / folder).rglob("*") if path.is_file()}
    world.now += HOUR
    world.post(blog, "b")
    with read_only(world.folder / folder) as disk:
        refused = disk.program(feeds, clock(world), "poll")
        assert refused.returncode == code, refused.stderr
        assert str(world.folder / folder) in refused.stderr
        assert "Traceback" not in refused.stderr
        for command in (["status"], ["search", "told"]):
            reading = disk.program(feeds, clock(world), *command)
            assert reading.returncode == 0, reading.stderr
            assert "One" in reading.stdout
        assert disk.program(feeds, clock(world), "backup", str(world.folder / "kept.db")).returncode == 0
    assert {path: path.read_bytes() for path in kept} == kept
    assert damage(world.folder / "kept.db") is None
    world.poll("--force")
    assert world.titles() == ["b", "a"]
