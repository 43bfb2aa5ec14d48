"""The Dutch of the ways of reading in a report file, sentence by sentence."""

WAY_DUTCH: dict[str, str] = {
    "Level of the range": "Niveau van het bereik",
    "Planned size": "Geplande omvang",
    "Always valid": "Altijd geldig",
    "Single look": "Eén blik",
    "Mixture SPRT": "Mixture-SPRT",
    "Bets on the split": "Weddenschappen op de verdeling",
    "What it promises": "Wat die belooft",
    "What it takes for granted": "Waar die van uitgaat",
    "Way": "Manier",
    "p, not corrected": "p, niet gecorrigeerd",
    "Preliminary: its look is still to come.": "Voorlopig: de blik moet nog komen.",
    "Met": "In orde",
    "Not met": "Nog niet",
    "Welch t-test": "t-toets van Welch",
    "score test of two proportions": "scoretoets voor twee verhoudingen",
    "beta-binomial posterior": "bèta-binomiale a-posterioriverdeling",
    "normal posterior": "normale a-posterioriverdeling",
    "mixture SPRT": "mixture-SPRT",
    "group sequential, O'Brien-Fleming spending": "groepssequentieel, spreiding volgens O'Brien-Fleming",
    "The planned size was fixed before the start.": "De geplande omvang stond voor de start vast.",
    "Nobody decides before the planned size.": "Niemand beslist voor de geplande omvang.",
    "Before the data, every value was as likely as any other.": (
        "Vóór de gegevens was elke waarde even waarschijnlijk."
    ),
    "True effects are about as large as the smallest lift worth detecting.": (
        "Echte effecten zijn ongeveer zo groot als het kleinste effect dat ertoe doet."
    ),
    "The denominator is known to within {value}; {needed} is needed.": (
        "De noemer is bekend tot op {value}; {needed} is nodig."
    ),
    "False alarms stay at the stated rate, however often you look.": (
        "Vals alarm blijft op de genoemde kans, hoe vaak je ook kijkt."
    ),
    "False alarms stay at the stated rate, however often you look; it finds most at the planned size.": (
        "Vals alarm blijft op de genoemde kans, hoe vaak je ook kijkt; bij de geplande omvang vindt "
        "deze het meest."
    ),
    "False alarms stay at the stated rate for one look; looking again raises them.": (
        "Vals alarm blijft op de genoemde kans bij één blik; vaker kijken verhoogt die."
    ),
    "No promise about false alarms: it gives chances under its prior.": (
        "Geen belofte over vals alarm: dit geeft kansen onder de a-prioriverdeling."
    ),
    "Bayesian": "Bayesiaans",
    "decides": "beslist",
    "Every way to read it, at {level}": "Elke manier om het te lezen, op {level}",
    "{chance} that the value is higher": "{chance} dat de waarde hoger is",
    "There are enough units and events for averages to behave normally.": (
        "Er zijn genoeg eenheden en gebeurtenissen om gemiddelden normaal verdeeld te laten zijn."
    ),
    "Units are split as planned.": "Eenheden zijn verdeeld zoals gepland.",
    "No unit counts for more than the cap that was set before the start.": (
        "Geen eenheid telt voor meer dan het maximum dat voor de start is vastgelegd."
    ),
    "Units in the smallest variant: {value}; at least {needed} are needed.": (
        "Eenheden in de kleinste variant: {value}; er zijn er minstens {needed} nodig."
    ),
    "Units with a value, in the variant with fewest: {value}; at least {needed} are needed.": (
        "Eenheden met een waarde, in de variant met de minste: {value}; er zijn er minstens {needed} nodig."
    ),
    (
        "Skewness of the difference: {value}; above {needed} a few units weigh too much for a range "
        "in the metric's own unit."
    ): (
        "Scheefheid van het verschil: {value}; boven {needed} wegen enkele eenheden te zwaar voor een"
        " bereik in de eenheid van de meetwaarde."
    ),
    "Share of the units in this variant: {value}; {needed} was planned.": (
        "Aandeel van de eenheden in deze variant: {value}; gepland was {needed}."
    ),
    "Units so far: {value}; {needed} were planned.": (
        "Eenheden tot nu toe: {value}; gepland waren er {needed}."
    ),
    "Units whose window has closed: {value}; what the others do later still counts.": (
        "Eenheden van wie het venster is gesloten: {value}; wat de anderen later doen, telt nog mee."
    ),
    "False alarms stay at the stated rate over the planned looks, which alone decide.": (
        "Vals alarm blijft op de genoemde kans over de geplande kijkmomenten, die als enige beslissen."
    ),
    "The number of looks was fixed before the start.": "Het aantal kijkmomenten stond voor de start vast.",
}
