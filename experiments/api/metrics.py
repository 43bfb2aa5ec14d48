"""Metrics over HTTP."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from experiments.api.management import Management, paging, read_document
from experiments.forms import MetricForm
from experiments.requests import MetricMarksForm
from experiments.service.metrics import (
    create_metric,
    delete_metric,
    get_metric,
    list_metrics,
    mark_metric,
    marks_document,
    metric_document,
    update_metric,
)
from experiments.validation import parse

PATH = "/api/v1/metrics"


def register(blueprint: Blueprint, management: Management) -> None:
    """Adds the views."""

    @blueprint.get(PATH)
    def metrics_list() -> ResponseReturnValue:
        page, per_page = paging(200)
        with management.database.reading() as session:
            rows, total = list_metrics(
                session, search=request.args.get("search"), page=page, per_page=per_page
            )
            documents = [metric_document(row) for row in rows]
        return {"metrics": documents, "total": total, "page": page, "per_page": per_page}

    @blueprint.post(PATH)
    def metrics_create() -> ResponseReturnValue:
        form = parse(MetricForm, read_document())
        with management.change(tell_doors=False) as (session, actor):
            document = metric_document(create_metric(session, form, actor))
        return document, 201, {"Location": f"{PATH}/{form.key}"}

    @blueprint.get(f"{PATH}/<key>")
    def metrics_get(key: str) -> ResponseReturnValue:
        with management.database.reading() as session:
            return metric_document(get_metric(session, key))

    @blueprint.put(f"{PATH}/<key>")
    def metrics_put(key: str) -> ResponseReturnValue:
        document = read_document()
        if isinstance(document, dict):
            document = {"key": key, **document}
        form = parse(MetricForm, document)
        with management.change(tell_doors=False) as (session, actor):
            return metric_document(update_metric(session, key, form, actor))

    @blueprint.get(f"{PATH}/<key>/marks")
    def metrics_marks(key: str) -> ResponseReturnValue:
        with management.database.reading() as session:
            return marks_document(get_metric(session, key))

    @blueprint.put(f"{PATH}/<key>/marks")
    def metrics_mark(key: str) -> ResponseReturnValue:
        form = parse(MetricMarksForm, read_document())
        with management.change(tell_doors=False) as (session, actor):
            return marks_document(mark_metric(session, key, form, actor))

    @blueprint.delete(f"{PATH}/<key>")
    def metrics_delete(key: str) -> ResponseReturnValue:
        with management.change(tell_doors=False) as (session, actor):
            delete_metric(session, key, actor)
        return "", 204
