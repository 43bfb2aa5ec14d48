"""The Dutch of the health of the data in a report file."""

HEALTH_DUTCH: dict[str, str] = {
    "Traffic split": "Verkeersverdeling",
    "Seen in two variants": "Gezien in twee varianten",
    "Assignment followed": "Toewijzing gevolgd",
    "There are too few units to assign a sample of them again.": (
        "Er zijn te weinig eenheden om een steekproef opnieuw toe te wijzen."
    ),
    "The units were assigned elsewhere, so it cannot be told whether that was followed.": (
        "De eenheden zijn elders toegewezen, dus is niet te zeggen of dat gevolgd is."
    ),
    "A sample of {units} units was assigned again: they met what they should.": (
        "Een steekproef van {units} eenheden is opnieuw toegewezen: ze zagen wat ze hoorden te zien."
    ),
    "{share} of a sample of units met another variant than they were assigned.": (
        "{share} van een steekproef van eenheden zag een andere variant dan is toegewezen."
    ),
    "{share} of a sample of units take part although the traffic leaves them out.": (
        "{share} van een steekproef van eenheden doet mee terwijl ze buiten het verkeer vallen."
    ),
    "{share} of a sample of units take part without being in the audience.": (
        "{share} van een steekproef van eenheden doet mee zonder tot de doelgroep te horen."
    ),
    "The shop decides by itself who sees what, or asks with another id than it logs.": (
        "De winkel bepaalt zelf wie wat ziet, of vraagt met een andere id dan hij vastlegt."
    ),
    "Ask for the variant with the id that is logged, and log what was answered.": (
        "Vraag de variant op met de id die wordt vastgelegd, en leg vast wat er geantwoord is."
    ),
    "Alike before the start": "Gelijk voor de start",
    "Every variant reports": "Elke variant meldt zich",
    "Data arriving": "Gegevens komen binnen",
    "Events on time": "Gebeurtenissen op tijd",
    "Unknown variants": "Onbekende varianten",
    "Currencies": "Valuta",
    "Missing fields": "Ontbrekende velden",
    "Completed windows": "Voltooide vensters",
    "Held-out left alone": "Hold-outgroep met rust gelaten",
    "None of those held out met an experiment of the holdout.": (
        "Niemand in de hold-outgroep zag een experiment dat erbij hoort."
    ),
    "{units} units ({share}) of those held out met experiments of the holdout.": (
        "{units} eenheden ({share}) in de hold-outgroep zagen experimenten die erbij horen."
    ),
    "The shop shows an experiment without asking, or asks with another id.": (
        "De winkel toont een experiment zonder te vragen, of vraagt met een ander id."
    ),
    "Ask for the variant wherever the experiment is shown; until then the true effect is larger.": (
        "Vraag om de variant overal waar het experiment te zien is; tot dan is het echte effect groter."
    ),
    "One person, several ids": "Eén persoon, meer id's",
    "Seen in an earlier phase": "Gezien in een eerdere fase",
    "Growth of variants": "Groei van varianten",
    "Exposures from before this phase do not count. {units} units met an earlier phase and count: they "
    "were divided anew, so what they saw is spread evenly.": (
        "Blootstellingen van voor deze fase tellen niet mee. {units} eenheden kwamen al in een eerdere fase "
        "langs en tellen mee: ze zijn opnieuw verdeeld, dus wat ze zagen is gelijk gespreid."
    ),
    "Exposures from before this phase do not count. {units} units met an earlier phase and are left out, "
    "as planned.": (
        "Blootstellingen van voor deze fase tellen niet mee. {units} eenheden kwamen al in een eerdere fase "
        "langs en tellen niet mee, zoals gepland."
    ),
    "{exposures} exposures were decided under another phase, by pages that remembered it, and do not "
    "count.": (
        "{exposures} blootstellingen horen bij een andere fase, die een pagina had onthouden, en tellen niet "
        "mee."
    ),
    "{units} units came to variants that grew more than the others: served, but not compared, for nobody "
    "came to the others at the same time.": (
        "{units} eenheden kwamen bij varianten die meer groeiden dan de andere: ze krijgen die variant, maar "
        "worden niet vergeleken, want bij de andere kwam er tegelijk niemand bij."
    ),
    "{units} units came to variants that grew more than the others: served, but not compared. Variants "
    "that came later are compared from a new phase on.": (
        "{units} eenheden kwamen bij varianten die meer groeiden dan de andere: ze krijgen die variant, maar "
        "worden niet vergeleken. Varianten die later kwamen, worden vanaf een nieuwe fase vergeleken."
    ),
    "A variant was added while the others ran.": "Er kwam een variant bij terwijl de andere al liepen.",
    "Begin a new phase: it divides all units over all variants.": (
        "Begin een nieuwe fase: die verdeelt alle eenheden over alle varianten."
    ),
    "No ids are linked yet; every id counts as a unit.": (
        "Er zijn nog geen id's gekoppeld; elk id telt als een eenheid."
    ),
    "{persons} units were met under {ids} ids, and count once each.": (
        "{persons} eenheden kwamen langs onder {ids} id's en tellen elk één keer."
    ),
    "{persons} units were met under {ids} ids, and count once each. {parted} of them ({share}) met several "
    "variants before their ids were linked, and are left out.": (
        "{persons} eenheden kwamen langs onder {ids} id's en tellen elk één keer. {parted} daarvan ({share}) "
        "kregen verschillende varianten voordat hun id's gekoppeld waren, en tellen niet mee."
    ),
    "{persons} units were met under {ids} ids, and count once each. {crowd_ids} ids are tied together by "
    "one that many people use, and are left out.": (
        "{persons} eenheden kwamen langs onder {ids} id's en tellen elk één keer. {crowd_ids} id's hangen "
        "aan elkaar door een id dat veel mensen gebruiken, en tellen niet mee."
    ),
    "Shoppers meet a variant under two ids before the shop says that these are one person's, or a device "
    "that many people use, such as a till, is linked to all of them.": (
        "Klanten zien een variant onder twee id's voordat de winkel laat weten dat die van één persoon zijn, "
        "of een apparaat dat veel mensen gebruiken, zoals een kassa, wordt aan hen allemaal gekoppeld."
    ),
    "Send both ids with every request once a shopper has logged in, and let no shared device link people.": (
        "Stuur beide id's mee bij elk verzoek zodra een klant is ingelogd, en koppel geen mensen via een "
        "gedeeld apparaat."
    ),
    "Bots left out": "Bots weggelaten",
    "No unit is left out as a bot.": "Geen eenheid is als bot weggelaten.",
    "{units} units ({share}) are left out as bots.": (
        "{units} eenheden ({share}) tellen niet mee omdat het bots zijn."
    ),
    "{units} units ({share}) are left out as bots, which is much.": (
        "{units} eenheden ({share}) tellen niet mee omdat het bots zijn; dat is veel."
    ),
    "{units} units ({share}) are left out as bots, and not as many of each variant: {uneven}, where "
    "{plan} was planned.": (
        "{units} eenheden ({share}) tellen niet mee omdat het bots zijn, en niet van elke variant evenveel: "
        "{uneven}, terwijl {plan} gepland was."
    ),
    "A rule takes shoppers for bots, or the variant itself changes who is taken for one.": (
        "Een regel ziet klanten voor bots aan, of de variant zelf verandert wie voor een bot doorgaat."
    ),
    "Look at the list of bots, and acquit the rule or the units that are none.": (
        "Bekijk de lijst met bots, en spreek de regel of de eenheden vrij die het niet zijn."
    ),
    "Likely cause: {cause}": "Waarschijnlijke oorzaak: {cause}",
    "Remedy: {remedy}": "Wat te doen: {remedy}",
    "Units came into a variant that should get none: {split}.": (
        "Er kwamen eenheden in een variant die er geen hoort te krijgen: {split}."
    ),
    "The split is {split}, planned was {plan}: chance does not do this.": (
        "De verdeling is {split}, gepland was {plan}: dat doet toeval niet."
    ),
    "Over all units the split is {split}, as planned, but not in every part.": (
        "Over alle eenheden is de verdeling {split}, zoals gepland, maar niet in elk deel."
    ),
    "The split is {split}, planned was {plan}.": "De verdeling is {split}, gepland was {plan}.",
    "No units yet.": "Nog geen eenheden.",
    "No unit saw more than one variant.": "Geen eenheid zag meer dan één variant.",
    "{units} units ({share}) saw more than one variant and are left out.": (
        "{units} eenheden ({share}) zagen meer dan één variant en tellen niet mee."
    ),
    "{units} units ({share}) saw more than one variant and are left out; {first} of them saw each "
    "variant first, where {plan} was planned.": (
        "{units} eenheden ({share}) zagen meer dan één variant en tellen niet mee; daarvan zag {first} elke "
        "variant het eerst, terwijl {plan} gepland was."
    ),
    "Too little is known of what units did before to compare them by it.": (
        "Er is te weinig bekend over wat eenheden eerder deden om ze daarop te vergelijken."
    ),
    "Before exposure, the units of all variants were alike.": (
        "Voor de blootstelling waren de eenheden van alle varianten gelijk."
    ),
    "Before exposure, units of {variant} already differed on {metric}.": (
        "Voor de blootstelling verschilden de eenheden van {variant} al op {metric}."
    ),
    "Every variant keeps sending events.": "Elke variant blijft gebeurtenissen sturen.",
    "Nothing came from {variant} for {hours} hours, while {units} units of the others were seen.": (
        "Van {variant} kwam {hours} uur lang niets, terwijl van de andere {units} eenheden gezien werden."
    ),
    "Events come in.": "Er komen gebeurtenissen binnen.",
    "No new events for more than a day.": "Al meer dan een dag geen nieuwe gebeurtenissen.",
    "{events} exposures name a variant that the experiment does not have; they are left out.": (
        "{events} blootstellingen noemen een variant die het experiment niet heeft; ze tellen niet mee."
    ),
    "No exposures yet.": "Nog geen blootstellingen.",
    "Events come in soon after they happen.": "Gebeurtenissen komen kort nadat ze plaatsvinden binnen.",
    "Most events were loaded more than a day after they happened.": (
        "De meeste gebeurtenissen zijn meer dan een dag na dato ingeladen."
    ),
    "{share} of the events came in more than a day late; the newest days are not complete.": (
        "{share} van de gebeurtenissen kwam meer dan een dag te laat binnen; de nieuwste dagen zijn niet "
        "volledig."
    ),
    "{share} of the events carry a time after their receipt.": (
        "{share} van de gebeurtenissen heeft een tijd die na de ontvangst ligt."
    ),
    "Every exposure names a variant of the experiment.": (
        "Elke blootstelling noemt een variant van het experiment."
    ),
    "No amounts in other currencies.": "Geen bedragen in andere valuta.",
    "{events} amounts in other currencies were converted at the rate of their day.": (
        "{events} bedragen in andere valuta zijn omgerekend tegen de koers van hun dag."
    ),
    "Every event has the fields that metrics add up.": (
        "Elke gebeurtenis heeft de velden die meetwaarden optellen."
    ),
    "No metric has a window that closes.": "Geen meetwaarde heeft een venster dat sluit.",
    "Every unit's window has closed.": "Het venster van elke eenheid is gesloten.",
    "{share} of the units have completed their window; what the others do later still counts.": (
        "{share} van de eenheden heeft het venster voltooid; wat de andere later doen telt nog mee."
    ),
    "It is off among {segment} = {values}: {split}; elsewhere it is as planned.": (
        "De afwijking zit bij {segment} = {values}: {split}; elders is de verdeling zoals gepland."
    ),
    "It is off since {values}: {split}; before, it was as planned.": (
        "De afwijking is er sinds {values}: {split}; daarvoor was de verdeling zoals gepland."
    ),
    "It is off among those who first came on {values}: {split}; on other days it is as planned.": (
        "De afwijking zit bij wie voor het eerst kwam op {values}: {split}; op andere dagen is de verdeling "
        "zoals gepland."
    ),
    "A variant that loads slowly, crashes or redirects loses units before they are counted.": (
        "Een variant die traag laadt, vastloopt of doorverwijst verliest eenheden voor ze geteld zijn."
    ),
    "Shoppers change identity, or are moved from one variant to the other.": (
        "Bezoekers wisselen van identiteit, of worden van de ene variant naar de andere verplaatst."
    ),
    "The assignment depends on the unit, or an earlier experiment still works on.": (
        "De toewijzing hangt van de eenheid af, of een eerder experiment werkt nog door."
    ),
    "A page of this variant no longer sends its events.": (
        "Een pagina van deze variant stuurt haar gebeurtenissen niet meer."
    ),
    "The shop sends no events, or the event log is not read.": (
        "De winkel stuurt geen gebeurtenissen, of het logboek wordt niet gelezen."
    ),
    "Events wait before they are sent, or a clock is wrong.": (
        "Gebeurtenissen wachten voor ze verstuurd worden, of een klok staat verkeerd."
    ),
    "The shop uses a variant name that the experiment does not have.": (
        "De winkel gebruikt een variantnaam die het experiment niet heeft."
    ),
    "Orders come in a currency without an exchange rate, or a metric of money names no currency.": (
        "Bestellingen komen binnen in een valuta zonder wisselkoers, of een meetwaarde in geld noemt geen "
        "valuta."
    ),
    "The shop sends events without the number that a metric adds up.": (
        "De winkel stuurt gebeurtenissen zonder het getal dat een meetwaarde optelt."
    ),
    "Compare first page views and errors per variant, repair the cause, and start again.": (
        "Vergelijk eerste paginaweergaven en fouten per variant, herstel de oorzaak en begin opnieuw."
    ),
    "Use one id before and after signing in, and never change a running split.": (
        "Gebruik één id voor en na het inloggen, en verander een lopende verdeling nooit."
    ),
    "Log every exposure at the moment of assignment, and start again with a new split.": (
        "Leg elke blootstelling vast op het moment van toewijzen, en begin opnieuw met een nieuwe verdeling."
    ),
    "Place an order in this variant and see whether its events come in.": (
        "Plaats een bestelling in deze variant en kijk of de gebeurtenissen binnenkomen."
    ),
    "Check that exposures and conversions are sent, and that the key is valid.": (
        "Controleer of blootstellingen en conversies verstuurd worden, en of de sleutel geldig is."
    ),
    "Send events as they happen, in UTC; until then, do not judge the newest days.": (
        "Stuur gebeurtenissen zodra ze plaatsvinden, in UTC; beoordeel tot die tijd de nieuwste dagen niet."
    ),
    "Use the variant that the assignment answers, letter for letter.": (
        "Gebruik de variant die de toewijzing antwoordt, letter voor letter."
    ),
    "Enter the exchange rates of these days, and give every metric of money a currency.": (
        "Vul de wisselkoersen van deze dagen in, en geef elke meetwaarde in geld een valuta."
    ),
    "Have the field sent with every event.": "Laat het veld met elke gebeurtenis meesturen.",
}
