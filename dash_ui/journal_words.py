"""What an entry of the journal tells, in the reader's language: from its kind and data, else as stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from dash_ui.format import moment, number, percent
from dash_ui.i18n import _, language
from dash_ui.report_records import JournalLine
from dash_ui.words import phase_name

Names = Mapping[str, str]
Data = dict[str, Any]


def journal_text(line: JournalLine, variants: Names | None = None) -> str:
    """One or more lines; entries of before their data were kept stand as they were stored.

    Args:
        variants: Names of the variants by key.
    """
    write = _WRITERS.get(line.kind)
    written = write(line.data or {}, variants or {}) if write else None
    return written or line.text


def field_name(field: str) -> str:
    """What people call a part of an experiment's definition."""
    names = {
        "name": _("name"),
        "hypothesis": _("hypothesis"),
        "surface": _("surface"),
        "placement": _("place in the shop"),
        "hash_attribute": _("unit"),
        "fallback_attribute": _("unit before signing in"),
        "traffic": _("share of the traffic"),
        "audience": _("audience"),
        "layer": _("layer"),
        "prerequisites": _("experiments it builds on"),
        "holdout": _("holdout"),
        "variants": _("variants and their shares"),
        "metrics": _("metrics"),
        "plan": _("plan"),
        "trigger": _("trigger"),
        "segments": _("segments"),
        "start_at": _("start date"),
        "end_at": _("end date"),
        "preview_url": _("page for previews"),
        "parent": _("experiment it follows"),
    }
    return names.get(field, field)


def decided(data: Data, variants: Names) -> str | None:
    """What was decided, in a sentence; `None` where the data tell no decision."""
    kept = variants.get(data.get("variant") or "", data.get("variant") or "")
    sentences = {
        "ship": _("Stopped: everyone gets {variant}.", variant=kept),
        "rollback": _("Stopped: everyone keeps the control."),
        "inconclusive": _("Stopped without an outcome: everyone keeps the control."),
    }
    return sentences.get(str(data.get("decision")))


def _plan(data: Data, _variants: Names) -> str | None:
    return _("Draft “{name}” was made.", name=data["name"]) if "name" in data else None


def _start(data: Data, _variants: Names) -> str | None:
    if "scheduled_for" in data:
        return _("Scheduled to start on {moment}.", moment=_moment(data["scheduled_for"]))
    if "plan_hash" not in data:
        return None
    # The stored words say more, such as where the planned size comes from, but in English only.
    return None if language() == "en" else " ".join([_("Started; the plan is frozen."), *_registered(data)])


def _registered(data: Data) -> list[str]:
    """What a reader should know of the plan as it was registered."""
    experiment = (data.get("plan") or {}).get("experiment") or {}
    said = []
    planned, holdout = (experiment.get("plan") or {}).get("planned_units"), experiment.get("holdout")
    if planned:
        said.append(_("It counts on {units} shoppers.", units=number(planned)))
    if holdout:
        said.append(_("It leaves alone whom {holdout} holds out.", holdout=holdout))
    return said


def _changed(data: Data, variants: Names) -> str | None:
    told = _TOLD.get(data.get("told", ""))
    if told is not None:
        return told(data)
    lines = [_change(field, change, variants) for field, change in data.items() if isinstance(change, dict)]
    return "\n".join(lines) or None


def _change(field: str, change: Data, variants: Names) -> str:
    before, after = change.get("before"), change.get("after")
    if field == "traffic" and isinstance(before, int | float) and isinstance(after, int | float):
        return _(
            "Share of the traffic: from {before} to {after}.",
            before=percent(before, 0),
            after=percent(after, 0),
        )
    if field in ("end_at", "start_at") and (before or after):
        until = _moment(after) if after else _("open")
        since = _moment(before) if before else _("open")
        if field == "end_at":
            return _("End date: from {before} to {after}.", before=since, after=until)
        return _("Start date: from {before} to {after}.", before=since, after=until)
    if field == "variants" and isinstance(before, list) and isinstance(after, list):
        old, new = _shares(before, variants), _shares(after, variants)
        if old != new:
            return _("Split: from {before} to {after}.", before=old, after=new)
    return _("Changed: {fields}.", fields=field_name(field))


def _shares(rows: Iterable[Data], variants: Names) -> str:
    return " / ".join(
        f"{variants.get(row['key'], row.get('name') or row['key'])} {percent(row.get('weight'), 0)}"
        for row in rows
    )


def _deviation(data: Data, variants: Names) -> str | None:
    changes = _changed(data, variants)
    return _("Departed from the plan. {changes}", changes=changes) if changes else None


def _decision(data: Data, variants: Names) -> str | None:
    if "decision" not in data:
        return _("Stopped on its end date; the decision is still to be made.")
    return "\n".join(filter(None, (decided(data, variants), data.get("note"))))


def _phase(data: Data, variants: Names) -> str | None:
    if "version" not in data:
        return None
    said = [
        _(
            "Phase {version} began: all shoppers are divided anew, and exposures until then do not count.",
            version=number(data["version"]),
        )
    ]
    said += _registered(data)
    said += [_change(field, change, variants) for field, change in (data.get("changes") or {}).items()]
    return "\n".join([*said, *filter(None, [data.get("reason")])])


def _refine(data: Data, _variants: Names) -> str | None:
    if data.get("child"):
        return _("Refined into {child}.", child=data["child"])
    return _("Drafted from {parent}.", parent=data["parent"]) if data.get("parent") else None


def _moment(stamp: str) -> str:
    return moment(datetime.fromisoformat(stamp))


_TOLD: dict[str, Callable[[Data], str]] = {
    "parent_divided_anew": lambda data: _(
        "{experiment}, which this builds on, divides its shoppers anew, so others take part.",
        experiment=data["experiment"],
    ),
    "holdout_ended": lambda data: _(
        "The holdout {experiment} ended; whom it held out may take part from then on.",
        experiment=data["experiment"],
    ),
    "parent_changed": lambda data: _(
        "{experiment}, which this builds on, changed ({phase}); that decides who may take part here.",
        experiment=data["experiment"],
        phase=phase_name(data["status"]),
    ),
    "winner_let_in": lambda data: _(
        "{experiment} was archived, so its winner is no longer kept from those held out.",
        experiment=data["experiment"],
    ),
    "could_not_start": lambda data: _(
        "It could not start on its date and is a draft again: {detail}", detail=data["detail"]
    ),
}
_WRITERS: dict[str, Callable[[Data, Names], str | None]] = {
    "plan": _plan,
    "start": _start,
    "pause": lambda _data, _names: _("Paused; everyone gets the control."),
    "resume": lambda _data, _names: _("Resumed with the same split."),
    "archive": lambda _data, _names: _("Archived."),
    "edit": _changed,
    "deviation": _deviation,
    "decision": _decision,
    "phase": _phase,
    "refine": _refine,
}
