"""What is kept of units never changes a report: after any history it equals one computed anew, to the bit."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assignment.events import Conversion, Event, Exposure, Link
from experiments.analysis import batch, shared, state
from experiments.analysis.erasure import erase
from experiments.analysis.lake import Lake
from experiments.analysis.report import analyse
from experiments.analysis.rows import microseconds
from experiments.analysis.view import View
from experiments.bots import Says, Subject, Verdict
from experiments.definition import Definition
from tests.experiments.analysis.build import (
    CONVERSION,
    HOUR,
    ORDERS,
    REVENUE,
    START,
    add,
    conversion,
    definition,
    exposure,
    metric,
)
from tests.experiments.analysis.test_histories import RATIO

BOT = Verdict(Subject.UNIT, "a", Says.BOT, None, START + 40 * HOUR)
LIMIT = Verdict(Subject.LIMIT, "", None, 1, START)
SHOP = (
    replace(
        definition(
            metric(CONVERSION, window_hours=24),
            metric(REVENUE, window_hours=24, cap={"value": 150}, unit="EUR"),
            metric(RATIO),
            metric({**REVENUE, "key": "margin", "field": "margin"}),
            metric({**ORDERS, "key": "median", "kind": "quantile", "field": "value", "quantile": 0.5}),
            segments=["device"],
        ),
        bots=(BOT, LIMIT),
    ),
    definition(metric(ORDERS, event="visit"), metric(REVENUE), key="l", fallback_attribute="login"),
    definition(metric(REVENUE, cap={"quantile": 0.9}), key="m"),
)
UNITS = st.sampled_from(["a", "b", "c", "d", "e", "f", "g"])


@st.composite
def event(draw: st.DrawFn, place: int) -> Event:
    """An exposure, a conversion, or rarely a link; some are a bot's."""
    unit, at = draw(UNITS), START + draw(st.integers(-30, 60)) * HOUR
    kind = draw(st.integers(0, 11))
    said: dict[str, Any] = draw(
        st.sampled_from([{}, {}, {}, {"bot": True}, {"device": "phone"}, {"margin": 2.5}])
    )
    if kind == 0:
        return Link(f"e{place}", unit, draw(UNITS), at)
    if kind < 6:
        variant = draw(st.sampled_from(["control", "control", "treatment", "treatment", "gone"]))
        return Exposure(f"e{place}", unit, draw(st.sampled_from("klm")), variant, at, said)
    value = draw(st.sampled_from([0.1, 0.2, 0.7, 100.0, -30.0, 1e8, 1e-9]))
    currency = draw(st.sampled_from([None, "EUR", "USD"]))
    return Conversion(
        f"e{place}", unit, draw(st.sampled_from(["order", "order", "visit"])), at, value, currency, said
    )


@st.composite
def histories(draw: st.DrawFn, batches: int) -> list[tuple[list[Event], str]]:
    """Batches as they arrive with repeats, and what happens beside: nothing, an erasure, a lost state, ..."""
    whole = [draw(event(place)) for place in range(draw(st.integers(8, 60)))]
    history = []
    for left in range(batches, 0, -1):
        size = len(whole) // left
        if not size:
            continue
        again = draw(st.lists(st.sampled_from(whole), max_size=2))
        beside = draw(st.sampled_from(["", "", "", "", "erase", "lose", "damage"]))
        history.append(([*whole[:size], *again], beside))
        whole = whole[size:]
    return history


def fresh(view: View, as_of: datetime) -> list[str]:
    """The reports computed anew."""
    return [text(analyse(each, view, as_of)) for each in SHOP]


def refreshed(view: View, as_of: datetime, folder: Path, shop: Sequence[Definition] = SHOP) -> list[str]:
    """The reports by what is kept, each refresh as if by a new process."""
    with batch.opened(view, shop, folder, [each.form.key for each in SHOP]) as found:
        assert found is not None
        return [text(analyse(each, view, as_of, None, found.measure)) for each in shop]


def text(report: dict[str, Any]) -> str:
    return json.dumps({name: value for name, value in report.items() if name != "id"}, allow_nan=False)


def check(history: list[tuple[list[Event], str]]) -> None:
    """Each batch of the history is followed by a refresh; its reports are those of a full computation."""
    with tempfile.TemporaryDirectory() as root, pytest.MonkeyPatch.context() as patch:
        # However many events are new, what is kept is to be brought up to date.
        patch.setattr(shared, "MOST_NEW", 1.0)
        lake, folder, now = Lake(Path(root) / "lake"), Path(root) / "state", START + timedelta(days=5)
        for events, beside in history:
            now += HOUR
            add(lake, events, now)
            if beside == "erase":
                erase(lake, ["b"], microseconds(now))
            elif beside == "lose":
                state.discard(folder)
            elif beside == "damage":
                for path in folder.glob("*.duckdb"):
                    path.write_bytes(b"no database")
            view = lake.view()
            assert refreshed(view, now, folder) == fresh(view, now)


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories(batches=3))
def test_after_a_history_the_kept_units_give_the_report_of_a_full_computation(
    history: list[tuple[list[Event], str]],
) -> None:
    check(history)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories(batches=6))
def test_after_any_history_the_kept_units_give_the_report_of_a_full_computation(
    history: list[tuple[list[Event], str]],
) -> None:
    check(history)


def shopping(units: int, first: int = 0, hour: int = 0) -> list[Event]:
    """Shoppers who meet a variant of every experiment, order before and after."""
    made: list[Event] = []
    for number in range(first, first + units):
        unit, at = f"u{number}", START + (hour + number % 5) * HOUR
        variant = ("control", "treatment")[number % 2]
        made += [exposure(unit, variant, at, experiment=key, attributes={"device": "phone"}) for key in "klm"]
        made += [conversion(unit, 10.0 + number % 7, at + age * HOUR, currency="EUR") for age in (-2, 1)]
    return made


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Lake, Path, datetime]:
    """A lake, the state of a refresh over it, and a moment."""
    lake, folder, now = Lake(tmp_path / "lake"), tmp_path / "state", START + timedelta(days=5)
    add(lake, shopping(60), now)
    assert refreshed(lake.view(), now, folder) == fresh(lake.view(), now)
    return lake, folder, now


def only(key: str) -> list[Definition]:
    return [each for each in SHOP if each.form.key == key]


def test_a_second_refresh_computes_nothing_anew(
    kept: tuple[Lake, Path, datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, folder, now = kept
    events = [*shopping(5, 60, 3), exposure("u3", "control"), exposure("u4", "control", START - 5 * HOUR)]
    add(lake, [*events, conversion("u5", 3.0, START + 7 * HOUR)], now)
    expected = fresh(lake.view(), now)
    monkeypatch.delattr(batch.Batch, "_anew")
    for place, key in enumerate("kl"):
        assert refreshed(lake.view(), now, folder, only(key)) == expected[place : place + 1]
        assert refreshed(lake.view(), now, folder, only(key)) == expected[place : place + 1]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"stopped_at": START + timedelta(days=4)}, "it has stopped"),
        ({"form": {"fallback_attribute": "login"}}, "links join units"),
        ({"metrics": {"cap": {"quantile": 0.9}}}, "a cap by quantile may change every unit's value"),
        ({"as_of": timedelta(hours=-1)}, "events came in after the moment that is asked for"),
    ],
)
def test_what_new_events_alone_cannot_tell_is_computed_anew_and_says_why(
    kept: tuple[Lake, Path, datetime], caplog: pytest.LogCaptureFixture, change: dict[str, Any], reason: str
) -> None:
    lake, folder, now = kept
    add(lake, [Link("x", "u1", "u2", START)], now)
    plan = definition(metric(REVENUE, **change.get("metrics", {})), key="l", **change.get("form", {}))
    plan = replace(plan, stopped_at=change.get("stopped_at"))
    now += change.get("as_of", timedelta())
    with caplog.at_level(logging.DEBUG, "experiments.analysis.batch"):
        found = refreshed(lake.view(), now, folder, [plan])
    assert found == [text(analyse(plan, lake.view(), now))]
    assert reason in caplog.text


def test_a_damaged_state_is_told_in_the_log_and_replaced(
    kept: tuple[Lake, Path, datetime], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, folder, now = kept
    path = state.file_of(folder, 0)
    path.write_bytes(path.read_bytes()[:5000])
    assert refreshed(lake.view(), now, folder) == fresh(lake.view(), now)
    assert "computed anew" in caplog.text
    monkeypatch.delattr(batch.Batch, "_anew")
    refreshed(lake.view(), now, folder, only("k"))


@pytest.mark.parametrize("place", [20, 4096 + 16, 12_288 + 8])
def test_a_state_with_damaged_blocks_is_replaced_and_not_taken_for_one_in_use(
    kept: tuple[Lake, Path, datetime], caplog: pytest.LogCaptureFixture, place: int
) -> None:
    lake, folder, now = kept
    path = state.file_of(folder, 0)
    damaged = bytearray(path.read_bytes())
    damaged[place : place + 64] = bytes(byte ^ 0x5A for byte in damaged[place : place + 64])
    path.write_bytes(damaged)
    assert refreshed(lake.view(), now, folder, only("k")) == fresh(lake.view(), now)[:1]
    assert "computed anew" in caplog.text
    assert "in use elsewhere" not in caplog.text
    assert path.read_bytes() != damaged


def test_a_change_of_the_definition_or_an_erasure_voids_what_was_kept(
    kept: tuple[Lake, Path, datetime],
) -> None:
    lake, folder, now = kept
    changed = definition(metric(REVENUE, window_hours=1), key="k")
    assert refreshed(lake.view(), now, folder, [changed]) == [text(analyse(changed, lake.view(), now))]
    erase(lake, ["u1"], microseconds(now))
    assert refreshed(lake.view(), now, folder) == fresh(lake.view(), now)


def test_another_lake_is_not_taken_for_the_one_that_was_kept(
    kept: tuple[Lake, Path, datetime], tmp_path: Path
) -> None:
    _, folder, now = kept
    other = Lake(tmp_path / "other")
    add(other, shopping(30), now)
    add(other, shopping(20, 30), now)
    assert refreshed(other.view(), now, folder) == fresh(other.view(), now)


def test_a_state_that_another_process_holds_is_left_alone(
    kept: tuple[Lake, Path, datetime], caplog: pytest.LogCaptureFixture
) -> None:
    lake, folder, now = kept
    code = (
        "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(state.file_of(folder, 0))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        found = refreshed(lake.view(), now, folder, only("k"))
        holder.communicate()
    assert found == fresh(lake.view(), now)[:1]
    assert "in use elsewhere" in caplog.text


KILLED = """
import os, sys
from datetime import datetime
from pathlib import Path
from experiments.analysis import state
from experiments.analysis.lake import Lake
from tests.experiments.analysis import test_batch
put = state.State.put
def die(self, engine, key, record):
    put(self, engine, key, record)
    os.kill(os.getpid(), 9)
state.State.put = die
root, at = Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
test_batch.refreshed(Lake(root / "lake").view(), at, root / "state")
"""


def test_a_process_killed_while_it_writes_leaves_the_state_of_before(
    kept: tuple[Lake, Path, datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, folder, now = kept
    add(lake, shopping(5, 60, 3), now)
    command = [sys.executable, "-c", KILLED, str(folder.parent), now.isoformat()]
    assert subprocess.run(command, check=False).returncode == -9
    expected = fresh(lake.view(), now)
    monkeypatch.delattr(batch.Batch, "_anew")
    assert refreshed(lake.view(), now, folder, only("k")) == expected[:1]
