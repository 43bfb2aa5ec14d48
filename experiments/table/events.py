"""The report on a file of events, as `proefwerk import` takes them, through a lake that is thrown away."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from assignment import snapshot
from assignment.events import Rules
from assignment.snapshot import Status, Variant
from experiments.analysis.engine import Engine, literal
from experiments.analysis.lake import Lake
from experiments.analysis.loading import import_events
from experiments.analysis.report import analyse
from experiments.definition import Definition
from experiments.forms import ExperimentForm, MetricForm
from experiments.plan import Method
from experiments.table.outcomes import MOST_METRICS, caps_of
from experiments.table.roles import Options, control_first, equal_or_planned, whole_size
from experiments.table.source import Data, refused

Document = dict[str, Any]
_NEEDED = ("type", "unit", "variant", "name")
_OF_ROWS = ("unit", "variant", "date", "covariates")
"""Options that say what columns mean; those of events are known."""
_KINDS: dict[str, Document] = {
    "proportion": {},
    "count": {},
    "mean": {"field": "value"},
    "median": {"field": "value", "quantile": 0.5},
}


def holds_events(data: Data) -> bool:
    """Whether the rows are events rather than units."""
    return all(name in data.types for name in _NEEDED)


def analyse_events(engine: Engine, data: Data, asked: Options) -> Document:
    """The report on the experiment that most exposures are of; `source` says what was guessed.

    Raises:
        ProefwerkError: 422, naming option, value and rule.
    """
    for name in _OF_ROWS:
        if getattr(asked, name):
            raise refused(f"--{name}", "the file holds events, whose columns are known; leave it out")
    notes = ["I take the rows as events: exposures to variants, and conversions with a name and a value."]
    key, variants = _experiment(engine, asked, notes)
    metrics = _metrics(engine, asked, notes)
    weights = equal_or_planned(variants, asked, notes)
    as_of = _latest(engine, data)
    form = ExperimentForm.model_validate(
        {
            "key": key,
            "name": key,
            "variants": [
                {"key": variant, "weight": weight} for variant, weight in zip(variants, weights, strict=True)
            ],
            "metrics": {"primary": [metric.key for metric in metrics]},
            "plan": {
                "method": asked.method.value,
                "alpha": asked.alpha,
                "planned_units": _planned(engine, key, variants, weights, asked),
            },
            "segments": list(asked.segments),
        }
    )
    definition = Definition(
        form, {each.key: each for each in metrics}, "stopped", 1, None, None, None, bots=None
    )
    with tempfile.TemporaryDirectory(prefix="proefwerk-") as folder:
        lake = Lake(Path(folder))
        done = import_events(lake, [data.path], _rules(form), as_of)
        report = analyse(definition, lake.view(), as_of)
    if done.refused:
        _, line, reason = done.refusals[0]
        notes.append(
            f"{done.refused:,} rows are no events and are left out; the first, line {line:,}: {reason}."
        )
    return {**report, "source": {"file": data.path.name, "rows": data.rows, "notes": notes}}


def _experiment(engine: Engine, asked: Options, notes: list[str]) -> tuple[str, tuple[str, ...]]:
    found = engine.execute(
        "SELECT experiment, count(*) AS events FROM data WHERE type = 'exposure' GROUP BY 1 "
        "ORDER BY events DESC, experiment"
    ).fetchall()
    if not found:
        raise refused("file", "it holds events, but no exposure, which says who met which variant")
    key = str(found[0][0])
    if len(found) > 1:
        notes.append(f"I take experiment '{key}', which most exposures are of.")
    rows = engine.execute(
        "SELECT DISTINCT variant FROM data "
        f"WHERE type = 'exposure' AND experiment = {literal(key)} ORDER BY variant"
    ).fetchall()
    values = [str(value) for (value,) in rows if value is not None]
    if len(values) < 2:
        raise refused("file", f"exposures to '{key}' name {len(values)} variant; two are needed to compare")
    return key, control_first(values, "variant", asked, notes)


def _metrics(engine: Engine, asked: Options, notes: list[str]) -> list[MetricForm]:
    rows = engine.execute(
        "SELECT name, count(DISTINCT value) FROM data WHERE type = 'conversion' AND name IS NOT NULL "
        "GROUP BY name ORDER BY count(*) DESC, name"
    ).fetchall()
    if not rows:
        raise refused("file", "it holds exposures, but no conversion to compare them by")
    texts = list(asked.metrics)
    if not texts:
        for name, values in rows:
            texts += [f"{name}:proportion", *([f"{name}:mean"] if values > 1 else [])]
        texts = texts[:MOST_METRICS]
        notes.append(f"I take as metrics: {', '.join(texts)}.")
    names = [name for name, _ in rows]
    caps = caps_of(asked.caps, names)
    found: list[MetricForm] = []
    for text in texts:
        name, _, kind = text.partition(":")
        kind = kind or "proportion"
        if name not in names:
            raise refused("--metric", f"there is no conversion '{name}'; the file has {', '.join(names)}")
        if kind not in _KINDS:
            raise refused("--metric", f"'{text}': a kind is one of {', '.join(_KINDS)}")
        document: Document = {
            "key": f"m{len(found)}",
            "name": text.replace(":", " "),
            "kind": "quantile" if kind == "median" else kind,
            "event": name,
            **_KINDS[kind],
        }
        if kind in ("mean", "count") and name in caps:
            cap, by_quantile = caps[name]
            document["cap"] = {"quantile" if by_quantile else "value": cap}
        found.append(MetricForm.model_validate(document))
    return found


def _latest(engine: Engine, data: Data) -> datetime:
    """Until when the events tell: nobody has lived beyond that."""
    if "time" not in data.types:
        return datetime.now(UTC)
    latest = engine.execute("SELECT epoch_us(max(time::TIMESTAMPTZ)) FROM data").fetchall()[0][0]
    return datetime.fromtimestamp(latest / 1e6, UTC) + timedelta(seconds=1) if latest else datetime.now(UTC)


def _planned(
    engine: Engine, key: str, variants: tuple[str, ...], weights: tuple[float, ...], asked: Options
) -> int | None:
    if asked.planned is not None or asked.method is not Method.FIXED:
        return asked.planned
    # Whoever met several variants counts in none.
    found = engine.execute(
        "SELECT variant, count(*) FROM (SELECT min(variant) AS variant FROM data WHERE type = 'exposure' "
        f"AND experiment = {literal(key)} GROUP BY unit HAVING count(DISTINCT variant) = 1) GROUP BY variant"
    ).fetchall()
    units = dict(found)
    return whole_size([units.get(variant, 0) for variant in variants], weights)


def _rules(form: ExperimentForm) -> Rules:
    """What the file's own experiment lets exposures name."""
    variants = tuple(Variant(variant.key, "", variant.weight, {}) for variant in form.variants)
    rule = snapshot.Experiment(form.key, 1, Status.RUNNING, form.key, "id", variants, 1.0, {})
    return Rules(snapshot.build((rule,), ()))
