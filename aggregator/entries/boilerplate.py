"""What publishing systems add to every entry, taken off its head and tail.

Only whole blocks (paragraphs, headings, list items) go, and only from the ends inwards until the first block that is
the article's: nothing between two sentences of an author is ever touched. The one exception is a tail inside the
last block that is certain by itself: a "read more" link, a "[…]" and the footer "The post TITLE appeared first on".
"""

from __future__ import annotations

import html as entities
import re
from functools import lru_cache
from itertools import accumulate

from aggregator.entries.menus import folded, menu_above, menu_below, says

MOST_BLOCKS = 60
"""At most so many blocks are taken off in a round: more would be a page of nothing else."""
MOST_ROUNDS = 5

_BLOCK_TAG = re.compile(
    r"(</?(?:address|article|aside|blockquote|caption|dd|details|div|dl|dt|figcaption|figure|footer|h[1-6]|header|hgroup"
    r"|hr|li|main|nav|ol|p|pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul)(?: [^<>]*)?>|<br ?/?>)"
)
_LINE_ENDS = re.compile(r"(\n+)")
_TAG = re.compile(r"</?([a-z0-9]+)(?: [^<>]*)?>")
_EMPTY = re.compile(r"<(p|div|li|ul|ol|h[1-6]|section|aside|footer|header|nav|span|article)(?: [^<>]*)?>\s*</\1>")
_LEFT_BREAK = re.compile(r"(?:\s*<br ?/?>)+\s*(?=</(?:p|div|li|section|article)>|$)")
_MEDIA = re.compile(r"<(?:img|video|audio|source)\b")
_ONLY_LINKS = re.compile(r"(?:[\s,|·•]*<a [^<>]*>[^<>]*</a>)+[\s,|·•]*")
_EDGES = " \t\n\xa0*_|·•→›»«‹←↓>–—-"


def _phrases(table: str) -> re.Pattern[str]:
    """One pattern for a table of phrases, `|` between them: `*` is any words or none, `#` a number."""
    escaped = "|".join(re.escape(" ".join(phrase.split())) for phrase in table.split("|")).replace("\\ ", " ")
    anything = escaped.replace(r" \*", "(?:[ .,:!].{0,400})?").replace(r"\* ", ".{0,400} ")
    return re.compile(anything.replace(r"\#", r"\d+(?:[.,]\d+)?").replace("'", "[’' ]?"), re.IGNORECASE)


# "The post TITLE appeared first on SITE.", as WordPress and its plug-ins write it.
_FOOTERS = _phrases(
    """the post * appeared first on * | the post * first appeared on * | this article * first appeared on *
    | this post * first appeared on * | this article * was first published on * | the article * appeared first on *
    | der beitrag * erschien zuerst auf * | der artikel * erschien zuerst auf *
    | der beitrag * ist zuerst erschienen auf *
    | l'article * est apparu en premier sur * | cet article * est apparu en premier sur *
    | la entrada * se publicó primero en * | la entrada * apareció primero en * | la entrada * aparece primero en *
    | el artículo * apareció primero en * | el post * apareció primero en *
    | l'articolo * proviene da * | l'articolo * sembra essere il primo su * | il post * proviene da *
    | o post * apareceu primeiro em * | o conteúdo * aparece primeiro em * | o post * aparece primeiro em *
    | a publicação * apareceu primeiro em * | o artigo * foi publicado primeiro em *
    | het bericht * verscheen eerst op * | het bericht * verscheen als eerste op * | dit bericht * verscheen eerst op *
    | * bejegyzés először * jelent meg | * bejegyzés először * jelent meg *
    | artykuł * pochodzi z serwisu * | post * pojawił się poniżej pierwsza w * | artykuł * pojawił się najpierw w *
    | inlägget * dök först upp på * | inlägget * dök upp först på * | innlegget * dukket først opp på *
    | indlægget * blev først udgivet på * | indlægget * dukkede først op på *
    | artikkeli * julkaistiin ensimmäisen kerran *
    | artikkeli * ilmestyi ensin * | příspěvek * pochází z * | příspěvek * se nejdříve objevil na *
    | príspevok * zobrazený najskôr * | articolul * apare prima dată în * | l'entrada * ha aparegut primer a *
    | * yazısı ilk önce * ortaya çıktı | сообщение * появились сначала на * | запис * спершу з'явиться *
    | запис * спершу з'явився на * | το άρθρο * εμφανίστηκε πρώτα στο * | 投稿 * は * に最初に表示されました"""
)
_READ_MORE = _phrases(
    """read more * | see more | learn more | more | read the full * | read the rest * | read the article
    | read the original * | read the whole * | read full * | full story
    | full article | continue | continue reading * | keep reading * | finish reading * | view original * | view full *
    | click here to read * | click here to continue * | weiterlesen * | mehr lesen * | mehr erfahren | lesen sie mehr *
    | zum artikel | lire la suite * | lire plus * | en savoir plus | leer más * | seguir leyendo * | continuar leyendo *
    | leggi tutto * | leggi di più * | leggi l'articolo * | continua a leggere * | lees meer * | lees verder *
    | verder lezen * | tovább | tovább olvasom * | tovább a cikkhez | olvass tovább * | bővebben | czytaj dalej *
    | czytaj więcej * | więcej | läs mer * | fortsätt läsa * | læs mere * | læs videre * | les mer * | lue lisää *
    | jatka lukemista * | leia mais * | ler mais * | continue lendo * | continue a ler * | číst dál * | čítať ďalej *
    | citește mai mult * | citește mai departe * | devamını oku * | читать далее * | читать дальше * | читати далі *
    | περισσότερα * | 続きを読む * | 阅读全文 * | 继续阅读 *"""
)
_CHROME = _phrases(
    """share | share this | share this post | share this article | share this story | share it | share with *
    | share on *
    | share via * | click to share on * | click to email * | click to print * | tweet | tweet this | retweet | pin it
    | like | like this | like loading * | loading | restack | teilen | teilen mit | beitrag teilen | artikel teilen
    | partager | partager cet article | partager sur * | compartir | comparte esto | compartir en * | condividi
    | condividi su * | delen | deel dit | dela | udostępnij | megosztás | oszd meg * | compartilhe | compartilhe isso
    | facebook | twitter | linkedin | whatsapp | reddit | telegram | pinterest | e-mail | email | print | copy link
    | subscribe | subscribed | subscribe now | subscribe here | subscribe today | subscribe to * | subscribe for *
    | sign up | sign up now | sign up for our * | sign up to our * | sign up for the newsletter *
    | join our newsletter *
    | join our mailing list * | upgrade to paid | get the app | get more from * | thanks for reading * subscribe *
    | thanks for reading * share it | this post is public so feel free to share it | ready for more?
    | * is a reader-supported publication * | discussion about this post | enter your email | enter your email address
    | type your email * | email address | your email | your email address | abonnieren | jetzt abonnieren
    | newsletter abonnieren | jetzt newsletter abonnieren | s'abonner | abonnez-vous à * | suscríbete * | iscriviti *
    | iratkozz fel * | feliratkozás * | leave a reply | leave a reply cancel reply | leave a comment | cancel reply
    | post comment | submit comment | add a comment | no comments | no comments yet | comments | # comments | # comment
    | # responses | # replies | view all comments | view all # comments | notify of | inline feedbacks | inline feedback
    | oldest | newest | most voted | article rating | rate this | rate this post | # vote | # votes | # # vote
    | # # votes
    | # vote article rating | # # vote article rating | # # votes article rating
    | would love your thoughts, please comment * | would love your thoughts, please comment.x
    | your email address will not be published * | required fields are marked * | save my name, email *
    | this site uses akismet *
    | learn how your comment data is processed | you must be logged in to post a comment | log in to leave a comment
    | schreibe einen kommentar * | schreiben sie einen kommentar * | kommentar verfassen | kommentar hinterlassen
    | kommentare | # kommentare | laisser un commentaire * | deja un comentario * | lascia un commento *
    | laat een reactie achter * | hozzászólás | hozzászólások | vélemény, hozzászólás? | dodaj komentarz *
    | lämna ett svar *
    | deixe um comentário * | filed under: * | posted in: * | tagged: * | tagged with: * | tags: * | categories: *
    | schlagwörter: * | kategorien: * | copyright # * | copyright © # * | © # * | © copyright # * | advertisement
    | anzeige | werbung | publicité | hirdetés | publicidad"""
)
_HEAD = _phrases(
    """skip to content | skip to main content | skip to navigation | jump to content | zum inhalt | zum inhalt springen
    | zum hauptinhalt springen | aller au contenu | passer au contenu | saltar al contenido | ir al contenido
    | vai al contenuto | ga naar de inhoud | naar de inhoud | ugrás a tartalomhoz | ugrás a tartalomra
    | kilépés a tartalomba | menu | menü | reading time: * | reading time # * | estimated reading time: * | # min read
    | # minute read | # minutes read | lesezeit: * | temps de lecture * | listen to this article *
    | listen to this post *
    | toggle navigation | back to blog | back to home | back to top"""
)
_INVITE = _phrases("don't miss a * | don't miss an * | don't miss out * | never miss a * | never miss an *")
_PROMISE = _phrases(
    "we don't spam * | we do not spam * | we won't spam * | we never spam * | no spam * | unsubscribe anytime *"
)
_RELATED = _phrases(
    """related | related posts | related articles | related stories | related reading | related links
    | you may also like *
    | you might also like * | you may also enjoy * | more from * | more on this * | recommended * | read next
    | ähnliche beiträge | das könnte * interessieren | à lire aussi * | articles similaires | artículos relacionados
    | kapcsolódó * | articoli correlati"""
)
_SHARE_BAR = re.compile(
    r"(?:share(?: this)?(?: on)?:?[\s,|·•/]*+)?(?:(?:facebook|twitter|linkedin|whatsapp|reddit|telegram|pinterest"
    r"|tumblr|pocket|mastodon|bluesky|threads|xing|hacker news|flipboard|instagram|youtube|e-?mail|print|copy link|x)\b"
    r"[\s,|·•/]*+)++",
    re.IGNORECASE,
)
_RATING = re.compile(r"\d(?:[.,]\d)? ?/ ?(?:5|10)(?: \(\d+\))?")
_ENDS = frozenset(("", *'.!?…]»”")'))
_CUT = re.compile(r"\s*[\[(]\s*(?:…|\.{3}|&hellip;|&#8230;)\s*[\])]\s*$")
_LAST_LINK = re.compile(r"\s*(?:[\[(]\s*)?<a [^<>]*>((?:(?!</?a\b)[^\n]){1,500})</a>[\s\])».→]*$")
_AFTER_LINK = re.compile(r"[\s\])».→]*")
_BREAKS = re.compile(r"(?<=[\].!?…\n>])\s*(?=\S)")


def strip_boilerplate(html: str, *, title: str, source_title: str) -> str:
    """Sanitized HTML (or plain text) without what the publishing system put around the entry.

    Footers of feeds, share bars, newsletter and comment forms, ratings, "skip to content", a repeated `title` at the
    head, "read more" at the tail; a tail "[…]" becomes "…". Applied again it changes nothing.
    """
    if not html:
        return ""
    names = (folded(title), folded(source_title))
    for _ in range(MOST_ROUNDS):
        before, html = html, _stripped_once(html, *names)
        if html == before:
            break
    return html


def _stripped_once(html: str, title: str, source: str) -> str:
    blocks = _blocks(html)
    cuts: list[tuple[int, int]] = []
    while blocks and len(cuts) < MOST_BLOCKS and (found := _tail_cuts(html, blocks, title, source)):
        cuts += found
        del blocks[-len(found) :]
    while blocks and len(cuts) < MOST_BLOCKS and _is_head(html, blocks, title):
        cuts.append(blocks.pop(0))
    cuts += _menus(html, blocks, title)
    if not cuts:
        return _with_last_block_trimmed(html, blocks, title, source)
    for start, end in sorted(cuts, reverse=True):
        html = html[:start] + html[end:]
    for _ in range(4):
        html = _EMPTY.sub("", html)
    return (_LEFT_BREAK.sub("", html) if "<br" in html else html).strip()


def _menus(html: str, blocks: list[tuple[int, int]], title: str) -> list[tuple[int, int]]:
    """The menus of a page at either end, taken from the blocks."""
    above = blocks[: menu_above((_plain(html[a:b]) for a, b in blocks), title)]
    rest = blocks[len(above) :]
    below = rest[len(rest) - menu_below(_plain(html[a:b]) for a, b in reversed(rest)) :]
    cuts = [*above, *below]
    if not all(_removable(html, cut) for cut in cuts):
        return []
    blocks[:] = rest[: len(rest) - len(below)]
    return cuts


def _with_last_block_trimmed(html: str, blocks: list[tuple[int, int]], title: str, source: str) -> str:
    if not blocks:
        return html
    start, end = blocks[-1]
    return html[:start] + _without_tail(html[start:end], title, source) + html[end:]


def _blocks(html: str) -> list[tuple[int, int]]:
    """Where the text between two block tags (in plain text: two line breaks) stands, for those that show something."""
    parts = (_BLOCK_TAG if _BLOCK_TAG.search(html) else _LINE_ENDS).split(html)  # text and what parts it, in turn
    return [  # most begin with a letter, and then nothing else has to be asked
        (end - len(part), end)
        for part, end in zip(parts[::2], list(accumulate(map(len, parts)))[::2], strict=True)
        if part and (part[0].isalnum() or _shows(part))
    ]


def _shows(part: str) -> bool:
    """Whether a block that is not empty shows anything; what stands between two blocks is mostly a line's end."""
    return not part.isspace() and (bool(_plain(part)) or _MEDIA.search(part) is not None)


@lru_cache(maxsize=16)  # the first and the last block are asked about several times
def _plain(block: str) -> str:
    words = _TAG.sub("", block) if "<" in block else block
    return " ".join((entities.unescape(words) if "&" in words else words).split()).strip(_EDGES)


def _tail_cuts(html: str, blocks: list[tuple[int, int]], title: str, source: str) -> list[tuple[int, int]]:
    """The last block if it is boilerplate; a form of three or a list of related links as a whole."""
    parts = blocks[-10:]
    if not _removable(html, parts[-1]):
        return []
    last = _plain(html[slice(*parts[-1])])
    if _is_tail(last, title, source) or (len(parts) > 1 and _RATING.fullmatch(last)):
        return parts[-1:]
    for index in range(len(parts) - 2, -1, -1):
        if not _ONLY_LINKS.fullmatch(html[slice(*parts[index + 1])]):
            break
        heading = _plain(html[slice(*parts[index])]).rstrip(":")
        if _RELATED.fullmatch(heading) and _removable(html, parts[index]):
            return parts[index:]
    return _form_cuts(html, parts, last)


def _form_cuts(html: str, parts: list[tuple[int, int]], last: str) -> list[tuple[int, int]]:
    """ "Never miss a post", a label or two, "we don't spam": the newsletter box of a page kept as text."""
    if not _PROMISE.fullmatch(last.rstrip(".!")):
        return []
    texts = [_plain(html[a:b]) for a, b in parts]
    for size in (2, 3, 4):
        inside = texts[-size + 1 : -1]
        if size <= len(texts) and _INVITE.fullmatch(texts[-size].rstrip(".!")):
            short = all(len(text.split()) <= 8 and text[-1:] not in set(".!?…") for text in inside)
            return parts[-size:] if short and all(_removable(html, part) for part in parts[-size:]) else []
    return parts[-1:]


def _is_tail(text: str, title: str, source: str) -> bool:
    if len(text) > 900:
        return False
    bare = text.rstrip(".!:…").strip(_EDGES)
    words = len(bare.split())
    known = _SHARE_BAR.fullmatch(bare) or (words <= 25 and _CHROME.fullmatch(bare))
    if known or not bare or _is_footer(text, title, source):
        return True
    return _READ_MORE.fullmatch(bare) is not None and (words <= 5 or (bool(title) and title in folded(bare)))


def _is_footer(text: str, title: str, source: str) -> bool:
    """A block that begins with the title (after an article or two) and says little besides where it appeared."""
    words = folded(text) if title and says(text, title) else ""
    if not title or not -1 < words.find(title) <= 20:
        return False
    rest = words.replace(title, " ", 1).replace(source, " ", 1)
    if _FOOTERS.fullmatch(text.rstrip(".")):
        return len(rest.split()) <= 14
    return source != "" and source in words.replace(title, " ", 1) and len(title) > 8 and len(rest.split()) <= 3


def _is_head(html: str, blocks: list[tuple[int, int]], title: str) -> bool:
    text = _plain(html[slice(*blocks[0])])
    bare = text.rstrip(".!:…")
    repeats = title and len(blocks) > 1 and title.startswith(folded(text[:40])) and folded(text) == title
    known = len(text) <= 80 and (_HEAD.fullmatch(bare) or _CHROME.fullmatch(bare))
    return bool(repeats or known) and _removable(html, blocks[0])


def _removable(html: str, block: tuple[int, int]) -> bool:
    """No picture in it, and every inline element that begins in it ends in it."""
    part = html[slice(*block)]
    opened = sum(1 if part[found.start() + 1] != "/" else -1 for found in _TAG.finditer(part) if found[1] != "wbr")
    return opened == 0 and not _MEDIA.search(part)


def _without_tail(block: str, title: str, source: str) -> str:
    """The last block without a read-more link, a footer and square brackets around its ellipsis, where it has them."""
    ends_with_link = _AFTER_LINK.fullmatch(block, block.rfind("</a>") + 4) if "</a>" in block else None
    link = _LAST_LINK.search(block, max(0, len(block) - 2000)) if ends_with_link else None
    before = _plain(block[: link.start()]) if link else ""
    if link and before[-1:] in _ENDS and _READ_MORE.match(words := _plain(link[1])) and _is_tail(words, title, ""):
        return block[: link.start()]
    last = block[-1500:]
    names_title = title and says(_plain(last), title)
    for found in _BREAKS.finditer(block, len(block) - len(last)) if names_title else ():
        rest = _plain(block[found.end() :])
        if len(rest) <= 900 and _is_footer(rest, title, source):
            return block[: found.start()]
    return _CUT.sub("…", block) if block.rstrip()[-1:] in ("]", ")") else block
