"""What the classes of orders mean in English, and what to do about each; screens have words of their own."""

from __future__ import annotations

from experiments.analysis.fates import Fate

WORDS: dict[Fate, tuple[str, str]] = {
    Fate.DUPLICATE: (
        "The order is in the export already.",
        "Take it out of the export; a join that repeats rows is the usual cause.",
    ),
    Fate.COUNTED: ("The report counts it.", ""),
    Fate.DIFFERS: (
        "The report counts it with another value.",
        "Compare what the shop sends with the export: tax, shipping, discounts, and when the value is taken.",
    ),
    Fate.REFUSED_CONSENT: ("The shopper refused to be measured.", "Nothing: this is as it should be."),
    Fate.UNKNOWN_UNIT: (
        "The export does not tell whose order it is, and no event has its number.",
        "Add the shopper's id to the export, or send the number of the order with its event.",
    ),
    Fate.NOT_EXPOSED: (
        "The shopper met no variant of this experiment, so far as the report knows.",
        "Nothing, if they never came where it runs. Else report exposures, or send the id before login too.",
    ),
    Fate.SET_ASIDE: (
        "The shopper was exposed, but is none of those whom the report compares: of an earlier phase, of a "
        "share that grew, or with an id that many people share.",
        "Nothing: such shoppers would bias the comparison.",
    ),
    Fate.BOT: ("The shopper is left out as a bot.", "If it is none, acquit it on the page of bots."),
    Fate.SEVERAL_VARIANTS: (
        "The shopper met more than one variant and is left out.",
        "If there are many, see 'multiple exposure' under the health of the report.",
    ),
    Fate.BEFORE_EXPOSURE: (
        "The order was placed before the shopper's first exposure.",
        "Nothing, if so. Else see whether exposures are reported too late, or clocks differ.",
    ),
    Fate.OUTSIDE_WINDOW: (
        "The order was placed after the window of the metric had closed for this shopper.",
        "Nothing: the window was registered beforehand.",
    ),
    Fate.AFTER_STOP: (
        "The order was placed after the experiment had stopped.",
        "Nothing: by then everybody gets the same variant.",
    ),
    Fate.NO_VALUE: (
        "The event of the order lacks the field that the metric sums, or it is no number there.",
        "Send the field with every event.",
    ),
    Fate.CURRENCY: (
        "The order is in another currency than the metric, and there is no rate for it.",
        "Give rates for the currency, or a metric of its own.",
    ),
    Fate.LATE: (
        "The event came after the report was made; or it never came, and is too old by now to be taken in.",
        "Analyse again; load what is too old with 'proefwerk import'.",
    ),
    Fate.MISSING: (
        "The report would count the order, but no event of it has come.",
        "See why the shop did not send it; send it again, or load it with 'proefwerk import'.",
    ),
    Fate.UNEXPLAINED: (
        "The report does not count the event of this order, and no rule says why.",
        "Tell who looks after the platform: this is a defect.",
    ),
}
"""By class: what it says of an order, and what to do."""

ONLY_HERE: dict[str, str] = {
    "again": "A further event of an order that is in the export: it was sent twice under two ids.",
    "outside_export": "The order was placed before the first or after the last day of the export.",
    "not_in_export": "No order of the export has its number.",
}
"""Why the report counts an event that no order of the export is matched to."""
