from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from aggregator.render.json import indented

_PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
_ANY = st.recursive(_PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(_ANY, st.sampled_from([1, 2]))
def test_it_is_what_the_standard_library_gives(value: object, indent: int) -> None:
    assert indented(value, indent) == json.dumps(value, ensure_ascii=False, indent=indent)
