"""The Dutch of days since exposure and of its date in a report file."""

CUT_DUTCH: dict[str, str] = {
    "Over time": "Door de tijd",
    "By days since first exposure": "Naar dagen sinds de eerste blootstelling",
    "By date of first exposure": "Naar datum van de eerste blootstelling",
    "Day": "Dag",
    "First exposed": "Eerst blootgesteld",
    "{metric}, {variant}: the effect fades with the days since exposure (p-value {p_value}).": (
        "{metric}, {variant}: het effect vervaagt met de dagen sinds de blootstelling (p-waarde {p_value})."
    ),
    "{metric}, {variant}: the effect grows with the days since exposure (p-value {p_value}).": (
        "{metric}, {variant}: het effect groeit met de dagen sinds de blootstelling (p-waarde {p_value})."
    ),
    "{metric}, {variant}: no change with the days since exposure is shown (p-value {p_value}).": (
        "{metric}, {variant}: van verandering met de dagen sinds de blootstelling blijkt niets "
        "(p-waarde {p_value})."
    ),
    "{metric}, {variant}: whether the effect changes with the days cannot be said yet.": (
        "{metric}, {variant}: of het effect met de dagen verandert is nog niet te zeggen."
    ),
    "For exploration: none of this decides. Correction for many comparisons: {correction}. By days, only "
    "units that have lived through them count, with what they did in them.": (
        "Ter verkenning: niets hiervan beslist. Correctie voor meervoudig toetsen: {correction}. Naar dagen "
        "tellen alleen eenheden die ze achter zich hebben, met wat ze toen deden."
    ),
}
