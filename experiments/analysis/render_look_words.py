"""The Dutch of planned looks in a report file, by the sentences of `render_looks`."""

from __future__ import annotations

LOOK_DUTCH: dict[str, str] = {
    "Planned looks": "Geplande kijkmomenten",
    "difference found": "verschil gevonden",
    "too little to go on": "te weinig om door te gaan",
    "go on": "doorgaan",
    "together with the next": "samen met het volgende",
    "never due": "nooit bereikt",
    "to come": "komt nog",
    "too little data": "te weinig gegevens",
    "Looks spend the false-alarm rate by O'Brien & Fleming's function.": (
        "De kijkmomenten verbruiken de kans op loos alarm volgens O'Brien en Fleming."
    ),
    "Looks spend the false-alarm rate by Pocock's function.": (
        "De kijkmomenten verbruiken de kans op loos alarm volgens Pocock."
    ),
    "Looks spend the false-alarm rate by Kim & DeMets' function, gamma {gamma}.": (
        "De kijkmomenten verbruiken de kans op loos alarm volgens Kim en DeMets, gamma {gamma}."
    ),
    "Looks spend the false-alarm rate by Hwang, Shih & DeCani's, gamma {gamma}.": (
        "De kijkmomenten verbruiken de kans op loos alarm volgens Hwang, Shih en DeCani, gamma {gamma}."
    ),
    "A look advises to stop when too little of the benefit shows; whoever goes on may.": (
        "Een kijkmoment raadt aan te stoppen als er te weinig van het voordeel te zien is; doorgaan mag."
    ),
    "A look ends it for good when too little of the benefit shows.": (
        "Een kijkmoment maakt er definitief een eind aan als er te weinig van het voordeel te zien is."
    ),
    "Only planned looks decide; whatever shows in between is preliminary.": (
        "Alleen geplande kijkmomenten beslissen; wat je daartussen ziet is voorlopig."
    ),
    "A unit counts as far as its window of {hours} hours has passed; they make {units} whole units.": (
        "Een eenheid telt mee voor zover het venster van {hours} uur voorbij is; dat zijn nu {units} hele "
        "eenheden."
    ),
    (
        "{metric}, {variant}: corrected for stopping at a look, the difference is {difference}, plausibly "
        "from {lower} to {upper}."
    ): (
        "{metric}, {variant}: gecorrigeerd voor het stoppen bij een kijkmoment is het verschil {difference}, "
        "aannemelijk van {lower} tot {upper}."
    ),
    "Difference in standard errors": "Verschil in standaardfouten",
    "Needed": "Nodig",
    "Outcome": "Uitkomst",
}
