# ruff: noqa: RUF001  (typographic characters and other scripts are the subject)
"""What publishing systems add to every entry, taken off its head and tail.

Only whole blocks (paragraphs, headings, list items) go, and only from the ends inwards until the first block that is
the article's: nothing between two sentences of an author is ever touched. The one exception is a tail inside the
last block that is certain by itself: a "read more" link, a "[…]" and the footer "The post TITLE appeared first on".
"""

from __future__ import annotations

import html as entities
import re

MOST_BLOCKS = 60
"""At most so many blocks are taken off an end: more would be a page of nothing else."""

_BLOCK_TAG = re.compile(
    r"</?(?:address|article|aside|blockquote|caption|dd|details|div|dl|dt|figcaption|figure|footer|h[1-6]|header|hgroup"
    r"|hr|li|main|nav|ol|p|pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul)(?: [^<>]*)?>|(?:<br ?/?>\s*){2,}"
)
_TAG = re.compile(r"<[^<>]*>")
_EMPTY = re.compile(r"<(p|div|li|ul|ol|h[1-6]|section|aside|footer|header|nav|span|article)(?: [^<>]*)?>\s*</\1>")
_MEDIA = re.compile(r"<(?:img|video|audio|source)\b")
_NOT_WORD = re.compile(r"[^\w]+")
_END_MARKS = ".!?…:;"

# "The post TITLE appeared first on SITE." as WordPress writes it: (before the title, between, after the site).
_FOOTERS = re.compile(
    r"""(?:
      (?:the\ post|the\ article|this\ post|this\ article)\b.{1,400}?\b(?:appeared\ first|first\ appeared|was\ first\ published)\ (?:on|in)\b
    | (?:der\ beitrag|der\ artikel)\b.{1,400}?\b(?:erschien|ist)\ zuerst\ (?:auf|bei|in)\b
    | (?:l.article|cet\ article|le\ billet)\b.{1,400}?\best\ apparu\ en\ premier\ sur\b
    | (?:la\ entrada|el\ art[ií]culo|el\ post)\b.{1,400}?\b(?:se\ public[oó]|apareci[oó]|aparece)\ primero\ en\b
    | (?:l.articolo|il\ post)\b.{1,400}?\b(?:proviene\ da|sembra\ essere\ il\ primo\ su|è\ apparso\ per\ la\ prima\ volta\ su)\b
    | (?:o\ post|o\ conteúdo|a\ publicação|o\ artigo)\b.{1,400}?\b(?:apareceu|aparece|foi\ publicado)\ primeiro\ (?:em|no|na)\b
    | (?:het\ bericht|dit\ bericht)\b.{1,400}?\bverscheen\ (?:als\ )?eerst(?:e)?\ op\b
    | .{1,400}?\bbejegyzés\ először\b.{1,200}?\bjelent\ meg
    | (?:artykuł|post|wpis)\b.{1,400}?\b(?:pochodzi\ z\ serwisu|pojawił\ się\ (?:poniżej\ )?pierwsz[ay]\ (?:w|na))\b
    | inlägget\b.{1,400}?\bdök\ (?:först\ )?upp\ (?:först\ )?på\b
    | innlegget\b.{1,400}?\bdukket\ (?:først\ )?opp\ (?:først\ )?på\b
    | indlægget\b.{1,400}?\b(?:blev\ først\ udgivet\ på|dukkede\ først\ op\ på)\b
    | artikkeli\b.{1,400}?\b(?:julkaistiin|ilmestyi)\ (?:ensimmäisen\ kerran|ensin)\b
    | příspěvek\b.{1,400}?\b(?:pochází\ z|se\ nejdříve\ objevil\ na)\b
    | príspevok\b.{1,400}?\b(?:zobrazený\ najskôr|sa\ zobrazil\ najskôr\ na)\b
    | (?:articolul|l.entrada)\b.{1,400}?\b(?:apare\ prima\ dată\ (?:în|pe)|ha\ aparegut\ primer\ a)\b
    | .{1,400}?\byazısı\ ilk\ önce\b.{1,200}?\bortaya\ çıktı
    | сообщение\b.{1,400}?\bпоявил(?:ись|ось)\ сначала\ на\b
    | запис\b.{1,400}?\bспершу\ (?:з.явився\ на|з.явиться)\b
    | το\ άρθρο\b.{1,400}?\bεμφανίστηκε\ πρώτα\ στο\b
    | 投稿.{1,400}?に最初に表示されました
    )[^\n]{0,200}""",
    re.VERBOSE | re.IGNORECASE,
)
