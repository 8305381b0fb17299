"""The menus of a web page that was kept as text: runs of short lines above and below the entry itself.

One such run is cut as a whole, and only if it is long and several of its lines are what only menus say: a list of
names or tools that an author wrote has none of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_LEAST = 8  # lines of a run
_SURE = 3  # of them: words that menus have and lists of authors do not
_WORDS = 6  # of a line at most
_LONGEST = 150  # lines of a run
_LONGEST_NOTE = 12
_COPYRIGHT = re.compile(r"©|\(c\)|copyright\b", re.IGNORECASE)
_ENDS = frozenset('.!?…:;”"')
_NOT_WORD = re.compile(r"[\W_]+")


def _lines(table: str) -> frozenset[str]:
    return frozenset(" ".join(line.split()) for line in table.split("|"))


_MENU = _lines(
    """menu | main menu | primary menu | search | search by keyword | log in | login | sign in | log out | subscribe
    | skip to content | skip to main content | manage my account | my account | newsletters | home | homepage
    | menü | hauptmenü | suche | suchen | anmelden | abmelden | abonnieren | zum inhalt | zum inhalt springen
    | startseite
    | menu principal | rechercher | connexion | se connecter | s'abonner | accueil | buscar | iniciar sesión
    | suscríbete | inicio | keresés | belépés | főoldal"""
)
_FOOT = _lines(
    """terms | terms of use | terms of service | terms and conditions | privacy | privacy policy | cookie policy
    | manage cookies | cookies | accessibility | contact | contact us | about | about us | careers | press | shop | help
    | advertise | support | pricing | subscribe | sitemap | do not sell my personal information
    | modern slavery statement | impressum | datenschutz | datenschutzerklärung | kontakt | agb | über uns | karriere
    | presse | barrierefreiheit | mentions légales | politique de confidentialité | plan du site | aviso legal
    | política de privacidad | contacto | kapcsolat | impresszum | adatvédelem"""
)


def menu_above(lines: Iterable[str], title: str) -> int:
    """How many of the first lines are a menu: those above the (folded) title or the first that may be a sentence."""
    return _run(lines, _MENU, title)


def menu_below(lines: Iterable[str]) -> int:
    """How many of the last lines, the last one first, are a menu: those below the last that may be a sentence."""
    return _run(lines, _FOOT, "")


def folded(text: str) -> str:
    """The words of a text, without case and punctuation."""
    return _NOT_WORD.sub(" ", text).casefold().strip()


@lru_cache(maxsize=16)  # the last block of a text is asked several times
def says(text: str, title: str) -> bool:
    """Whether a text says a (folded) title; one of its words mostly tells that it does not."""
    lower = text.casefold()
    return all(word in lower for word in title.split(" ")) and title in folded(text)


def _run(lines: Iterable[str], known: frozenset[str], title: str) -> int:
    """The length of the run that the lines begin with; 0 where it is no menu, or all there is."""
    run: list[str] = []
    for line in lines:
        if not is_short(line) or (title and folded(line) == title):
            is_menu = len(run) >= _LEAST and len(known.intersection(map(str.casefold, run))) >= _SURE
            return len(run) if is_menu else 0
        if len(run) == _LONGEST:
            return 0
        run.append(line)
    return 0


def is_short(line: str) -> bool:
    """Whether a line may be one of a menu; a question of three words may, and the note of a copyright."""
    words = line.split(None, _LONGEST_NOTE + 1)
    if _COPYRIGHT.match(line):
        return len(words) <= _LONGEST_NOTE
    return len(words) <= _WORDS and (line[-1:] not in _ENDS or (len(words) <= 3 and line[-1:] == "?"))
