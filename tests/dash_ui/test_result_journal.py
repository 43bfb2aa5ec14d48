"""The journal in the reader's language, the decision log, and the chain of experiments."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from dash_ui.components.chain import chain
from dash_ui.components.journal import entries
from dash_ui.gateway import Gateway
from dash_ui.i18n import speaking
from dash_ui.journal_words import journal_text
from dash_ui.report_reader import moment
from dash_ui.report_records import JournalLine
from dash_ui.time_records import Link
from experiments.db import Database
from experiments.models import Experiment
from tests.dash_ui import sample_reports as samples
from tests.dash_ui.trees import every, property_of, with_class, words

START = moment(samples.START)
NAMES = {"control": "No bar", "bar": "Bar at 50"}
SPLIT = {
    "before": [{"key": "control", "weight": 0.9}, {"key": "bar", "weight": 0.1}],
    "after": [{"key": "control", "weight": 0.5}, {"key": "bar", "weight": 0.5}],
}


def _line(kind: str, data: dict[str, object] | None = None, text: str = "As stored.") -> JournalLine:
    return JournalLine(START, "sanne@shop.example", kind, text, data, 7)


@pytest.mark.parametrize(
    ("kind", "data", "english", "dutch"),
    [
        ("pause", None, "Paused; everyone gets the control.", "Gepauzeerd; iedereen krijgt de controle."),
        ("plan", {"name": "Bar"}, "Draft “Bar” was made.", "Concept “Bar” is gemaakt."),
        ("plan", None, "As stored.", "As stored."),
        ("edit", None, "As stored.", "As stored."),
        ("comment", None, "As stored.", "As stored."),
        (
            "edit",
            {"variants": SPLIT},
            "Split: from No bar 90% / Bar at 50 10% to No bar 50% / Bar at 50 50%.",
            "Verdeling: van No bar 90% / Bar at 50 10% naar No bar 50% / Bar at 50 50%.",
        ),
        (
            "decision",
            {"decision": "ship", "variant": "bar", "note": "Monday."},
            "Stopped: everyone gets Bar at 50.\nMonday.",
            "Gestopt: iedereen krijgt Bar at 50.\nMonday.",
        ),
        (
            "start",
            {"plan_hash": "9f", "plan": {"experiment": {"plan": {"planned_units": 80000}, "holdout": "h"}}},
            "As stored.",
            "Gestart; het plan ligt vast. Het rekent op 80.000 bezoekers."
            " Het laat met rust wie h buiten houdt.",
        ),
        ("refine", {"child": "bar-2"}, "Refined into bar-2.", "Verfijnd in bar-2."),
    ],
)
def test_entries_are_told_in_the_readers_language_and_old_ones_as_stored(
    kind: str, data: dict[str, object] | None, english: str, dutch: str
) -> None:
    assert journal_text(_line(kind, data), NAMES) == english
    with speaking("nl"):
        assert journal_text(_line(kind, data), NAMES) == dutch


def test_a_comment_is_inert_but_for_the_addresses_in_it() -> None:
    text = "See https://shop.example/a?b=1.\n<b>bold</b> javascript:alert(1)"
    tree = entries([_line("comment", None, text)])
    (item,) = with_class(tree, "pw-entry")
    assert property_of(item, "id") == "entry-7"
    links = [property_of(each, "href") for each in every(tree) if property_of(each, "href")]
    assert links == ["#entry-7", "https://shop.example/a?b=1"]
    assert ".\n<b>bold</b> javascript:alert(1)" in words(tree)


def test_a_decision_stands_with_who_took_it_and_the_evidence_of_then() -> None:
    data: dict[str, object] = {
        "decision": "ship", "variant": "bar", "note": "", "plan_hash": "9f" * 32,
        "report": "r-27", "as_of": (START + timedelta(days=27)).isoformat(), "verdict": "ship",
    }  # fmt: skip
    log = words(with_class(entries([_line("decision", data)], NAMES), "pw-decision-log"))
    for part in ("everyone gets Bar at 50", "sanne@shop.example", "Better: ship it", "r-27", "9f9f9f9f9f9f"):
        assert part in log
    old = words(with_class(entries([_line("decision", {"decision": "rollback"})]), "pw-decision-log"))
    assert "not kept then" in old


def test_a_chain_goes_from_the_first_experiment_to_all_that_follow(
    gateway: Gateway, database: Database
) -> None:
    with database.session() as session:
        rows = session.exec(select(Experiment).where(Experiment.parent == None).limit(3)).all()  # noqa: E711
        first, second, third = (row.key for row in rows)
        rows[1].parent, rows[2].parent = first, second
        rows[0].decision, rows[0].decision_note = "rollback", "It cost too much."
    link = gateway.chain(second)
    assert (link.key, link.here) == (first, False)
    assert link.follows[0].here
    assert third in [each.key for each in link.follows[0].follows]
    tree = chain(link)
    assert "Decided: Roll back. It cost too much." in words(tree)
    assert [words(each) for each in every(tree) if property_of(each, "aria-current")] == [rows_name(link)]


def rows_name(link: Link) -> str:
    """Name of the experiment whose page is read."""
    return link.follows[0].name


def test_an_experiment_that_stands_alone_has_no_chain() -> None:
    assert chain(Link("a", "A", "running", here=True)) is None
