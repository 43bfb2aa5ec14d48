"""The form of a source makes the document that it shows, and pages of facts are drawn for whom they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dash_ui.gateway import Gateway
from dash_ui.i18n import speaking
from dash_ui.page import View
from dash_ui.pages import rates, sources
from dash_ui.source_form import FIELDS, document_of, values_of
from experiments.sources.forms import SourceForm
from experiments.validation import parse
from tests.dash_ui.shop import ADMIN, ANALYST, open_shop
from tests.experiments.sources.shop import REFUNDS, SOURCE

DECLARED: tuple[dict[str, Any], ...] = (
    SOURCE,
    {**SOURCE, "refunds": None, "since": "2026-01-01T00:00:00Z", "overlap_minutes": 5, "currency": "EUR"},
    {**SOURCE, "refunds": {**REFUNDS, "table": None, "only": {"column": "kind", "values": ["refund", "x"]}}},
    {**SOURCE, "orders": {**SOURCE["orders"], "table": None, "query": "SELECT * FROM orders"}},
)


@pytest.mark.parametrize("declared", DECLARED)
def test_what_the_form_shows_is_what_it_saves(declared: dict[str, Any]) -> None:
    whole = parse(SourceForm, declared).model_dump(mode="json")
    shown = values_of(whole)
    given = {name: shown.get(name, "") for name in FIELDS}
    assert parse(SourceForm, document_of(given, whole)).model_dump(mode="json") == whole


def test_a_parquet_source_has_a_path() -> None:
    given = dict.fromkeys(FIELDS, "") | {"kind": "parquet", "orders.place": "/data/orders/*.parquet"}
    assert document_of(given, None)["orders"]["path"] == "/data/orders/*.parquet"


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("email", [ADMIN, ANALYST])
def test_pages_of_facts_are_drawn_in_both_languages(tmp_path: Path, email: str, language: Any) -> None:
    gateway = Gateway(open_shop(tmp_path), lambda key: {}, lambda: None)
    admin = next(each for each in gateway.people() if each.email == ADMIN)
    gateway.save_source(admin, SOURCE, known=False)
    person = next(each for each in gateway.people() if each.email == email)
    with speaking(language):
        drawn = {
            page.path: str(page.render(View(gateway, person, {}, {"edit": "shop"})))
            for page in (rates.PAGE, sources.PAGE)
        }
    may = email == ADMIN
    assert ("rate-enter" in drawn["/ui/rates"], "source-save" in drawn["/ui/sources"]) == (may, may)
