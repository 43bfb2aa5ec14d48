"""Planned looks in a report file: what each needed, what it saw, and the estimate after stopping."""

from __future__ import annotations

from html import escape
from typing import Any

from experiments.analysis.render_parts import arm_name, metric_name, pairs, section, table
from experiments.analysis.render_text import MISSING, Text

Document = dict[str, Any]

OUTCOMES = {
    "better": "difference found",
    "worse": "difference found",
    "futility": "too little to go on",
    "continue": "go on",
}
STATES = {"skipped": "together with the next", "cut_off": "never due", "due": "to come"}
SPENDINGS = {
    "obrien_fleming": "Looks spend the false-alarm rate by O'Brien & Fleming's function.",
    "pocock": "Looks spend the false-alarm rate by Pocock's function.",
    "kim_demets": "Looks spend the false-alarm rate by Kim & DeMets' function, gamma {gamma}.",
    "hwang_shih_decani": "Looks spend the false-alarm rate by Hwang, Shih & DeCani's, gamma {gamma}.",
}
FUTILITIES = {
    "non_binding": "A look advises to stop when too little of the benefit shows; whoever goes on may.",
    "binding": "A look ends it for good when too little of the benefit shows.",
}
DECIDES = "Only planned looks decide; whatever shows in between is preliminary."
WINDOWS = "A unit counts as far as its window of {hours} hours has passed; they make {units} whole units."
FINAL = (
    "{metric}, {variant}: corrected for stopping at a look, the difference is {difference}, plausibly "
    "from {lower} to {upper}."
)
COLUMNS = ("Look", "Units", "When", "Difference in standard errors", "Needed", "Outcome")


def looks_section(report: Document, text: Text) -> str:
    """The looks of every primary comparison; nothing for a plan without."""
    looks = report.get("looks")
    if not looks:
        return ""
    words = [text.say(DECIDES), _spending(looks, text)]
    if looks.get("futility") in FUTILITIES:
        words.append(text.say(FUTILITIES[looks["futility"]]))
    if looks["information"] == "completed_windows":
        hours, units = text.number(looks["window_hours"]), text.number(looks["completed"])
        words.append(text.say(WINDOWS, hours=hours, units=units))
    parts = [f"<p>{escape(' '.join(words))}</p>"]
    for metric, comparison in pairs(report["metrics"]):
        if metric["role"] == "primary" and comparison.get("looks"):
            parts.append(_comparison(report, looks, metric, comparison, text))
    return section(text.say("Planned looks"), "".join(parts))


def _spending(looks: Document, text: Text) -> str:
    sentence = SPENDINGS.get(str(looks.get("spending")), SPENDINGS["obrien_fleming"])
    return text.say(sentence, gamma=text.number(looks.get("spending_gamma"), 2))


def _comparison(report: Document, looks: Document, metric: Document, comparison: Document, text: Text) -> str:
    own = comparison["looks"]
    taken = {row["look"]: row for row in own["taken"]}
    names = {"metric": metric_name(metric), "variant": arm_name(report, comparison["variant"])}
    rows = [
        [
            text.number(row["look"]),
            text.number(row["units"]),
            text.moment(row["taken_at"]) if row["taken_at"] else MISSING,
            *_seen(taken.get(row["look"]), own["planned"][place], row["state"], text),
        ]
        for place, row in enumerate(looks["schedule"])
    ]
    caption = f"{names['metric']}, {names['variant']}"
    body = table(caption, [text.say(column) for column in COLUMNS], rows, (0, 1, 3, 4))
    return body + _final(own.get("final"), metric, names, text)


def _seen(row: Document | None, planned: Document, state: str, text: Text) -> list[str]:
    if row is None:
        waiting = escape(text.say(STATES.get(state, "to come")))
        return [MISSING, "±" + text.number(planned["critical"], 2), waiting]
    outcome = OUTCOMES.get(row["decision"], "go on") if row["z"] is not None else "too little data"
    return [
        text.number(row["z"], 2, signed=True),
        "±" + text.number(row["critical"], 2),
        escape(text.say(outcome)),
    ]


def _final(final: Document | None, metric: Document, names: dict[str, str], text: Text) -> str:
    if final is None or final["estimate"] is None:
        return ""
    ends = {
        name: text.value(final[side], metric["kind"], metric.get("unit"), signed=True)
        for name, side in (("difference", "estimate"), ("lower", "lower"), ("upper", "upper"))
    }
    return f"<p>{escape(text.say(FINAL, **names, **ends))}</p>"
