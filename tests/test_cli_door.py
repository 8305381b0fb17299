from __future__ import annotations

import pytest

from tests.world import World


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--base-path", "/a/../b"), "'/a/../b' is not a path; write it like /feeds"),
        (("--base-path", "/a?b"), "'/a?b' is not a path; write it like /feeds"),
        (("--trust-proxy", "all"), "write it like 127.0.0.1 or 10.0.0.0/8"),
        (("--trust-proxy", "10.0.0.1/8"), "write it like 127.0.0.1 or 10.0.0.0/8"),
    ],
)
def test_a_wrong_option_of_the_server_is_said_before_anything_is_touched(
    world: World, option: tuple[str, str], said: str
) -> None:
    world.blog("One", "a")
    world.write()
    world.run("run", *option, code=2)
    assert said in world.said
    assert not world.public("").exists()
