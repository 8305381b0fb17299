"""Made-up pairs of entries that tell one event, and pairs that only look so: the hard ones."""

from __future__ import annotations

from typing import NamedTuple


class Pair(NamedTuple):
    """Two entries as (title, lead); whether one source told both, how many days lie between, whose byline both have."""

    why: str
    one: tuple[str, str]
    other: tuple[str, str]
    same_source: bool = False
    days: float = 0.5
    language: str = "en"
    author: str | None = None


APART = (
    Pair(
        "an explainer of a law and a suit under it",
        (
            "What the Platform Work Directive means for you",
            "The EU's Platform Work Directive presumes employment of riders. A guide for employers in seven questions.",
        ),
        (
            "Riders sue Glide under the Platform Work Directive",
            "Forty riders in Ghent sue the delivery service Glide, the first case under the Platform Work Directive.",
        ),
        days=4,
    ),
    Pair(
        "two issues of a weekly link roundup that share a running topic",
        (
            "Weekend reading: robots in warehouses, the four-day week, and a goodbye",
            (
                "What we read this week: Halvorsen on robots in warehouses, Lindqvist on the four-day week in "
                "Tampere, and more."
            ),
        ),
        (
            "Weekend reading: robots in kitchens, the four-day week, and a hello",
            (
                "What we read this week: Halvorsen on robots in kitchens, Lindqvist on the four-day week in Turku, "
                "and more."
            ),
        ),
        same_source=True,
        days=7,
    ),
    Pair(
        "the same at two sources that follow one fashion",
        (
            "Links for Friday: Brightwell hires, Norfield fires",
            "Brightwell opens 300 jobs, Norfield closes a plant, and a study of naps at work.",
        ),
        (
            "Five things on Friday: Norfield's figures and a study of pay",
            "Norfield reports its quarter, a study looks at pay in nursing, and Brightwell moves house.",
        ),
    ),
    Pair(
        "two episodes of one podcast",
        (
            "Episode 211: Maren Oduya on leading quiet teams",
            (
                "Maren Oduya, author and coach, tells Tobias Falk how quiet teams are led. Subscribe wherever you "
                "listen to The Shift."
            ),
        ),
        (
            "Episode 212: Ruth Abara on leading loud teams",
            (
                "Ruth Abara, author and coach, tells Tobias Falk how loud teams are led. Subscribe wherever you "
                "listen to The Shift."
            ),
        ),
        same_source=True,
        days=7,
    ),
    Pair(
        "two podcasts with one guest about two of her books",
        (
            "Maren Oduya on Quiet Teams",
            "The coach Maren Oduya talks about her book on teams that say little and ship much.",
        ),
        (
            "Why we promote the wrong people, with Maren Oduya",
            "Maren Oduya returns with research on promotions, nepotism and what appraisal forms hide.",
        ),
        days=3,
    ),
    Pair(
        "this year's and last year's survey by one house",
        (
            "Pennwick Workplace Index 2025: one in three wants to leave",
            (
                "The Pennwick Workplace Index asked 12,000 employees in nine countries. One in three wants to leave "
                "within a year."
            ),
        ),
        (
            "Pennwick Workplace Index 2026: one in four wants to leave",
            (
                "The Pennwick Workplace Index asked 12,000 employees in nine countries. One in four wants to leave "
                "within a year."
            ),
        ),
        days=9,
    ),
    Pair(
        "the same survey, told without its year in the headline",
        (
            "A third of employees wants to leave, says Pennwick",
            "The Pennwick Workplace Index for 2025 finds a third of employees looking for another job.",
        ),
        (
            "A quarter of employees wants to leave, says Pennwick",
            "The Pennwick Workplace Index for 2026 finds a quarter of employees looking for another job.",
        ),
        days=10,
    ),
    Pair(
        "two months of one statistic",
        (
            "US economy adds 151,000 jobs in February",
            "Employers added 151,000 jobs in February, and unemployment rose to 4.1%, the Labor Department said.",
        ),
        (
            "US economy adds 228,000 jobs in March",
            "Employers added 228,000 jobs in March, and unemployment rose to 4.2%, the Labor Department said.",
        ),
        days=12,
    ),
    Pair(
        "one statistic of two countries",
        (
            "Unemployment in Norland falls to 4.1%",
            (
                "The jobless rate in Norland fell to 4.1% in the fourth quarter as builders hired, the statistics "
                "office said."
            ),
        ),
        (
            "Unemployment in Suderland falls to 4.1%",
            (
                "The jobless rate in Suderland fell to 4.1% in the fourth quarter as hotels hired, the statistics "
                "office said."
            ),
        ),
    ),
    Pair(
        "one company, its quarter and its chief",
        (
            "Ostrom beats forecasts as cloud sales climb",
            (
                "Ostrom reported quarterly revenue of $14.2 billion, above what analysts had expected, as cloud "
                "sales climbed."
            ),
        ),
        (
            "Ostrom chief executive Lena Quist to step down",
            "Lena Quist leaves Ostrom after nine years; the board of the software company names a successor in May.",
        ),
        days=1,
    ),
    Pair(
        "two layoffs at two companies, told alike",
        (
            "Brightwell lays off 1,200 employees, citing AI",
            "Brightwell is laying off 1,200 employees, or 8% of its workforce, as it invests in AI, a memo said.",
        ),
        (
            "Norfield lays off 1,200 employees, citing AI",
            "Norfield is laying off 1,200 employees, or 8% of its workforce, as it invests in AI, a memo said.",
        ),
    ),
    Pair(
        "two layoffs at one company, half a year's news in one week",
        (
            "Brightwell cuts 300 jobs in its games studio",
            "Brightwell closes the games studio in Malmö that it bought in 2021; 300 people lose their jobs.",
        ),
        (
            "Brightwell cuts 1,100 jobs in its warehouses",
            "Robots take over in Brightwell's three warehouses in Ohio; 1,100 people lose their jobs.",
        ),
        days=3,
    ),
    Pair(
        "two agreements of one union",
        (
            "Dockers in Port Amble ratify contract",
            (
                "Members of Local 88 of the dock workers' union in Port Amble have ratified a contract with Castor "
                "Shipping."
            ),
        ),
        (
            "Crane operators in Port Selwyn ratify contract",
            "Members of Local 91 of the dock workers' union in Port Selwyn have ratified a contract with Pollux Lines.",
        ),
    ),
    Pair(
        "one court, two cases",
        (
            "Labour court: smokers' breaks are no working time",
            "The Federal Labour Court in Erfurt ruled that breaks for smoking are not paid, case 5 AZR 117/25.",
        ),
        (
            "Labour court: notice by messenger is void",
            "The Federal Labour Court in Erfurt ruled that a notice sent by a messenger app is void, case 2 AZR 61/25.",
        ),
        days=1,
    ),
    Pair(
        "one law, a proposal in one state and one in another",
        (
            "Minnesota bill would require 90 days' notice before AI replaces workers",
            "A bill in Minnesota would make employers give 90 days' notice before they replace workers by AI.",
        ),
        (
            "Oregon bill would require 60 days' notice before AI replaces workers",
            "A bill in Oregon would make employers give 60 days' notice before they replace workers by AI.",
        ),
        days=2,
    ),
    Pair(
        "one columnist, two columns with one signature",
        (
            "Ask Henrike: my boss reads my messages",
            (
                "Henrike Sol answers your questions about work each Tuesday. This week: a reader whose boss reads "
                "her messages."
            ),
        ),
        (
            "Ask Henrike: my colleague takes the credit",
            (
                "Henrike Sol answers your questions about work each Tuesday. This week: a reader whose colleague "
                "takes the credit."
            ),
        ),
        same_source=True,
        days=7,
    ),
    Pair(
        "one author at two places about one theme",
        (
            "Why managers should write more",
            (
                "Dario Pell argues that managers who write think better, and that meetings hide what nobody has "
                "thought through."
            ),
        ),
        (
            "Managers, put away the slides",
            "Dario Pell on what slides do to thought, and why a manager's best tool is a page of prose.",
        ),
        days=4,
        author="Dario Pell",
    ),
    Pair(
        "two texts under one title",
        (
            "The future of work",
            (
                "Ten years ago offices had doors. A walk through a tower in Rotterdam in which nobody has a desk of "
                "their own."
            ),
        ),
        (
            "The future of work",
            "Economists from Uppsala model wages under automation and find three ways in which they could go.",
        ),
        days=1,
    ),
    Pair(
        "one list in two years",
        (
            "The 50 best companies to work for in 2025",
            "Harrow & Finch top our ranking of the best employers of 2025, ahead of Castor and Ostrom.",
        ),
        (
            "The 50 best companies to work for in 2026",
            "Ostrom tops our ranking of the best employers of 2026, ahead of Harrow & Finch and Castor.",
        ),
        days=13,
    ),
    Pair(
        "one conference in two years",
        (
            "What we learned at WorkNext 2025",
            "Three thousand people met in Lisbon for WorkNext 2025. Here is what we learned about skills and pay.",
        ),
        (
            "What to expect from WorkNext 2026",
            "Three thousand people will meet in Lisbon for WorkNext 2026. Here is what to expect about AI and pay.",
        ),
        days=10,
    ),
    Pair(
        "two talks at one conference",
        (
            "WorkNext: Adaeze Bello wants to end the appraisal",
            (
                "At WorkNext in Lisbon Adaeze Bello called appraisals a ritual, and showed what her bank does in "
                "their place."
            ),
        ),
        (
            "WorkNext: unions and machines",
            "At WorkNext in Lisbon three union leaders discussed what machines may decide, and what they may not.",
        ),
    ),
    Pair(
        "two releases of one program",
        (
            "Tandem 4.2 released",
            "Tandem 4.2 brings calendars for teams and a dark theme. Tandem is a tool to plan shifts.",
        ),
        (
            "Tandem 4.3 released",
            "Tandem 4.3 brings exports for payroll and a faster start. Tandem is a tool to plan shifts.",
        ),
        same_source=True,
        days=12,
    ),
    Pair(
        "two people appointed by one company",
        (
            "Castor appoints Ingrid Maas as chief people officer",
            "Castor has appointed Ingrid Maas as chief people officer. She joins from Pollux in April.",
        ),
        (
            "Castor appoints Samuel Okoro as chief finance officer",
            "Castor has appointed Samuel Okoro as chief finance officer. He joins from Ostrom in May.",
        ),
        days=3,
    ),
    Pair(
        "two tools of one vendor, a month's launches",
        (
            "Workbench launches Pilot, an agent for recruiters",
            "Workbench, the maker of HR software, launched Pilot, an agent that screens applications.",
        ),
        (
            "Workbench launches Ledger, an agent for payroll",
            "Workbench, the maker of HR software, launched Ledger, an agent that checks payslips.",
        ),
        days=5,
    ),
    Pair(
        "one topic, two studies",
        (
            "Remote workers are promoted less, a study from Leuven finds",
            "Researchers in Leuven followed 900 engineers: who works from home is promoted a third less often.",
        ),
        (
            "Remote workers are happier, a study from Aarhus finds",
            "Researchers in Aarhus asked 2,300 clerks: who works from home is content more often.",
        ),
        days=1,
    ),
    Pair(
        "two German collective agreements",
        (
            "Tarifeinigung in der Stahlindustrie: 4,5 Prozent mehr Lohn",
            "Die IG Metall und die Arbeitgeber der Stahlindustrie einigten sich auf 4,5 Prozent mehr Lohn ab Juli.",
        ),
        (
            "Tarifeinigung in der Textilindustrie: 4,5 Prozent mehr Lohn",
            "Die IG Metall und die Arbeitgeber der Textilindustrie einigten sich auf 4,5 Prozent mehr Lohn ab Mai.",
        ),
        days=2,
        language="de",
    ),
    Pair(
        "two days of market news",
        (
            "Morning brief: shares rise, Ostrom climbs, oil falls",
            "Good morning. Shares in Frankfurt rose, Ostrom gained 3%, oil fell below $70.",
        ),
        (
            "Morning brief: shares fall, Ostrom slips, oil rises",
            "Good morning. Shares in Frankfurt fell, Ostrom lost 2%, oil rose above $70.",
        ),
        same_source=True,
        days=1,
    ),
    Pair(
        "two parts of one series of articles",
        (
            "Inside the night shift, part 2: the bakers of Gyula",
            "Our series on people who work while others sleep. In part 2 we meet the bakers of Gyula.",
        ),
        (
            "Inside the night shift, part 3: the nurses of Pécs",
            "Our series on people who work while others sleep. In part 3 we meet the nurses of Pécs.",
        ),
        days=5,
    ),
)

HARDEST = (
    Pair(
        "one company, a hiring plan and a strike",
        (
            "Volmer to hire 2,000 drivers in Leipzig",
            "The parcel company Volmer wants to hire 2,000 drivers for its hub in Leipzig this year.",
        ),
        (
            "Strike at Volmer: drivers stop parcels in Leipzig",
            "Drivers of Volmer in Leipzig walked out on Monday for higher pay, the union said.",
        ),
        days=2,
    ),
    Pair(
        "a notice that one press office puts under everything",
        (
            "Salderon opens a training centre in Graz",
            (
                "Salderon opened a training centre. About Salderon: Salderon AG, listed in Vienna, employs 41,000 "
                "people in 60 "
                "countries and is led by Petra Hainz. Press contact: Jonas Weidl, +43 1 555 0100."
            ),
        ),
        (
            "Salderon sponsors the marathon",
            (
                "Salderon supports runners. About Salderon: Salderon AG, listed in Vienna, employs 41,000 people in 60 "
                "countries and is led by Petra Hainz. Press contact: Jonas Weidl, +43 1 555 0100."
            ),
        ),
        days=2,
    ),
)
"""Who does not know the world takes these for one event: the same names, the same few words."""

TOGETHER = (
    Pair(
        "one layoff, two newsrooms",
        (
            "Brightwell lays off 1,200 employees, citing AI",
            "Brightwell is laying off 1,200 employees, or 8% of its workforce, as it invests in AI, a memo said.",
        ),
        (
            "AI spending costs 1,200 jobs at Brightwell",
            "The retailer Brightwell told staff on Tuesday that 1,200 roles will go while it spends more on AI.",
        ),
    ),
    Pair(
        "a rewritten headline, teasers of one sentence",
        (
            "Volmer drivers walk out in Leipzig over pay",
            "Parcels pile up in Leipzig as drivers of Volmer strike for 12% more pay.",
        ),
        ("Strike stops Volmer's hub", "Leipzig: union calls out 900 Volmer drivers who demand 12% more."),
    ),
    Pair(
        "a report and what it means",
        (
            "Government names 389 employers that underpaid the minimum wage",
            "Castor and Pollux are among 389 employers named for paying less than the minimum wage.",
        ),
        (
            "Castor tops the list of minimum wage offenders",
            "What went wrong at Castor, which is among the 389 employers named for underpaying the minimum wage.",
        ),
    ),
    Pair(
        "a launch, told by an analyst and by a magazine",
        (
            "Workbench bets on agents: a first look at Pilot",
            "At its conference in Denver Workbench showed Pilot, an agent that screens applications. It is a bold bet.",
        ),
        (
            "Workbench launches Pilot to screen applications",
            "Pilot, an agent from Workbench, reads applications and ranks them. It was shown in Denver on Monday.",
        ),
        days=1,
    ),
    Pair(
        "a ruling in two languages",
        (
            "Court of Justice: riders of Glide are employees",
            "The Court of Justice in Luxembourg ruled in C-411/24 that riders of Glide are employees.",
        ),
        (
            "EuGH: Fahrer von Glide sind Arbeitnehmer",
            "Der Gerichtshof in Luxemburg entschied in C-411/24, dass Fahrer von Glide Arbeitnehmer sind.",
        ),
    ),
    Pair(
        "a resignation, a headline and an analysis",
        (
            "Ostrom chief executive Lena Quist to step down",
            "Lena Quist leaves Ostrom after nine years; the board of the software company names a successor in May.",
        ),
        (
            "Who could follow Lena Quist at Ostrom",
            (
                "Three names are heard most since Quist said that she will leave Ostrom, the software company, after "
                "nine years."
            ),
        ),
        days=1,
    ),
    Pair(
        "a study, two teasers",
        (
            "Remote workers are promoted less, a study from Leuven finds",
            "Researchers in Leuven followed 900 engineers: who works from home is promoted a third less often.",
        ),
        (
            "The price of working from home: fewer promotions",
            (
                "A study of 900 engineers by the university of Leuven finds that home workers are promoted a third "
                "less often."
            ),
        ),
        days=2,
    ),
    Pair(
        "a survey on two sides of a weekend",
        (
            "Nurses' survey shows stability, not improvement",
            "The yearly survey of NHC nurses by Harrow shows that advocacy fell slightly to 58.4%.",
        ),
        (
            "Concerning reading: NHC nurses report rising pressure",
            "The Harrow survey of NHC nurses shows worse staffing and wellbeing, and advocacy at 58.4%.",
        ),
        days=3.1,
    ),
    Pair(
        "Hungarian, two papers",
        (
            "Lemondott Varga Ilona, a szegedi kórház igazgatója",
            "Varga Ilona, a szegedi kórház igazgatója pénteken lemondott, miután a nővérek ultimátumot adtak.",
        ),
        (
            "Célt ért a nővérek ultimátuma Szegeden",
            "Felállt a szegedi kórház éléről Varga Ilona, jelentették be pénteken a dolgozók.",
        ),
        language="hu",
    ),
    Pair(
        "German, two papers",
        (
            "Tarifeinigung in der Stahlindustrie: 4,5 Prozent mehr Lohn",
            "Die IG Metall und die Arbeitgeber der Stahlindustrie einigten sich auf 4,5 Prozent mehr Lohn ab Juli.",
        ),
        (
            "Stahlkocher bekommen 4,5 Prozent mehr",
            "Nach 14 Stunden steht die Einigung: IG Metall und Stahlindustrie vereinbaren 4,5 Prozent mehr Lohn.",
        ),
        language="de",
    ),
    Pair(
        "an agency's text under two headlines, rewritten a little",
        (
            "Employment levels in Norland dip amid tensions",
            "Total employment in Norland fell by 8,400 in the first quarter, the ministry of labour said on Friday.",
        ),
        (
            "Norland loses 8,400 jobs in the first quarter",
            (
                "The ministry of labour in Norland said on Friday that total employment fell by 8,400 in the first "
                "quarter."
            ),
        ),
    ),
    Pair(
        "a campaign and a comment on it",
        (
            "Burgerhall celebrates its young workers",
            "A new campaign by Burgerhall in Britain shows the skills of its workers under 25.",
        ),
        (
            "Be like Burgerhall: think again about young workers",
            "Burgerhall's campaign on the skills of young workers in Britain tells other employers to think again.",
        ),
        days=2,
    ),
)
