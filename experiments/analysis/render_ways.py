"""Every way of reading a comparison in a report file: what each promises and takes for granted."""

from __future__ import annotations

from html import escape
from typing import Any

from experiments.analysis.render_parts import size_text, span_text, table
from experiments.analysis.render_text import MISSING, Text

Document = dict[str, Any]
WAYS = {
    "always_valid": "Always valid",
    "planned_size": "Planned size",
    "single_look": "Single look",
    "posterior": "Bayesian",
    "mixture_sprt": "Mixture SPRT",
    "bets": "Bets on the split",
    "planned_looks": "Planned looks",
}
PROMISES = {
    "any_moment": "False alarms stay at the stated rate, however often you look.",
    "until_planned_size": (
        "False alarms stay at the stated rate, however often you look; it finds most at the planned size."
    ),
    "at_planned_looks": "False alarms stay at the stated rate over the planned looks, which alone decide.",
    "one_look": "False alarms stay at the stated rate for one look; looking again raises them.",
    "no_error_rate": "No promise about false alarms: it gives chances under its prior.",
}
ASSUMES = {
    "large_numbers": "There are enough units and events for averages to behave normally.",
    "planned_split": "Units are split as planned.",
    "size_fixed_before": "The planned size was fixed before the start.",
    "looks_fixed_before": "The number of looks was fixed before the start.",
    "looked_at_once": "Nobody decides before the planned size.",
    "flat_prior": "Before the data, every value was as likely as any other.",
    "effects_of_planned_size": "True effects are about as large as the smallest lift worth detecting.",
    "registered_cap": "No unit counts for more than the cap that was set before the start.",
}
ASSUMPTIONS = {
    "units_per_arm": "Units in the smallest variant: {value}; at least {needed} are needed.",
    "events_per_arm": (
        "Units with a value, in the variant with fewest: {value}; at least {needed} are needed."
    ),
    "skewness": (
        "Skewness of the difference: {value}; above {needed} a few units weigh too much for a range in the "
        "metric's own unit."
    ),
    "denominator": "The denominator is known to within {value}; {needed} is needed.",
    "split": "Share of the units in this variant: {value}; {needed} was planned.",
    "planned_size": "Units so far: {value}; {needed} were planned.",
    "maturity": "Units whose window has closed: {value}; what the others do later still counts.",
}
_SHARES = ("denominator", "split", "maturity")


def ways_part(metric: Document, comparison: Document, text: Text) -> str:
    """A comparison's assumptions and all ways of reading it; nothing for reports of before they were read."""
    if "way" not in comparison:
        return ""
    own = {**comparison, "p_value": comparison.get("own_p_value")}
    rows = [_row(metric, each, text, decides=each is own) for each in (own, *comparison["alternatives"])]
    columns = [
        text.say(name)
        for name in (
            "Way",
            "Difference",
            "Plausible range",
            "p, not corrected",
            "What it promises",
            "What it takes for granted",
        )
    ]
    title = text.say("Every way to read it, at {level}", level=text.percent(1 - own["level"], 2))
    checks = "".join(f"<li>{_checked(each, text)}</li>" for each in comparison["assumptions"])
    return (f"<ul>{checks}</ul>" if checks else "") + table(title, columns, rows, numeric=(1, 2, 3))


def _row(metric: Document, each: Document, text: Text, *, decides: bool) -> list[str]:
    name = f"<strong>{escape(_say(WAYS, each['way'], text))}</strong>"
    if decides:
        name += f" ({text.say('decides')})"
    promise = each["undetermined"] or _say(PROMISES, each["promise"], text)
    if each.get("preliminary"):
        promise += " " + text.say("Preliminary: its look is still to come.")
    chance = each.get("probability_better")
    return [
        f"{name}<br>{escape(text.say(str(each['method'])))}",
        size_text(metric, each, text),
        span_text(metric, each, text),
        text.p_value(each["p_value"])
        if chance is None
        else text.say("{chance} that the value is higher", chance=_chance(chance, text)),
        escape(promise),
        "<br>".join(escape(_say(ASSUMES, code, text)) for code in each["assumes"]) or MISSING,
    ]


def _chance(share: float, text: Text) -> str:
    """A chance, never rounded to certainty."""
    if share > 0.999:
        return f"&gt; {text.percent(0.999)}"
    return f"&lt; {text.percent(0.001)}" if share < 0.001 else text.percent(share)


def _checked(each: Document, text: Text) -> str:
    digits = 3 if each["code"] == "skewness" else 0

    def write(value: float | None) -> str:
        return text.percent(value) if each["code"] in _SHARES else text.number(value, digits)

    word = text.say("Met") if each["met"] else text.say("Not met")
    sentence = ASSUMPTIONS.get(each["code"], str(each["code"]))
    said = text.say(sentence, value=write(each["value"]), needed=write(each["needed"]))
    return f"<strong>{word}:</strong> {escape(said)}"


def _say(sentences: dict[str, str], code: str, text: Text) -> str:
    return text.say(sentences.get(code, code.replace("_", " ")))
