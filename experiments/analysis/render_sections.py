"""What a report file says first: verdict, plan, results, segments."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from experiments.analysis import render_charts as charts
from experiments.analysis.render_parts import (
    CORRECTIONS,
    HEADLINES,
    ROLES,
    VERDICTS,
    arm_name,
    featured,
    metric_name,
    pairs,
    section,
    size_text,
    span_text,
    table,
)
from experiments.analysis.render_reasons import reasons
from experiments.analysis.render_text import MISSING, Text

Document = dict[str, Any]


def verdict_box(report: Document, text: Text) -> str:
    """The verdict in one sentence, its size and range, and the decision's reasons."""
    reading = report["reading"]
    code = reading["headline"]
    title = text.say(HEADLINES[code], variant=arm_name(report, reading["variant"]))
    lines = [f"<h2>{escape(title)}</h2>"]
    pair = featured(report)
    if pair and code not in ("distrust", "collecting") and pair[1]["undetermined"] is None:
        metric, comparison = pair
        sentence = text.say(
            "{metric}: {lift} against the control; plausible range {range}.",
            metric=metric_name(metric),
            lift=size_text(metric, comparison, text),
            range=span_text(metric, comparison, text),
        )
        if entered := report.get("trigger"):
            sentence += " " + text.say("That is of those who reached {event}.", event=entered["event"])
        lines.append(f"<p>{escape(sentence)}</p>")
    lines += [f"<p>{escape(reason)}</p>" for reason in reasons(report, text)]
    return f'<section class="verdict {code}">{"".join(lines)}</section>'


def plan_section(report: Document, experiment: Document | None, text: Text) -> str:
    """Question, population and the sealed plan."""
    document = experiment or {}
    rows = [
        ("Hypothesis", escape(str(document.get("hypothesis") or MISSING))),
        ("Status", escape(text.say(str(report["status"]).capitalize()))),
        ("Started", text.moment(report.get("started_at") or document.get("started_at"))),
        ("False-alarm rate", text.percent(report["alpha"], 0)),
        ("Reading", escape(text.say(str(report["method"])))),
    ]
    if entered := report.get("trigger"):
        rows.append(("Trigger", f"<code>{escape(str(entered['event']))}</code>"))
    if len(phases := report.get("phases") or []) > 1:
        began = text.moment(phases[-1]["started_at"])
        said = text.say("{version}, since {began}", version=phases[-1]["version"], began=began)
        rows.append(("Phase", escape(f"{said}. {phases[-1]['reason']}".strip())))
    plan = document.get("plan") or report.get("plan") or {}
    if plan:
        rows += [
            ("Smallest lift worth detecting", text.percent(plan.get("mde"))),
            ("Power", text.percent(plan.get("power"), 0)),
            ("Planned units", text.number(plan.get("planned_units"))),
            ("Covariates (CUPED)", text.say("yes") if plan.get("cuped") else text.say("no")),
        ]
    if document:
        audience = json.dumps(document.get("audience") or {}, ensure_ascii=False)
        rows.append(
            ("Audience", f"<code>{escape(audience)}</code>" if audience != "{}" else text.say("everyone"))
        )
    rows.append(("Plan hash", f"<code>{escape(str(report.get('plan_hash') or MISSING))}</code>"))
    terms = "".join(f"<dt>{text.say(term)}</dt><dd>{value}</dd>" for term, value in rows)
    total = sum(arm["units"] for arm in report["variants"])
    payloads = {arm["key"]: arm.get("payload") for arm in document.get("variants", [])}
    body = [
        [
            escape(arm_name(report, arm["key"])),
            f"<code>{escape(json.dumps(payloads.get(arm['key']) or {}, ensure_ascii=False))}</code>",
            text.number(arm["units"]),
            text.percent(arm["units"] / total if total else None),
            text.percent(arm["share"]),
        ]
        for arm in report["variants"]
    ]
    overview = table(
        text.say("Who took part"),
        [
            text.say("Variant"),
            text.say("Payload"),
            text.say("Units"),
            text.say("Share"),
            text.say("Planned share"),
        ],
        body,
        numeric=(2, 3, 4),
    )
    return section(text.say("Question and plan"), f"<dl>{terms}</dl>{overview}")


def results_section(report: Document, text: Text) -> str:
    """One row per metric and treatment, the intervals on one axis."""
    limit = float(report["reading"]["forest"])
    rows = [_result_row(report, metric, each, limit, text) for metric, each in pairs(report["metrics"])]
    columns = [
        text.say("Metric"),
        text.say("Role"),
        text.say("Variant"),
        text.say("Control value"),
        text.say("Variant value"),
        text.say("Difference"),
        text.say("Plausible range"),
        charts.axis(limit, text),
        text.say("Verdict"),
    ]
    note = text.say(
        "The plausible range is a {level} interval. "
        "Better and worse are by benefit: fewer refunds is better.",
        level=text.percent(1 - report["alpha"], 0),
    )
    if report.get("trigger"):
        note += " " + text.say("These are all who were exposed; those who reached the trigger decide.")
    overview = table(text.say("All metrics"), columns, rows, numeric=(3, 4, 5, 6))
    return section(text.say("Results"), f'<p class="soft">{note}</p>{overview}')


def _result_row(report: Document, metric: Document, each: Document, limit: float, text: Text) -> list[str]:
    arms = {arm["variant"]: arm.get("quantile", arm.get("mean")) for arm in metric["variants"]}
    verdict = text.say(VERDICTS[each["reading"]])
    lift = size_text(metric, each, text)
    span = span_text(metric, each, text)
    relative = each["relative"]
    picture = charts.bar(
        relative["estimate"],
        relative["lower"],
        relative["upper"],
        limit,
        each["reading"],
        f"{metric_name(metric)}: {lift}, {span}. {verdict}.",
    )
    reason = (
        f'<br><span class="soft">{escape(str(each["undetermined"]))}</span>' if each["undetermined"] else ""
    )
    kind, unit = metric["kind"], metric.get("unit")
    return [
        escape(metric_name(metric)),
        text.say(ROLES.get(metric["role"], str(metric["role"]))),
        escape(arm_name(report, each["variant"])),
        text.value(arms.get(each["control"]), kind, unit),
        text.value(arms.get(each["variant"]), kind, unit),
        lift,
        span,
        picture,
        f'<span class="{each["reading"]}">{verdict}</span>{reason}',
    ]


def segments_section(report: Document, text: Text) -> str:
    """The declared segments with their correction named."""
    rows, adjustments = [], set()
    for segment in report["segments"]:
        for metric, each in pairs(segment["metrics"]):
            adjustments.add(str(each.get("adjustment", "none")))
            rows.append(
                [
                    escape(f"{segment['segment']}: {segment['value']}"),
                    escape(metric_name(metric)),
                    escape(arm_name(report, each["variant"])),
                    text.number(segment["units"]),
                    size_text(metric, each, text),
                    span_text(metric, each, text),
                    f'<span class="{each["reading"]}">{text.say(VERDICTS[each["reading"]])}</span>',
                ]
            )
    if not rows:
        return ""
    note = text.say(
        "Declared before the start; correction for many comparisons: {correction}.",
        correction=", ".join(sorted(text.say(CORRECTIONS.get(name, name)) for name in adjustments)),
    )
    columns = [
        text.say(name)
        for name in ("Segment", "Metric", "Variant", "Units", "Difference", "Plausible range", "Verdict")
    ]
    overview = table(text.say("Segments"), columns, rows, numeric=(3, 4, 5))
    return section(text.say("Segments"), f'<p class="soft">{note}</p>{overview}')
