"""Step 6: how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from dash import html

from dash_ui.calendar_words import day_of
from dash_ui.components.calendar_strip import calendar_strip
from dash_ui.format import day, number
from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.records import Baseline, SizeEstimate
from dash_ui.wizard import reach
from dash_ui.wizard.estimate import missing, shown, summary
from dash_ui.wizard.fields import choice_field, number_field, switch_field, text_field
from dash_ui.wizard.planned_looks import looks_asked, looks_fields, read_looks
from dash_ui.wizard.run import Run, planned_run, start_at, start_of
from dash_ui.wizard.state import Problems, State, Step, Values, share_of
from dash_ui.words import method_name

METHODS = ("sequential", "group_sequential", "fixed", "bayesian")
_RATES = ("proportion", "retention")
_FOUR_WEEKS = timedelta(days=26)
_RECENT = timedelta(days=3)


def draw(state: State, gateway: Gateway) -> list[Any]:
    """The plan, with what it takes beside it."""
    plan = state["document"]["plan"]
    kind, known, assume = _assumed(state, gateway)
    told, table = estimate(state, gateway, _typed(state["document"], assume))
    live = html.Div(
        [
            html.Div(told, id="estimate", className="pw-estimate-part", role="status"),
            html.Div(table, id="estimate-weeks", className="pw-estimate-part"),
        ],
        className="pw-estimate",
    )
    fields = [*_baseline_fields(kind, assume, known), *_plan_fields(plan, assume), _start_field(state)]
    return [html.Div([html.Div(fields, className="pw-form-grid pw-two"), live], className="pw-plan")]


def _plan_fields(plan: dict[str, Any], assume: dict[str, Any]) -> list[Any]:
    methods = [(code, method_name(code)) for code in METHODS]
    cuped = _("Use what shoppers did before (CUPED)")
    return [
        _percent_field("plan.mde", _("Smallest lift worth detecting"), plan["mde"], 0.01, 1000),
        number_field("assume.daily", _("Shoppers per day"), assume["daily"], min=0, step=100, decimalScale=0),
        choice_field("plan.method", _("Method"), plan["method"], methods),
        html.Div(
            looks_fields(plan),
            id="looks-box",
            className="pw-form-grid pw-two pw-whole-row",
            hidden=plan["method"] != "group_sequential",
        ),
        _percent_field("plan.alpha", _("False-alarm rate"), plan["alpha"], 0.1, 49),
        _percent_field("plan.power", _("Chance to find it"), plan["power"], 51, 99.9),
        switch_field(
            "plan.cuped",
            cuped,
            plan["cuped"],
            _("Makes the range narrower when earlier behaviour is known."),
        ),
        html.Div(
            switch_field(
                "plan.exact",
                _("Rest on the split alone"),
                bool(plan.get("exact")),
                _("For rates and capped amounts: assumes nothing else, counts closed windows, takes longer."),
            ),
            id="exact-box",
            hidden=plan["method"] != "sequential",
        ),
    ]


def _start_field(state: State) -> Any:
    named = state["document"].get("start_at")
    return text_field(
        "plan.start_on",
        _("Start on"),
        start_of(state["document"]).isoformat() if named else "",
        _("Empty is as soon as you launch it."),
        inputProps={"type": "date"},
    )


def _percent_field(name: str, label: str, share: float | None, least: float, most: float) -> Any:
    value = None if share is None else round(share * 100, 4)
    return number_field(name, label, value, min=least, max=most, step=1, decimalScale=2, suffix="%")


def _assumed(state: State, gateway: Gateway) -> tuple[str, Baseline | None, dict[str, Any]]:
    """Kind and baseline of the metric that decides, and the numbers that the plan starts from."""
    metric = _primary(state, gateway)
    kind = metric["kind"] if metric else "proportion"
    known = gateway.baseline(metric["key"]) if metric else None
    return kind, known, {**_guess(kind, known, reach.daily(state, gateway)), **state["assume"]}


def _primary(state: State, gateway: Gateway) -> dict[str, Any] | None:
    keys = state["document"]["metrics"]["primary"]
    metric = gateway.metric(keys[0]) if keys else None
    return metric.document if metric else None


def _guess(kind: str, known: Baseline | None, reached: float | None) -> dict[str, Any]:
    daily = round(reached or (known.daily if known else None) or 1000)
    if known is None:
        return {"mean": 3.0 if kind in _RATES else 5.0, "std": 10.0, "daily": daily}
    mean = known.mean * 100 if kind in _RATES else known.mean
    return {"mean": round(mean, 4), "std": round(known.std, 4), "daily": daily}


def _baseline_fields(kind: str, assume: dict[str, Any], known: Baseline | None) -> list[Any]:
    source = _source(known)
    if kind in _RATES:
        label = _("Current rate")
        return [
            number_field(
                "assume.mean", label, assume["mean"], source, min=0.001, max=99.9, decimalScale=3, suffix="%"
            )
        ]
    return [
        number_field("assume.mean", _("Current average"), assume["mean"], source, decimalScale=4),
        number_field("assume.std", _("Spread (standard deviation)"), assume["std"], min=0, decimalScale=4),
    ]


def _source(known: Baseline | None) -> str:
    """Where the numbers come from."""
    if known is None:
        return _("A guess: fill in your own number.")
    if known.experiment is not None:
        return _("From {experiment}.", experiment=known.experiment)
    units, since, until = number(known.units), known.since or known.until, known.until
    if until - since > _FOUR_WEEKS and datetime.now(UTC) - until < _RECENT:
        return _("From {units} shoppers in the last four weeks.", units=units)
    return _("From {units} shoppers, {since} to {until}.", units=units, since=day(since), until=day(until))


def _typed(document: dict[str, Any], assume: dict[str, Any]) -> Values:
    plan = document["plan"]
    return {
        **{f"assume.{name}": value for name, value in assume.items()},
        "plan.mde": None if plan["mde"] is None else plan["mde"] * 100,
        "plan.alpha": plan["alpha"] * 100,
        "plan.power": plan["power"] * 100,
        "plan.method": plan["method"],
        "plan.looks": plan["looks"] or 5,
        **{f"plan.{name}": plan.get(name) for name in ("spending", "spending_gamma", "futility")},
        "plan.cuped": plan["cuped"],
        "plan.exact": bool(plan.get("exact")),
        "plan.start_on": start_of(document).isoformat(),
    }


def size(state: State, gateway: Gateway, values: Values) -> SizeEstimate | None:
    """What the plan in these values takes; `None` while a number is missing."""
    metric = _primary(state, gateway)
    kind = metric["kind"] if metric else "proportion"
    names = ["assume.mean", "plan.mde", "plan.alpha", "plan.power"]
    names += [] if kind in _RATES else ["assume.std"]
    if any(not isinstance(values.get(name), int | float) for name in names):
        return None
    document, method = state["document"], values.get("plan.method") or "sequential"
    daily = values.get("assume.daily")
    daily = daily * document["traffic"] if isinstance(daily, int | float) else 0
    shares = [variant["weight"] for variant in document["variants"]]
    return gateway.size(
        {
            **({"metric": metric["key"]} if metric else {"kind": kind}),
            "mean": values["assume.mean"] / (100 if kind in _RATES else 1),
            "std": None if kind in _RATES else values["assume.std"],
            "effect": _effect(state, gateway, values),
            "alpha": values["plan.alpha"] / 100,
            "power": values["plan.power"] / 100,
            "shares": shares,
            "method": method,
            **looks_asked(values, method),
            "comparisons": max(len(document["metrics"]["primary"]), 1) * (len(shares) - 1),
            "daily": daily if daily > 0 else None,
            "cuped": bool(values.get("plan.cuped", True)),
            "exact": method == "sequential" and bool(values.get("plan.exact")),
        }
    )


def _effect(state: State, gateway: Gateway, values: Values) -> float:
    """The lift to find, downwards for a metric of which less is better."""
    metric, lift = _primary(state, gateway), float(values["plan.mde"]) / 100
    return -lift if metric and metric["direction"] == "decrease" and lift < 1 else lift


def estimate(state: State, gateway: Gateway, values: Values) -> tuple[list[Any], list[Any]]:
    """The live estimate in words, and what some weeks can show."""
    found = size(state, gateway, values)
    if found is None:
        return missing(), []
    names = [variant["name"] for variant in state["document"]["variants"]]
    lift, power = _effect(state, gateway, values), values["plan.power"] / 100
    run = run_of(state, gateway, found, values)
    told = summary(found, values.get("plan.method") or "sequential", lift, power, names, run)
    return told, [*([calendar_strip(run)] if run else []), *shown(found)]


def run_of(state: State, gateway: Gateway, found: SizeEstimate, values: Values) -> Run | None:
    """The days of the run; `None` where they cannot be told, or it is too small to test."""
    daily = values.get("assume.daily")
    if found.too_small is not None or not isinstance(daily, int | float):
        return None
    first = max(day_of(values.get("plan.start_on")) or start_of({}), start_of({}))
    return planned_run(gateway, state["key"], first, found.units, daily * state["document"]["traffic"])


def planned(state: State, gateway: Gateway) -> tuple[SizeEstimate | None, Run | None]:
    """What the saved plan takes and its days, by the shop's own numbers."""
    _kind, _known, assume = _assumed(state, gateway)
    values = _typed(state["document"], assume)
    found = size(state, gateway, values)
    return found, None if found is None else run_of(state, gateway, found, values)


def read(values: Values, state: State, strict: bool) -> Problems:
    """Writes the plan, with the planned number of shoppers that the estimate gives."""
    plan = state["document"]["plan"]
    problems: Problems = {}
    bounds = {"plan.mde": (0.0, 10_000.0), "plan.alpha": (0.0, 50.0), "plan.power": (50.0, 100.0)}
    for name, (low, high) in bounds.items():
        value = values.get(name)
        if not isinstance(value, int | float) or not low < value < high:
            problems[name] = _(
                "Fill in a number between {low} and {high}.", low=number(low), high=number(high)
            )
        else:
            plan[name.removeprefix("plan.")] = share_of(value)
    plan["method"] = values.get("plan.method") or "sequential"
    looks = values.get("plan.looks")
    plan["looks"] = int(looks or 5) if plan["method"] == "group_sequential" else None
    read_looks(values, plan, problems)
    plan["cuped"] = bool(values.get("plan.cuped"))
    plan["exact"] = plan["method"] == "sequential" and bool(values.get("plan.exact"))
    state["document"]["start_at"] = start_at(values.get("plan.start_on"), state["document"].get("start_at"))
    state["assume"] = {
        name: values[f"assume.{name}"]
        for name in ("mean", "std", "daily")
        if isinstance(values.get(f"assume.{name}"), int | float)
    }
    return problems if strict else {}


STEP = Step(
    "plan",
    lambda: _("How long"),
    lambda: _("The smallest lift that is worth knowing decides how long it takes."),
    draw,
    read,
)
