"""The audit log on a page: what differs, found by address, taken along, and kept from who may not read it."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from dash_ui.audit_records import AuditQuery, changes
from dash_ui.components.audit_table import audit_table
from dash_ui.format import ZONE
from dash_ui.gateway import Gateway
from dash_ui.gateway import audit as audit_gateway
from dash_ui.page import query_of
from dash_ui.pages import audit
from dash_ui.records import Person
from tests.dash_ui.conftest import sign_in
from tests.dash_ui.shop import ADMIN, MARKETER, NAMES


def _person(email: str, role: str) -> Person:
    return Person(1, email, NAMES[email], role)


SANNE, MARK = _person(ADMIN, "admin"), _person(MARKETER, "marketer")


@pytest.fixture
def told(gateway: Gateway) -> Gateway:
    """A shop where two people changed four things."""
    metric = gateway.metric("revenue")
    assert metric is not None
    gateway.save_metric(MARK, {**metric.document, "name": "=Turnover"}, "revenue")
    document = {"key": "dutch", "name": "Dutch", "condition": {"country": "NL"}}
    gateway.save_audience(MARK, document, None)
    gateway.save_audience(SANNE, {**document, "condition": {"country": "BE"}}, "dutch")
    gateway.create_key(SANNE, "client", "Web shop")
    return gateway


def test_a_difference_is_told_by_field_and_not_as_a_document() -> None:
    before = {"name": "A", "cap": {"value": 500}, "variants": [{"key": "a", "weight": 0.5}], "tags": ["x"]}
    after = {"name": "A", "cap": None, "variants": [{"key": "a", "weight": 0.6}], "tags": ["x", "y"]}
    found = {each.path: (each.before, each.after) for each in changes(before, after)}
    assert found == {"cap.value": (500, None), "variants.1.weight": (0.5, 0.6), "tags": (["x"], ["x", "y"])}
    assert changes(before, before) == ()


def test_the_log_is_found_by_person_subject_kind_and_period(told: Gateway) -> None:
    today = datetime.now(ZONE).date()
    for query, count in (
        (AuditQuery(), 4),
        (AuditQuery(person=MARKETER), 2),
        (AuditQuery(subject="DUT"), 2),
        (AuditQuery(kind="metric"), 1),
        (AuditQuery(kind="audience", person=ADMIN), 1),
        (AuditQuery(first=today - timedelta(days=1), last=today + timedelta(days=1)), 4),
        (AuditQuery(first=today + timedelta(days=2)), 0),
        (AuditQuery(last=today - timedelta(days=2)), 0),
        (AuditQuery(subject="du%"), 0),
    ):
        assert told.audit(SANNE, query).matching == count, query
        assert audit.query_from(query_of(audit.address_of(query))) == query


def test_changes_of_people_and_keys_are_shown_to_admins_only(told: Gateway) -> None:
    assert told.audit(SANNE, AuditQuery(kind="key")).matching == 1
    assert told.audit(MARK, AuditQuery(kind="key")).matching == 0
    assert '"key"' not in "".join(told.audit_file(MARK, AuditQuery(kind="key"), "json"))


def test_a_row_names_the_person_and_what_was_and_is(told: Gateway) -> None:
    drawn = str(audit_table(told.audit(SANNE, AuditQuery(kind="audience")).lines))
    for words in ("Mark de Wit", "Sanne Adema", "condition.country", "NL", "BE", "Del(", "Ins("):
        assert words in drawn


def test_pages_are_cut_by_the_server(told: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_gateway, "PAGE_SIZE", 3)
    first, last = told.audit(SANNE, AuditQuery(), 1), told.audit(SANNE, AuditQuery(), 99)
    assert (len(first.lines), first.pages) == (3, 2)
    assert (len(last.lines), last.page) == (1, 2)
    assert {line.id for line in first.lines}.isdisjoint(line.id for line in last.lines)


def test_files_hold_all_that_is_found_and_no_formula(
    told: Gateway, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_gateway, "_PART", 2)
    sign_in(client)
    rows = list(csv.DictReader(io.StringIO(client.get("/ui/audit.csv").text)))
    everything: list[dict[str, Any]] = json.loads(client.get("/ui/audit.json").text)
    assert [int(row["id"]) for row in rows] == [each["id"] for each in everything]
    assert len(rows) == 4
    found = client.get("/ui/audit.json?kind=metric")
    assert [each["after"]["name"] for each in found.json or ()] == ["=Turnover"]
    assert "attachment" in found.headers["Content-Disposition"]
    assert not any(value.startswith("=") for row in rows for value in row.values())
