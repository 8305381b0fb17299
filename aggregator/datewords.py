"""The words of dates: months and what stands beside them in the common languages, names of zones."""

from __future__ import annotations

import unicodedata
from typing import Final

# One line a language, January to December. A word is read as a month when it is one of these or a beginning of
# three letters or more that is unambiguous in its language; the language that stands first wins.
_LANGUAGES: Final = """
january february march april may june july august september october november december
januar februar märz april mai juni juli august september oktober november dezember
jänner feber mrz april mai juni juli august september oktober november dezember
janvier février mars avril mai juin juillet août septembre octobre novembre décembre
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
januari februari maart april mei juni juli augustus september oktober november december
jan feb mrt apr mei jun jul aug sep okt nov dec
stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia
styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień
januari februari mars april maj juni juli augusti september oktober november december
januar februar marts april maj juni juli august september oktober november december
január február március április május június július augusztus szeptember október november december
ledna února března dubna května června července srpna září října listopadu prosince
tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta marraskuuta
ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie
ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık
января февраля марта апреля мая июня июля августа сентября октября ноября декабря
січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня
ιανουαρίου φεβρουαρίου μαρτίου απριλίου μαΐου ιουνίου ιουλίου αυγούστου σεπτεμβρίου οκτωβρίου νοεμβρίου δεκεμβρίου
"""

# Minutes east of Greenwich. Where one name stands for several zones, the one that feeds mean.
ZONES: Final = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "bst": 60, "ist": 330, "west": 60, "cet": 60, "mez": 60,
    "met": 60, "cest": 120, "mesz": 120, "mest": 120, "eet": 120, "sast": 120, "eest": 180, "msk": 180, "pkt": 300,
    "ict": 420, "wib": 420, "hkt": 480, "sgt": 480, "awst": 480, "jst": 540, "kst": 540, "acst": 570, "acdt": 630,
    "aest": 600, "aedt": 660, "nzst": 720, "nzdt": 780, "nst": -210, "ndt": -150, "art": -180, "brt": -180,
    "ast": -240, "adt": -180, "est": -300, "edt": -240, "et": -300, "cst": -360, "cdt": -300, "ct": -360,
    "mst": -420, "mdt": -360, "mt": -420, "pst": -480, "pdt": -420, "pt": -480, "akst": -540, "akdt": -480,
    "hst": -600,
}  # fmt: skip

_WORDS_WITHOUT_MEANING: Final = """
mon tue tues wed thu thur thurs fri sat sun monday tuesday wednesday thursday friday saturday sunday
at on of the de del do le den der um kl klo om a as las h uhr o t , . - | \u2013 \u2014 ; ' @
"""
IGNORED: Final = frozenset(_WORDS_WITHOUT_MEANING.split())
MORNING: Final = frozenset({"am", "오전", "午前", "上午"})
EVENING: Final = frozenset({"pm", "오후", "午後", "下午"})


def fold(text: str) -> str:
    """Lower case without accents; Hangul and other composed letters stay whole."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(char for char in apart if not unicodedata.combining(char)))


def _month_names() -> dict[str, int]:
    names: dict[str, int] = {}
    for line in _LANGUAGES.strip().splitlines():
        words = [fold(word) for word in line.split()]
        for number, word in enumerate(words, 1):
            for length in range(3, len(word) + 1):
                others = (other for at, other in enumerate(words, 1) if at != number)
                if length == len(word) or not any(other.startswith(word[:length]) for other in others):
                    names.setdefault(word[:length], number)
    return names


MONTHS: Final = _month_names()
