"""What publishing systems, their plug-ins and newsletters say around every entry, in the languages of the sources.

Each table is one pattern, to be met by a whole block of text. The tables stand apart from what is done with them: they
grow by what is found in feeds.
"""

from __future__ import annotations

import re


def _phrases(table: str) -> re.Pattern[str]:
    """One pattern for a table of phrases, `|` between them: `*` is any words or none, `#` a number."""
    escaped = "|".join(re.escape(" ".join(phrase.split())) for phrase in table.split("|")).replace("\\ ", " ")
    anything = escaped.replace(r" \*", "(?:[ .,:!].{0,400})?").replace(r"\* ", ".{0,400} ")
    return re.compile(anything.replace(r"\#", r"\d+(?:[.,]\d+)?").replace("'", "[’' ]?"), re.IGNORECASE)


# "The post TITLE appeared first on SITE.", as WordPress and its plug-ins write it.
FOOTERS = _phrases(
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
READ_MORE = _phrases(
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
CHROME = _phrases(
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
HEAD = _phrases(
    """skip to content | skip to main content | skip to navigation | jump to content | zum inhalt | zum inhalt springen
    | zum hauptinhalt springen | aller au contenu | passer au contenu | saltar al contenido | ir al contenido
    | vai al contenuto | ga naar de inhoud | naar de inhoud | ugrás a tartalomhoz | ugrás a tartalomra
    | kilépés a tartalomba | menu | menü | reading time: * | reading time # * | estimated reading time: * | # min read
    | # minute read | # minutes read | lesezeit: * | temps de lecture * | listen to this article *
    | listen to this post *
    | toggle navigation | back to blog | back to home | back to top"""
)
INVITE = _phrases("don't miss a * | don't miss an * | don't miss out * | never miss a * | never miss an *")
PROMISE = _phrases(
    "we don't spam * | we do not spam * | we won't spam * | we never spam * | no spam * | unsubscribe anytime *"
)
RELATED = _phrases(
    """related | related posts | related articles | related stories | related reading | related links
    | you may also like *
    | you might also like * | you may also enjoy * | more from * | more on this * | recommended * | read next
    | ähnliche beiträge | das könnte * interessieren | à lire aussi * | articles similaires | artículos relacionados
    | kapcsolódó * | articoli correlati"""
)
