"""What an experiment found, in sentences that its follow-up starts from."""

from __future__ import annotations

from dash_ui.components.verdict import size_sentence, title
from dash_ui.format import day
from dash_ui.i18n import _
from dash_ui.report_records import Experiment, Report, Result
from dash_ui.report_words import decision_word


def finding(result: Result) -> str:
    """The verdict with its size and range, then what was decided and why, in the reader's language."""
    experiment, report = result.experiment, result.report
    lines = [_("“{name}” came first.", name=experiment.name)]
    if report is not None:
        lines += _told(report)
    if experiment.decision is not None:
        lines.append(_decided(experiment))
    if len(lines) == 1:
        lines.append(_("It has no finding yet."))
    return " ".join(lines)


def _told(report: Report) -> list[str]:
    verdict = _("Its report of {day}: {verdict}.", day=day(report.as_of), verdict=title(report))
    effect = report.featured
    if effect is None or report.headline in ("distrust", "collecting") or effect.verdict == "undetermined":
        return [verdict]
    return [verdict, size_sentence(effect)]


def _decided(experiment: Experiment) -> str:
    if experiment.decision == "ship":
        sentence = _("Decided: ship {variant}.", variant=experiment.variant_name(experiment.decision_variant))
    else:
        sentence = _("Decided: {decision}.", decision=decision_word(experiment.decision or ""))
    return f"{sentence} {experiment.decision_note}" if experiment.decision_note else sentence
