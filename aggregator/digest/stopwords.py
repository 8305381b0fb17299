"""Words that tell nothing about a text: the grammar of eight languages, and what every week's news says.

Left out is what is grammar in one language and a subject in another ("ai", "ki", "war").
"""

from __future__ import annotations

from aggregator.entries.words import fold

STOP = frozenset(
    fold(
        """
    a about after again all almost already also although always am among an and another any are around as at away back
    be became because become been before being below best better between big both but by came can cannot come could day
    days did do does doing done down each early either else end enough even ever every few find first five for found
    four from full get gets getting give go goes going gone good got great had has have having he help helps her here
    hers him his how however if in into is isn it its itself just keep know last late later least less let like ll
    long look made make makes making many may me mean means might month months more most much must my need needs never
    new next no nor not nothing now of off often old on once one only onto or other others our out over own part per
    put rather re read really right said same say saying says second see seen set several shall she should show shows
    since six so some something soon still such take takes than that the their them then there these they thing things
    think third this those though three through time times to today together told too toward towards two under until up
    upon us use used using ve very via want wants was wasn way ways we week weeks well went were what when where
    whether which while who whom whose why will with within without won would year years yes yesterday yet you your
    according announced latest news online article post blog continue
    january february march april june july august september october november december
    monday tuesday wednesday thursday friday saturday sunday don didn doesn aren couldn wouldn shouldn hasn haven
    ab aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bereits bin bis bist
    da dabei dafür damit dann daran darauf darum das dass davon dazu dein dem den denn der deren des dessen die dies
    diese diesem diesen dieser dieses doch dort du durch eigenen ein eine einem einen einer eines einige er erst es
    etwa etwas euch für gab ganz gegen geht geworden gibt habe haben hat hatte hatten heute hier hin hinter ich ihm
    ihn ihnen ihr ihre ihrem ihren ihrer im immer in ins ist ja jahr jahre jahren jede jedem jeden jeder jetzt kann
    kein keine keinen können könnte mal man mehr mein meist mit muss müssen nach neue neuen neuer neues nicht nichts
    noch nun nur ob oder ohne rund schon sehr sei sein seine seinem seinen seiner seit selbst sich sie sind so sogar
    soll sollen sollte sondern sowie über um und uns unser unsere unter viel viele vielen vom von vor waren warum
    was weil weiter weitere welche wenn wer werden wie wieder will wir wird wo wollen wurde wurden während würde zu
    zum zur zwei zwischen
    au aussi autre autres aux avait avant avec avez avoir bien ce cela ces cet cette ceux chaque chez comme comment
    contre dans de depuis des deux doit donc dont du elle elles en encore entre est et été être fait faire font il ils
    je jour jours la le les leur leurs lors lui mais même mois moins mon ne nos notre nous nouveau nouvelle on ont ou
    où par pas peu peut peuvent plus pour pourquoi qu quand que quel quelle quelles quels qui sa sans se selon ses si
    son sont sous sur ta tous tout toute toutes très trop un une vers vos votre vous
    ahora al algo ante antes año años aquí así aunque cada casi como con contra cual cuando cuatro da del desde día
    días donde dos el ella ellas ellos en entre era es esa ese eso esta está están estas este esto estos fue fueron
    gran ha hace hacer han hasta hay hoy las le les lo los mas más me mejor mi mientras mismo muy nada ni no nos
    nueva nuevo o otra otras otro otros para parte pero poco por porque puede pueden que qué quien se sea según ser
    si sí sido sin sobre solo son su sus también tan tanto te tiene tienen toda todas todo todos tras tres tu un una
    unas uno unos va vez y ya yo
    a akár aki ahol ahogy amely amelyek ami amikor amit annak arra az azért azok azt azonban be ben de e egy egyik
    egyre el elő első en és ez ezek ezen ezért ezt fel ha hanem hat hogy hogyan igen így ilyen is itt jó kell
    kellett két között közül le lehet lesz lett ma már más meg mert mi miért mint minden mindig most nagy nagyon ne
    nem nincs olyan ott össze pedig s sem sok sokkal számára szerint szinte több tud új után utolsó vagy vagyis való
    valamint van vannak volt voltak által éves év évben évek
    agli al alla alle allo anche ancora anni anno avere c che chi ci come con contro così cui da dagli dai dal dalla
    dalle degli dei del dell della delle dello di dopo dove due e ed essere fa fare fino fra gli ha hanno i il in io
    la le lo loro ma mentre molto ne nei nel nella nelle no noi non nostra nostro nuova nuovo o ogni oggi per perché
    però più poi prima può quale quali quando quanto quella quello quesa questa queste questi questo qui se sempre
    senza si sia solo sono sta stato su sua sue sugli sui sul sulla suo suoi tra tre tutti tutto un una uno
    aan al alle alleen als altijd andere ben bij bijna daar dan dat de deze die dit doen door dus een eens elk en er
    ervan gaan gaat geen goed had hebben heeft het hij hoe hun iets ik in is ja jaar je jouw kan kunnen maar maken meer
    men met mij mijn moet moeten na naar niet niets nieuwe nog nu of om omdat onder ons ook op over sinds steeds te
    tegen toch toen tot twee uit uw van veel veld vaak voor vooral waar waarom wanneer want waren was wat we wel welke
    werd wie wij wil willen worden wordt zal ze zeer zei zelf zich zij zijn zo zonder zou
    ainda ao aos apenas após as até cada com como contra da das de depois desde dia dias do dois dos e é ela elas ele
    eles em entre era essa esse esta está estão este eu foi foram há hoje isso isto já lhe mais mas me menos mesmo
    meu muito muitos na nas nem no nos nós nossa nosso nova novo num numa o onde os ou outra outras outro outros para
    pela pelas pelo pelos pode podem por porque quais qual quando que quem se segundo sem ser será seu seus sido são
    só sobre sua suas também tem têm ter toda todas todo todos três tudo um uma uns você
    """
    ).split()
)
