"""The page of trust: what the table says, in words, with its margins."""

from __future__ import annotations

import pytest
from flask import Flask, g

from dash_ui.components.trust_table import trust_table
from dash_ui.gateway import Gateway
from dash_ui.page import View
from dash_ui.pages import trust as page
from dash_ui.trust_records import Share, Tried, TrustCell, TrustTable
from dash_ui.trust_words import method_name, outcome_name, timing_name
from stats import trust
from tests.dash_ui.shop import ANALYST, PASSWORD
from tests.dash_ui.trees import words as words_of

FINE = Tried(Share(0.012, 0.006, 0.02), Share(0.02, 0.01, 0.03), 0.61, 0.6, 0.8)
BROKEN = Tried(Share(0.36, 0.33, 0.4), Share(0.4, 0.36, 0.43), 0.9, None, 0.5)


def table() -> TrustTable:
    readings = {"automatic": FINE, "planned_size": FINE, "welch": BROKEN}
    cells = [
        TrustCell("conversion_2", split, timing, False, readings)
        for split in ("50/50", "90/10")
        for timing in ("steady", "campaign")
    ]
    return TrustTable("1.0", 7, 0.05, 2_000, ("automatic", "planned_size"), ("welch",), tuple(cells))


def test_each_rate_stands_with_its_margin_and_a_broken_promise_says_so() -> None:
    words = words_of(trust_table(table(), table().cells[:1], "automatic", ("split",)))
    assert "1.2%" in words
    assert "0.6%\u00a0…\u00a02.0%" in words
    assert "better 61%" in words
    assert words.count("breaks the promise") == 1
    assert "50/50" in words
    assert "evenly spread" not in words


def test_filters_that_the_address_names_narrow_the_table() -> None:
    chosen = page._chosen(table(), {"split": "90/10", "timing": "all", "outcome": "nothing"})
    assert chosen == {
        "outcome": "all",
        "split": "90/10",
        "timing": "all",
        "history": "without",
        "method": "automatic",
    }
    words = words_of(page._results(table(), chosen))
    assert "672 hourly looks" in words
    assert "50/50" not in words
    assert "Nothing was tried" in words_of(page._results(table(), {**chosen, "history": "with"}))


def test_the_page_says_how_to_make_the_table_where_there_is_none(
    server: Flask, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "trust", lambda: None)
    assert "make trust" in _page(server, gateway)
    monkeypatch.setattr(gateway, "trust", table)
    assert "2,000 imaginary A/A tests" in _page(server, gateway)


def _page(server: Flask, gateway: Gateway) -> str:
    with server.test_request_context("/ui/trust"):
        g.person = gateway.sign_in(ANALYST, PASSWORD)
        view = View(gateway, g.person, {}, {})
        return words_of(page.render(view))


def test_everything_in_the_published_table_has_a_name() -> None:
    codes = [*trust.READINGS, *trust.CONTRASTS]
    assert all(method_name(code) != code for code in codes)
    assert all(outcome_name(code) != code for code in trust.OUTCOMES)
    assert all(timing_name(code) != code for code in trust.TIMINGS)


def test_the_published_table_covers_every_kind_and_keeps_every_promise(gateway: Gateway) -> None:
    published = gateway.trust()
    assert published is not None, "make trust makes it"
    assert {(c.outcome, c.split, c.timing, c.covariate) for c in published.cells} == {
        (t.outcome, t.split, t.timing, t.covariate) for t in trust.trials()
    }
    broken = [
        (cell.outcome, cell.split, cell.timing, cell.covariate, name)
        for cell in published.cells
        for name, tried in cell.readings.items()
        if name in published.ours and max(tried.false_alarms.lower, tried.missed.lower) > published.alpha
    ]
    assert broken == []
