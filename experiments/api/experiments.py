"""Experiments over HTTP: their definitions and what happens to them."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from assignment.errors import FieldError, ProefwerkError
from experiments.api.management import Management, paging, read_document, refuse_body
from experiments.auth import Actor
from experiments.documents import shown
from experiments.forms import ExperimentForm
from experiments.lifecycle import Status
from experiments.models import Experiment
from experiments.requests import CommentForm, PhaseForm, StopForm
from experiments.service import transitions
from experiments.service.definitions import (
    create_experiment,
    delete_experiment,
    experiment_document,
    get_experiment,
    list_experiments,
    update_experiment,
)
from experiments.service.journal import comment, journal, journal_document
from experiments.service.refine import refine_experiment
from experiments.validation import invalid, parse

PATH = "/api/v1/experiments"
_PHASE = tuple(PhaseForm.model_fields)
Act = Callable[[Session, str, Actor], Experiment]


def register(blueprint: Blueprint, management: Management) -> None:
    """Adds the views."""
    _definitions(blueprint, management)
    _one(blueprint, management)
    _actions(blueprint, management)
    _story(blueprint, management)


def _definitions(blueprint: Blueprint, management: Management) -> None:
    @blueprint.get(PATH)
    def experiments_list() -> ResponseReturnValue:
        page, per_page = paging()
        status = request.args.get("status")
        if status is not None and status not in tuple(Status):
            raise invalid(FieldError("status", f"{shown(status)} is not one of {', '.join(Status)}"))
        with management.database.reading() as session:
            rows, total = list_experiments(
                session, search=request.args.get("search"), status=status, page=page, per_page=per_page
            )
            documents = [experiment_document(row) for row in rows]
        return {"experiments": documents, "total": total, "page": page, "per_page": per_page}

    @blueprint.post(PATH)
    def experiments_create() -> ResponseReturnValue:
        form = parse(ExperimentForm, read_document())
        with management.change() as (session, actor):
            document = experiment_document(create_experiment(session, form, actor))
        return document, 201, {"Location": f"{PATH}/{form.key}"}


def _one(blueprint: Blueprint, management: Management) -> None:
    @blueprint.get(f"{PATH}/<key>")
    def experiments_get(key: str) -> ResponseReturnValue:
        with management.database.reading() as session:
            return experiment_document(get_experiment(session, key))

    @blueprint.patch(f"{PATH}/<key>")
    def experiments_patch(key: str) -> ResponseReturnValue:
        changes = read_document()
        if not isinstance(changes, dict):
            raise ProefwerkError(422, "invalid", f"{shown(changes)} is not an object; an object is needed.")
        asked = parse(PhaseForm, {name: changes.pop(name) for name in _PHASE if name in changes})
        with management.change() as (session, actor):
            return experiment_document(update_experiment(session, key, changes, actor, asked))

    @blueprint.delete(f"{PATH}/<key>")
    def experiments_delete(key: str) -> ResponseReturnValue:
        with management.change() as (session, actor):
            delete_experiment(session, key, actor)
        return "", 204


def _actions(blueprint: Blueprint, management: Management) -> None:
    def add(name: str, act: Act) -> None:
        def view(key: str) -> ResponseReturnValue:
            refuse_body()
            with management.change() as (session, actor):
                return experiment_document(act(session, key, actor))

        blueprint.add_url_rule(
            f"{PATH}/<key>/{name}", endpoint=f"experiments_{name}", view_func=view, methods=["POST"]
        )

    add("start", transitions.start)
    add("pause", transitions.pause)
    add("resume", transitions.resume)
    add("archive", transitions.archive)

    @blueprint.post(f"{PATH}/<key>/stop")
    def experiments_stop(key: str) -> ResponseReturnValue:
        form = parse(StopForm, read_document())
        with management.change() as (session, actor):
            return experiment_document(transitions.stop(session, key, form, actor))


def _story(blueprint: Blueprint, management: Management) -> None:
    @blueprint.post(f"{PATH}/<key>/refine")
    def experiments_refine(key: str) -> ResponseReturnValue:
        refuse_body()
        with management.change() as (session, actor):
            document = experiment_document(refine_experiment(session, key, actor))
        return document, 201, {"Location": f"{PATH}/{document['key']}"}

    @blueprint.get(f"{PATH}/<key>/journal")
    def experiments_journal(key: str) -> ResponseReturnValue:
        with management.database.reading() as session:
            return {"journal": [journal_document(entry) for entry in journal(session, key)]}

    @blueprint.post(f"{PATH}/<key>/journal")
    def experiments_comment(key: str) -> ResponseReturnValue:
        form = parse(CommentForm, read_document())
        with management.change(tell_doors=False) as (session, actor):
            return journal_document(comment(session, key, form.text, actor)), 201
