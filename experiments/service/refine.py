"""From a finding to the next experiment."""

from __future__ import annotations

import json
import re
from itertools import count
from typing import Any

from sqlmodel import Session, col, select

from experiments.auth import Actor, Role, require
from experiments.db import lock_changes
from experiments.forms import ExperimentForm
from experiments.lifecycle import LIVE, Status
from experiments.models import Experiment, JournalKind, Report
from experiments.service.definitions import create_experiment
from experiments.service.journal import note
from experiments.service.lookup import find_experiment
from experiments.service.records import form_of, metrics_named

_MAX_KEY = 63
_MAX_NAME = 200
_MAX_HYPOTHESIS = 4000


def refine_experiment(session: Session, key: str, actor: Actor, said: str | None = None) -> Experiment:
    """A draft of the follow-up: the same set-up, this experiment as its parent, its finding as the start.

    Dates are left open. The slice of a layer is left out while this experiment still holds it; metrics that
    no longer exist are left out too.

    Args:
        said: The finding in the words of who refines; without it, in English.

    Raises:
        ProefwerkError: 404, 403.
    """
    require(actor, Role.MARKETER)
    lock_changes(session)
    parent = find_experiment(session, key)
    newest = session.exec(
        select(Report).where(Report.experiment_key == key).order_by(col(Report.as_of).desc())
    ).first()
    report = json.loads(newest.body) if newest is not None else None
    child = create_experiment(session, _draft(session, parent, said or _finding(parent, report)), actor)
    data = {"child": child.key, "report": newest.id if newest is not None else None}
    note(session, parent, actor, JournalKind.REFINE, f"Refined into '{child.key}'.", data)
    origin = {"parent": parent.key, "report": data["report"]}
    note(session, child, actor, JournalKind.REFINE, f"Drafted from '{parent.key}'.", origin)
    return child


def _draft(session: Session, parent: Experiment, finding: str) -> ExperimentForm:
    form = form_of(parent)
    known = metrics_named(session, form)
    key, number = next_key(session, parent.key)
    original = re.sub(r" \(\d+\)$", "", form.name)[: _MAX_NAME - 10]
    changes: dict[str, Any] = {
        "key": key,
        "name": f"{original} ({number})",
        "hypothesis": f"{finding}\n\n{_expected(form)}".strip()[:_MAX_HYPOTHESIS],
        "parent": parent.key,
        "start_at": None,
        "end_at": None,
        "holdout": False if form.holdout is False else None,
        "layer": None if Status(parent.status) in LIVE else _free_layer(session, form),
        "metrics": form.metrics.model_copy(
            update={
                role: [metric for metric in getattr(form.metrics, role) if metric in known]
                for role in ("primary", "secondary", "guardrails")
            }
        ),
        "plan": form.plan.model_copy(update={"planned_units": None}),
    }
    return form.model_copy(update=changes)


def _expected(form: ExperimentForm) -> str:
    """The expectation of the parent, without the finding that it had started from itself."""
    return form.hypothesis if form.parent is None else form.hypothesis.rpartition("\n\n")[2]


def _free_layer(session: Session, form: ExperimentForm) -> Any:
    if form.layer is None:
        return None
    held = session.exec(
        select(Experiment.id).where(
            Experiment.layer_name == form.layer.name,
            col(Experiment.status).in_([status.value for status in LIVE]),
            col(Experiment.layer_from) < form.layer.end,
            col(Experiment.layer_to) > form.layer.start,
        )
    ).first()
    return form.layer if held is None else None


def next_key(session: Session, key: str) -> tuple[str, int]:
    """The first free key that is this one with a number behind it, and that number."""
    stem = re.sub(r"-\d{1,4}$", "", key)
    taken = set(session.exec(select(Experiment.key).where(col(Experiment.key).startswith(stem[:50]))))
    for number in count(2):
        ending = f"-{number}"
        candidate = f"{stem[: _MAX_KEY - len(ending)]}{ending}"
        if candidate not in taken:
            return candidate, number
    raise AssertionError("count() never ends")


def _finding(parent: Experiment, report: dict[str, Any] | None) -> str:
    """What is known so far, in sentences that a person goes on from."""
    words = [f"Follow-up of '{parent.name}' ({parent.key})."]
    if report is not None:
        decision = report.get("decision", {})
        variant = f" for '{decision['variant']}'" if decision.get("variant") else ""
        verdict = str(decision.get("verdict", "")).replace("_", " ")
        words.append(f"Its report of {str(report.get('as_of', ''))[:10]} says: {verdict}{variant}.")
        words.extend(str(reason) for reason in decision.get("reasons", ()))
    if parent.decision is not None:
        kept = f" '{parent.decision_variant}'" if parent.decision_variant else ""
        words.append(f"It was decided to {_DECIDED[parent.decision]}{kept}.")
        if parent.decision_note:
            words.append(parent.decision_note)
    if report is None and parent.decision is None:
        words.append("It has no finding yet.")
    return " ".join(words)


_DECIDED = {"ship": "ship", "rollback": "keep the control", "inconclusive": "call it inconclusive"}
