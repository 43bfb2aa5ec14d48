"""The words for what a report calls by code."""

from __future__ import annotations

from collections.abc import Callable

from dash_ui.format import number, percent
from dash_ui.i18n import _, ngettext
from dash_ui.report_records import Reason


def verdict_word(verdict: str) -> str:
    """One row's verdict, by benefit."""
    return {
        "better": _("Better"),
        "worse": _("Worse"),
        "within_limit": _("Within limit"),
        "no_harm": _("No harm shown"),
        "no_difference": _("No meaningful difference"),
        "unclear": _("Not clear yet"),
        "undetermined": _("Cannot be said yet"),
    }.get(verdict, verdict)


def tone(verdict: str) -> str:
    """`good`, `bad` or `unclear`, for colour and shape."""
    return {
        "better": "good",
        "within_limit": "good",
        "no_harm": "unclear",
        "worse": "bad",
        "distrust": "bad",
    }.get(verdict, "unclear")


def role_word(role: str) -> str:
    """What a metric is for."""
    return {
        "primary": _("Primary metric"),
        "guardrail": _("Guardrail"),
        "secondary": _("Secondary"),
    }.get(role, role)


def method_word(method: str) -> str:
    """The method of a plan or of a comparison."""
    return {
        "sequential": _("always valid: it may be read at any moment"),
        "group_sequential": _("at planned looks"),
        "fixed": _("once, at the end"),
        "bayesian": _("Bayesian; not protected against looking early"),
        "asymptotic confidence sequence": _("asymptotic confidence sequence"),
        "exact conditional test": _("exact conditional test"),
        "group sequential, O'Brien-Fleming spending": _("group sequential, O'Brien-Fleming spending"),
        "Welch t-test": _("Welch t-test"),
        "score test of two proportions": _("score test of two proportions"),
        "beta-binomial posterior": _("beta-binomial posterior"),
        "normal posterior": _("normal posterior"),
        "mixture SPRT": _("mixture SPRT"),
        "profile likelihood of quantiles": _("profile likelihood of quantiles"),
        "sequential multinomial test": _("sequential multinomial test"),
        "run test": _("exact test of the latest run"),
        "none": _("none"),
        "bonferroni": _("Bonferroni"),
        "holm": _("Holm"),
        "design-based betting": _("design-based betting"),
        "benjamini-hochberg": _("Benjamini-Hochberg"),
        "e-benjamini-hochberg": _("e-BH, by e-values"),
    }.get(method, method.replace("_", " "))


def covariate_word(covariate: str) -> str:
    """What a comparison is adjusted for."""
    return {
        "pre_value": _("the value before exposure"),
        "pre_ratio": _("the ratio before exposure"),
        "pre_count": _("the number of events before exposure"),
        "seen_before": _("whether there were any events before exposure"),
    }.get(covariate, covariate.replace("_", " "))


def decision_word(decision: str) -> str:
    """What was decided."""
    return {
        "ship": _("Ship"),
        "rollback": _("Roll back"),
        "inconclusive": _("No outcome"),
    }.get(decision, decision)


def journal_word(kind: str) -> str:
    """What an entry of the journal tells."""
    return {
        "plan": _("Plan"),
        "start": _("Started"),
        "pause": _("Paused"),
        "resume": _("Resumed"),
        "edit": _("Changed"),
        "deviation": _("Deviation from the plan"),
        "comment": _("Comment"),
        "decision": _("Decision"),
        "phase": _("New phase"),
        "refine": _("Refined"),
        "archive": _("Archived"),
    }.get(kind, kind)


def undetermined_sentence(code: str | None, sentence: str | None) -> str:
    """Why there is no interval, in the language of the request."""
    known = {
        "too_few_units": _("Too few shoppers in the smallest variant so far."),
        "too_few_events": _("Too few shoppers with an event so far."),
        "no_variation": _("All shoppers have the same value, so chance cannot be measured."),
        "uncertain_denominator": _("The ratio's denominator is not known well enough yet."),
        "too_skewed": _(
            "A few large or rare values decide the smaller variant; more shoppers or a cap are needed."
        ),
        "shares_do_not_fit": _("The shoppers do not follow the planned split, on which this test rests."),
        "needs_values": _("A quantile has no interval under this plan."),
        "no_quantile_interval": _("A quantile has no interval under this plan."),
        "too_few_complete": _("Too few shoppers have completed their window yet."),
        "values_below_zero": _("Some shoppers have a value below zero, which an exact reading cannot bound."),
        "no_difference_fits": _("The outcomes changed so much over time that no single difference fits."),
        "no_planned_effect": _("The plan names no smallest effect, on which this way rests."),
        "values_too_large": _("A shopper's value is too large to compute with; cap the metric."),
        **dict.fromkeys(
            ("trigger_unbalanced", "unlike_before_trigger"),
            _("The variant has a part in who reaches the trigger, or in what was done before it."),
        ),
        "no_share": _("One of the two variants is planned to receive no shoppers."),
    }
    return known.get(code or "", sentence or _("This cannot be said yet."))


def reason_sentence(reason: Reason, names: dict[str, str]) -> str:
    """A reason for the decision, in the language of the request; `names` are the variants' by key."""
    code, params = reason.code, reason.params
    metric, variant = params.get("metric", ""), params.get("variant", "")
    variant = names.get(variant, variant)
    margin = percent(params.get("margin"), 1)
    sentences: dict[str, Callable[[], str]] = {
        "srm_failed": lambda: _(
            "The traffic split is not the planned one, so the numbers cannot be trusted."
        ),
        "multiple_exposure_failed": lambda: _(
            "Too many shoppers saw more than one variant, or mostly those of one variant did."
        ),
        "pre_period_failed": lambda: _(
            "The variants already differed before the start, so a difference need not come from the change."
        ),
        "silence_failed": lambda: _("One variant stopped sending events, so the numbers cannot be compared."),
        "bots_failed": lambda: _(
            "More shoppers of one variant than of another are left out as bots, so the numbers cannot be"
            " compared."
        ),
        "trigger_balance_failed": lambda: _(
            "The variant has a part in who reaches the trigger, or in what was done before it."
        ),
        "no_primary": lambda: _("No primary metric is defined, so nothing can be decided."),
        "not_enough_data": lambda: _("No primary metric can be judged yet."),
        "primary_better": lambda: _("{metric} is better with {variant}.", metric=metric, variant=variant),
        "primary_worse": lambda: _("{metric} is worse with {variant}.", metric=metric, variant=variant),
        "guardrail_worse": lambda: _(
            "Guardrail {metric} is worse with {variant}.", metric=metric, variant=variant
        ),
        "guardrail_beyond_margin": lambda: _(
            "Guardrail {metric} is worse with {variant} by more than its limit of {margin}.",
            metric=metric,
            variant=variant,
            margin=margin,
        ),
        "guardrail_within": lambda: _(
            "Guardrail {metric} stays within its limit of {margin} with {variant}.",
            metric=metric,
            variant=variant,
            margin=margin,
        ),
        "switch_off": lambda: _(
            "Switch {variant} off: it does harm; the other variants can go on.", variant=variant
        ),
        "guardrails_hold": lambda: _("No guardrail is shown to be worse with {variant}.", variant=variant),
        "guardrail_open": lambda: _(
            "Guardrail {metric} is not yet shown to stay within its limit of {margin} with {variant}.",
            metric=metric,
            variant=variant,
            margin=margin,
        ),
        "equivalent": lambda: _(
            "Every primary metric differs by less than {mde}, the smallest effect that matters.",
            mde=percent(params.get("mde"), 1),
        ),
        "no_conclusion": lambda: _("No primary metric is conclusive yet."),
        "single_look": lambda: _(
            "The plan is read once, at {planned} shoppers; nothing is decided before.",
            planned=number(params.get("planned")),
        ),
        "cannot_be_decided": lambda: _(
            "{days} days at this pace bring {units} shoppers, who show a lift of {detectable} on {metric};"
            " the smallest lift that matters is {smallest}.",
            days=number(params.get("days")),
            units=number(params.get("units")),
            detectable=percent(params.get("detectable"), 1),
            metric=metric,
            smallest=percent(params.get("smallest"), 1),
        ),
        "plan_too_small": lambda: _(
            "{units} shoppers show a lift of {detectable} on {metric}; the smallest lift that matters,"
            " {smallest}, needs about {needed}.",
            units=number(params.get("units")),
            detectable=percent(params.get("detectable"), 1),
            metric=metric,
            smallest=percent(params.get("smallest"), 1),
            needed=number(params.get("needed")),
        ),
        "needed_days": lambda: ngettext(
            "That is about {count} more day at this pace.",
            "That is about {count} more days at this pace.",
            int(params.get("days", 0)),
        ),
        "days_to_go": lambda: ngettext(
            "About {count} more day at this pace to the planned {planned} shoppers.",
            "About {count} more days at this pace to the planned {planned} shoppers.",
            int(params.get("days", 0)),
            planned=number(params.get("planned")),
        ),
        "planned_size_reached": lambda: _(
            "The planned {planned} shoppers are reached; a difference, if any, is too small for this size.",
            planned=number(params.get("planned")),
        ),
        "futility": lambda: _(
            "Stopped for futility at look {look} of {looks}: the rest of the plan would hardly show the"
            " effect that it was made for.",
            look=params.get("look"),
            looks=params.get("looks"),
        ),
        "between_looks": lambda: _(
            "{taken} of {looks} planned looks are taken; numbers in between do not decide. Look {next} is due"
            " at {units} shoppers.",
            taken=params.get("taken"),
            looks=params.get("looks"),
            next=params.get("next"),
            units=number(params.get("units")),
        ),
        "looks_cut_off": lambda: _(
            "Stopped by hand after {taken} of {looks} planned looks; what came after them does not decide.",
            taken=params.get("taken"),
            looks=params.get("looks"),
        ),
        "ended_early": lambda: _(
            "It ended on its date with {share} of the planned information, which made this look the last"
            " one.",
            share=percent(params.get("share"), 0),
        ),
        "preliminary": lambda: _(
            "Preliminary: {share} of the shoppers have completed their window.",
            share=percent(params.get("share"), 0),
        ),
    }
    return sentences[code]() if code in sentences else reason.sentence
