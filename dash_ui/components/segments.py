"""Effects per segment: the declared ones first, each tagged with how it is corrected."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from dash import html

from dash_ui.components.badges import badge
from dash_ui.components.forest import forest_axis, forest_bar
from dash_ui.components.numbers import p_text
from dash_ui.components.scorecard import difference_cell, verdict_mark
from dash_ui.components.table import Column, table
from dash_ui.format import number
from dash_ui.i18n import _, ngettext
from dash_ui.reading_records import Difference
from dash_ui.report_records import Effect, Report, Segment
from dash_ui.report_words import method_word, undetermined_sentence

SMALL: Final = 300
"""Shoppers of the smaller variant below which a value is called small."""
DIFFERS: Final = 0.05


def segments(report: Report, declared: Collection[str] | None = None) -> html.Section | None:
    """A row per segment and treatment on the primary metrics; `None` without segments.

    Args:
        report: The report.
        declared: Names of the segments of the plan; all are, where that is not known.
    """
    names = list(dict.fromkeys(segment.name for segment in report.segments if segment.effects))
    if not names:
        return None
    planned = set(names if declared is None else declared)
    names.sort(key=lambda name: name not in planned)
    parts = [part for name in names for part in _part(name, report, declared=name in planned)]
    note = _(
        "The ranges allow for how many values there are, so a segment is conclusive only where it stands out"
        " by itself. Decide on all shoppers; take a segment as an idea for a follow-up."
    )
    return html.Section(
        [html.H2(_("Segments")), html.P(note, className="pw-quiet pw-small"), *parts],
        className="pw-card",
    )


def correction(report: Report, name: str | None = None) -> str:
    """How the intervals of a segment, or of all, allow for their number."""
    found = [each for each in report.segments if name in (None, each.name)]
    used = {effect.adjustment for segment in found for effect in segment.effects}
    count = sum(len(segment.effects) for segment in found)
    if used <= {"none"}:
        return _("Not corrected for many comparisons, so read it as exploration.")
    return ngettext(
        "Corrected for {count} comparison ({method}).",
        "Corrected for {count} comparisons ({method}).",
        count,
        method=", ".join(sorted(method_word(each) for each in used if each != "none")),
    )


def difference_sentence(found: Difference, report: Report) -> str:
    """Whether the effect differs between the values of a segment."""
    names = {(each.metric, each.variant): each for each in report.effects}
    effect = names.get((found.metric, found.variant))
    words = {
        "metric": effect.metric_name if effect else found.metric,
        "variant": effect.variant_name if effect else found.variant,
        "p": p_text(found.p_value),
    }
    if found.p_value <= DIFFERS:
        return _(
            "{metric}, {variant}: the effect seems to differ between these values (p-value {p}, one look)."
            " Test it in a follow-up.",
            **words,
        )
    return _(
        "{metric}, {variant}: no sign that the effect differs between these values (p-value {p}, one look).",
        **words,
    )


def _part(name: str, report: Report, *, declared: bool) -> list[Any]:
    """One segment: its tag, whether effects differ within it, and a row per value."""
    own = [segment for segment in report.segments if segment.name == name]
    rows = [_row(segment, effect, report) for segment in own for effect in segment.effects]
    columns = [
        Column(name),
        Column(_("Metric")),
        Column(_("Shoppers"), number=True),
        Column(_("Difference"), number=True),
        Column(
            [html.Span(_("Plausible range"), className="pw-hidden"), forest_axis(report.forest)],
            name="pw-col-forest",
            label=_("Plausible range"),
        ),
        Column(_("Verdict"), name="pw-col-verdict"),
    ]
    differences = [difference_sentence(each, report) for each in report.differences if each.segment == name]
    return [
        html.Div(
            [
                html.H3(name),
                _tag(own, declared=declared),
                html.Span(correction(report, name), className="pw-quiet pw-small"),
            ],
            className="pw-segment-head",
        ),
        *(html.P(sentence, className="pw-small pw-numbers") for sentence in differences),
        table(_("Segment {name}", name=name), columns, rows, "pw-scorecard pw-numbers"),
    ]


def _tag(own: Sequence[Segment], *, declared: bool) -> Any:
    """Whether it stood in the plan, and whether its ranges are corrected."""
    if declared:
        return badge(_("declared"), "info")
    if any(effect.adjustment == "none" for segment in own for effect in segment.effects):
        return badge(_("exploratory"), "warn")
    return badge(_("exploratory, corrected"), "warn")


def _row(segment: Segment, effect: Effect, report: Report) -> Sequence[Any]:
    several = len(report.treatments) > 1
    return (
        html.Div(segment.value or _("(empty)"), className="pw-strong"),
        f"{effect.metric_name} · {effect.variant_name}" if several else effect.metric_name,
        _units(segment, effect),
        difference_cell(effect),
        forest_bar(effect, report.forest),
        _verdict(effect),
    )


def _units(segment: Segment, effect: Effect) -> html.Div:
    """How many shoppers, and whether they are few."""
    counts = [
        value.units for value in (effect.control_value, effect.variant_value) if value.units is not None
    ]
    parts: list[Any] = [html.Div(number(segment.units))]
    if counts and min(counts) < SMALL:
        parts.append(html.Div(_("few: read with care"), className="pw-quiet pw-small"))
    return html.Div(parts)


def _verdict(effect: Effect) -> html.Div:
    parts: list[Any] = [verdict_mark(effect)]
    if effect.verdict == "undetermined":
        why = undetermined_sentence(effect.undetermined_code, effect.undetermined)
        parts.append(html.Div(why, className="pw-quiet pw-small"))
    return html.Div(parts)
