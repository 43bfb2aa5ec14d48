"""The Dutch of what an analyst looks up beside the results."""

from __future__ import annotations

CHECK_DUTCH = {
    "Saw more than one variant": "Zag meer dan één variant",
    "Bots": "Bots",
    "Met an earlier phase": "Kwam een eerdere fase tegen",
    "Came to a variant that grew more than the others": "Kwam in een variant die meer groeide dan de andere",
    "Beyond the limit": "Voorbij de grens",
    "Exposed, and counted": "Blootgesteld, en geteld",
    "Units by reason": "Eenheden naar reden",
    "Population": "Populatie",
    "Who counts": "Wie meetelt",
    "Deviations from the plan": "Afwijkingen van het plan",
    "None was recorded.": "Er is er geen vastgelegd.",
    "Guardrails and their margins": "Vangrails en hun grenzen",
    "At the pace and the difference seen, were everyone in the audience to see the variant. The range "
    "covers chance, not seasons, and is not shrunk for having been chosen.": (
        "Bij het tempo en het verschil tot nu toe, als iedereen in de doelgroep de variant zou zien. Het "
        "bereik dekt toeval, geen seizoenen, en is niet verkleind omdat deze variant gekozen is."
    ),
    "A year": "Een jaar",
    "What it comes to in a year": "Wat het in een jaar oplevert",
    "Calendar of these days": "Kalender van deze dagen",
    "The headline's number in Python": "Het belangrijkste getal in Python",
    "The newest moments alone do not give this number: only proefwerk verify computes it again.": (
        "Dit getal volgt niet uit de nieuwste momenten alleen, zodat alleen proefwerk verify het narekent."
    ),
    "It needs this project's stats package, and prints the difference and the lift, each with both ends of "
    "its range.": (
        "Het heeft het pakket stats van dit project nodig, en drukt het verschil en de relatieve verandering "
        "af, elk met beide einden van het bereik."
    ),
    "{experiment}, report {ident}": "{experiment}, rapport {ident}",
    "Page {page} of {pages}": "Pagina {page} van {pages}",
}
