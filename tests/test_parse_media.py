"""What an entry shows and plays."""

from __future__ import annotations

import pytest
from lxml import etree

from aggregator.parse.element import Fields
from aggregator.parse.media import Media
from aggregator.parse.references import Bases

NS = 'xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'


def _media(inner: str) -> Media:
    return Media(Fields(etree.fromstring(f"<item {NS}>{inner}</item>")), Bases("http://m.example/", scoped=False))


@pytest.mark.parametrize(
    ("inner", "image"),
    [
        ('<media:content url="a.jpg" medium="image"/>', "http://m.example/a.jpg"),
        ('<media:content url="a.mp4" type="video/mp4"/>', None),
        ('<media:content url="a.jpg?w=1"/>', "http://m.example/a.jpg?w=1"),
        ('<media:group><media:thumbnail url="t.png"/></media:group>', "http://m.example/t.png"),
        ('<media:content url="a.mp4"><media:thumbnail url="t.png"/></media:content>', "http://m.example/t.png"),
        ('<media:thumbnail url="t.png"/><itunes:image href="i.png"/>', "http://m.example/i.png"),
        ('<enclosure url="e.png" type="image/png"/>', "http://m.example/e.png"),
        ('<itunes:link rel="image" href="l.png"/>', "http://m.example/l.png"),
        ("<image><url>u.png</url></image>", "http://m.example/u.png"),
    ],
)
def test_image(inner: str, image: str | None) -> None:
    assert _media(inner).image == image


def test_a_group_lends_its_words_and_its_film() -> None:
    media = _media(
        '<media:group><media:title>T</media:title><media:description>D</media:description><media:player url="/play"/>'
        '<media:content url="a.mp4" type="video/mp4" fileSize="7" duration="61"/>'
        '<media:content url="a.mp4" type="video/mp4"/><media:content url="a.swf"/></media:group>'
    )
    assert (media.title, media.description, media.duration) == ("T", "D", 61)
    assert media.player == "http://m.example/play"
    assert [(one.url, one.type) for one in media.enclosures] == [("http://m.example/a.mp4", "video/mp4")]
