"""The check on our own data, from the button to its words."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, g

from dash_ui import shell
from dash_ui.components.rehearsal import findings, rehearsal_card
from dash_ui.gateway import Gateway
from dash_ui.records import Refused
from dash_ui.trust_records import Rehearsal
from experiments.db import Database, utc_now
from experiments.models import SCHEDULER_LEASE, Lease
from experiments.models import Rehearsal as RehearsalTable
from tests.dash_ui.shop import ADMIN, PASSWORD
from tests.dash_ui.trees import with_property
from tests.dash_ui.trees import words as words_of

KEY = "two-column-checkout"


def row(**changes: Any) -> dict[str, Any]:
    """One metric as a rehearsal tells it."""
    return {
        "metric": "conversion",
        "name": "Orders",
        "role": "primary",
        "kind": "proportion",
        "promised": 0.05,
        "false_alarms": 0.031,
        "lower": 0.016,
        "upper": 0.054,
        "kept": True,
        "every_look": 0.352,
        "determined": 1.0,
        "undetermined": None,
        "undetermined_code": None,
        **changes,
    }


def keep(database: Database, *metrics: dict[str, Any]) -> None:
    document = {
        "as_of": "2026-11-20T12:00:00+00:00",
        "replicates": 1000,
        "looks": 60,
        "units": 20_566,
        "units_in_all": 20_566,
        "metrics": list(metrics),
    }
    with database.session() as session:
        session.add(RehearsalTable(experiment_key=KEY, finished_at=utc_now(), body=json.dumps(document)))


def test_a_finding_is_told_in_a_sentence_beside_the_promise(gateway: Gateway, database: Database) -> None:
    keep(
        database,
        row(),
        row(name="Revenue", false_alarms=0.3, lower=0.26, upper=0.35, kept=False),
        row(
            name="Median",
            false_alarms=None,
            lower=None,
            upper=None,
            kept=None,
            every_look=None,
            undetermined="...",
            undetermined_code="needs_values",
        ),
    )
    words = words_of(findings(gateway.rehearsal(KEY)))
    assert "Orders: of 1,000 fake experiments 3.1% would have raised a false alarm." in words
    assert "At most 5.0% was promised." in words
    assert words.count("keeps the promise") == words.count("breaks the promise") == 1
    assert "35.2%" in words
    assert "A quantile is not read from sums" in words


def test_while_one_is_under_way_the_button_waits_and_the_page_follows(
    gateway: Gateway, database: Database
) -> None:
    with pytest.raises(Refused, match="No scheduler"):
        gateway.start_rehearsal(KEY)
    with database.session() as session:
        session.add(Lease(name=SCHEDULER_LEASE, holder="t", expires_at=utc_now() + timedelta(minutes=1)))
    gateway.start_rehearsal(KEY)
    found = gateway.rehearsal(KEY)
    assert found == Rehearsal(running=True, failed=False)
    card = rehearsal_card(found)
    [button], [tick] = (
        with_property(card, "id", "rehearsal-start"),
        with_property(card, "id", "rehearsal-tick"),
    )
    assert (button.disabled, tick.disabled) == (True, False)  # type: ignore[attr-defined]
    assert "Under way" in words_of(card)


def test_a_failure_says_where_to_look(gateway: Gateway, database: Database) -> None:
    with database.session() as session:
        session.add(RehearsalTable(experiment_key=KEY, finished_at=utc_now(), error="It failed."))
    assert "scheduler's log" in words_of(findings(gateway.rehearsal(KEY)))


def test_the_result_page_has_the_check_once_there_are_shoppers(server: Flask, gateway: Gateway) -> None:
    with server.test_request_context(f"/ui/e/{KEY}"):
        g.person = gateway.sign_in(ADMIN, PASSWORD)
        drawn, _title = shell.draw(gateway, f"/ui/e/{KEY}", "")
    assert len(with_property(drawn, "id", "rehearsal-start")) == 1
