"""Why a method was chosen, and where it is described, in the language of the request."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from dash_ui.format import number, percent
from dash_ui.i18n import _
from dash_ui.reading_records import Coded
from dash_ui.report_records import Effect, Report
from dash_ui.report_words import undetermined_sentence

REFERENCES: Final = {
    "asymptotic confidence sequence": (
        "Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (2024), Time-uniform central limit theory and"
        " asymptotic confidence sequences, Annals of Statistics 52."
    ),
    "exact conditional test": (
        "Lindon & Malek (2022), Anytime-valid inference for multinomial count data, NeurIPS 35."
    ),
    "Welch t-test": "Welch (1947), The generalization of Student's problem, Biometrika 34.",
    "score test of two proportions": (
        "Miettinen & Nurminen (1985), Comparative analysis of two rates, Statistics in Medicine 4."
    ),
    "mixture SPRT": (
        "Johari, Koomen, Pekelis & Walsh (2022), Always valid inference: continuous monitoring of A/B tests,"
        " Operations Research 70."
    ),
    "design-based betting": (
        "Waudby-Smith & Ramdas (2024), Estimating means of bounded random variables by betting,"
        " Journal of the Royal Statistical Society B 86."
    ),
    "group sequential": (
        "Lan & DeMets (1983), Discrete sequential boundaries for clinical trials, Biometrika 70."
    ),
    "holm": "Holm (1979), A simple sequentially rejective multiple test procedure, Scand. J. Statistics 6.",
    "benjamini-hochberg": (
        "Benjamini & Hochberg (1995), Controlling the false discovery rate,"
        " Journal of the Royal Statistical Society B 57."
    ),
    "e-benjamini-hochberg": (
        "Wang & Ramdas (2022), False discovery rate control with e-values,"
        " Journal of the Royal Statistical Society B 84."
    ),
    "covariates": (
        "Deng, Xu, Kohavi & Walker (2013), Improving the sensitivity of online controlled experiments by"
        " utilizing pre-experiment data, WSDM."
    ),
    "cochran": "Cochran (1954), The combination of estimates from different experiments, Biometrics 10.",
}
"""Titles stay in the language in which they appeared."""


def method_reason(effect: Effect) -> str:
    """Why this method was chosen, or why nothing could be read; as it was written in reports of before."""
    if effect.undetermined is not None:
        return undetermined_sentence(effect.undetermined_code, effect.undetermined)
    said = [_part(each) for each in effect.reasons]
    if not said or not all(said):
        return effect.method_reason
    return " ".join(sentence for sentence in said if sentence)


def statistic_names(report: Report) -> list[tuple[str, str]]:
    """What the plain words of the page are called in statistics, each word with its name."""
    level = percent(1 - report.alpha, 0)
    interval = {
        "sequential": _("{level} confidence sequence, at the corrected level", level=level),
        "group_sequential": _("{level} repeated confidence interval, at the corrected level", level=level),
        "fixed": _("{level} confidence interval, at the corrected level", level=level),
        "bayesian": _("{level} credible interval", level=level),
    }.get(report.method, level)
    return [
        (_("Plausible range"), interval),
        (_("Difference"), _("relative difference: (variant − control) / control")),
        (_("Conclusive"), _("the interval excludes 0")),
        (_("Within limit"), _("non-inferior: the interval excludes harm beyond the margin")),
        (_("Traffic split is healthy"), _("sequential test for sample ratio mismatch (SRM) not rejected")),
        (_("Smallest lift worth detecting"), _("minimum detectable effect (MDE) of the plan")),
    ]


def references(effects: Iterable[Effect], *, segments: bool) -> list[str]:
    """What describes the methods that these numbers rest on, each once."""
    names: list[str] = []
    for effect in effects:
        names += [effect.method.split(",")[0], effect.adjustment]
        names += ["covariates"] if effect.covariates else []
    if segments:
        names.append("cochran")
    return [REFERENCES[name] for name in dict.fromkeys(names) if name in REFERENCES]


def _part(reason: Coded) -> str | None:
    numbers = reason.params
    sentences: dict[str, Callable[[], str]] = {
        "any_moment": lambda: _(
            "Always valid: it may be read at any moment; there are enough shoppers and events for it."
        ),
        "only_a_percentage": lambda: _(
            "A few rare or large values decide the means, so the difference is bounded as a percentage; in"
            " the metric's own unit only its side is."
        ),
        "exact_rates": lambda: _(
            "Always valid and exact for rates: it counts only in which variant {events} conversions fell, so"
            " it needs no large numbers.",
            events=number(numbers["events"]),
        ),
        "one_look": lambda: _("Valid for one look at the planned size."),
        "one_look_to_come": lambda: _(
            "Valid for one look at the planned {planned} shoppers; there are {units} yet.",
            planned=number(numbers["planned"]),
            units=number(numbers["units"]),
        ),
        "uniform_priors": lambda: _("Posterior with uniform priors on both rates."),
        "flat_priors": lambda: _("Posterior with flat priors on both means."),
        "not_protected": lambda: _("It does not protect against reading often."),
        "exact_bets": lambda: _(
            "Always valid and exact: it rests on the planned split and the registered cap alone, and counts"
            " the shoppers whose window has closed."
        ),
        "effects_of_planned_size": lambda: _(
            "Always valid; most powerful when the true effect is about the planned one."
        ),
        "planned_size": lambda: _(
            "Planned size, {share} reached: strict early, near a single look's power at the end.",
            share=percent(numbers["share"], 0),
        ),
        "planned_look": lambda: _(
            "Look {look} of {looks} planned, at {share} of the information.",
            look=number(numbers["look"]),
            looks=number(numbers["looks"]),
            share=percent(numbers["share"], 0),
        ),
        "counts_below": lambda: _(
            "Valid at any moment; it counts who lies below the quantile, so large values do not matter."
        ),
        "beyond_values": lambda: _("So early, a bound may lie beyond the values seen."),
        "no_percentage": lambda: _("The control's quantile may be 0 or less, so there is no percentage."),
        "read_at_planned_size": lambda: _("Read when the planned size was reached, and it stays read."),
    }
    return sentences[reason.code]() if reason.code in sentences else None
