"""Images of a sanitized fragment: those that only count readers go, an emoji becomes its character."""

from __future__ import annotations

import pytest

from aggregator.images import only_shown


@pytest.mark.parametrize(
    ("fragment", "shown"),
    [
        ('<p><img src="https://a.example/i.png"></p>', '<p><img src="https://a.example/i.png" alt=""></p>'),
        ('a<img src="https://a.example/i.png" width="1" height="1">b', "ab"),
        ('a<img src="https://pixel.wp.com/g.gif?x=1" alt="">b', "ab"),
        ('a<img src="https://a.example/i.png" style="hidden">b', "ab"),
        ('a<img alt="no address">b', "ab"),
        ('<img data-src="https://a.example/i.png" alt="x">', '<img src="https://a.example/i.png" alt="x">'),
        ('<img src="https://s.w.org/images/core/emoji/72x72/1f600.png" alt="😀">', "😀"),
        ('<source src="https://a.example/a.mp3">', '<source src="https://a.example/a.mp3">'),
    ],
)
def test_what_shows_something_stays(fragment: str, shown: str) -> None:
    assert only_shown(fragment) == shown
