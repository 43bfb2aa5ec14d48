"""The significance report: tagged PDF, Python that gives its numbers, and a check that names what changed."""

from __future__ import annotations

import html
import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pikepdf
import pytest

from experiments.analysis import verify as verifying
from experiments.analysis.render import render_html
from experiments.analysis.render_pdf import render_pdf
from experiments.analysis.report import analyse
from experiments.analysis.verify import verified
from tests.dash_ui import sample_reports as samples
from tests.experiments.analysis.build import LATER, definition, lake_of
from tests.experiments.analysis.test_report import PRIMARIES, shop

PLAN = definition(*PRIMARIES)


def test_the_pdf_is_tagged_paged_and_in_the_readers_language() -> None:
    report = {**samples.conclusive(), "name": "عرض <script>alert(1)</script> 🎁 " + "long" * 60}
    page = render_html(report, language="nl")
    assert "<script" not in page
    with pikepdf.open(io.BytesIO(render_pdf(page, report, "nl"))) as document:
        root = document.Root
        assert str(root.Lang) == "nl"
        assert root.MarkInfo.Marked
        assert "/StructTreeRoot" in root
        assert root.ViewerPreferences.DisplayDocTitle
        assert "Significantierapport" in str(document.docinfo["/Title"])
        assert b"pdfuaid:part" in root.Metadata.read_bytes()
        assert len(document.pages) > 2


@pytest.mark.parametrize("method", ["sequential", "fixed", "bayesian"])
def test_the_python_in_the_report_gives_the_headlines_number(tmp_path: Path, method: str) -> None:
    form = PLAN.form.model_copy(deep=True)
    plan = form.plan.model_copy(update={"method": type(form.plan.method)(method)})
    planned = replace(PLAN, form=form.model_copy(update={"plan": plan}))
    report = json.loads(json.dumps(analyse(planned, lake_of(tmp_path, shop()).view(), LATER)))
    found = re.search(r'<pre class="snippet"><code>(.*?)</code></pre>', render_html(report), re.S)
    assert found
    code = html.unescape(found[1])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    said = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()[:2]}
    rows = [each for metric in report["metrics"] for each in metric["comparisons"]]
    values = [
        [None if word == "None" else float(word) for word in said[name]] for name in ("difference", "lift")
    ]
    wanted = [
        [[each[scale][side] for side in ("estimate", "lower", "upper")] for scale in ("absolute", "relative")]
        for each in rows
    ]
    assert any(_close(values, each) for each in wanted)


def _close(first: Any, second: Any) -> bool:
    flat = [
        pair for ours, theirs in zip(first, second, strict=True) for pair in zip(ours, theirs, strict=True)
    ]
    return all((one is None and two is None) or one == pytest.approx(two, rel=1e-9) for one, two in flat)


def test_an_event_changed_in_the_lake_is_named_by_kind_and_day(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, shop())
    report = json.loads(json.dumps(analyse(PLAN, lake.view(), LATER)))
    part = next(part for part in lake.view().manifest.parts if part.kind == "conversions")
    _rewrite(lake.root / part.path, "SELECT * REPLACE (value + 1 AS value)")
    found = verified(report, PLAN, lake.view())
    assert found.cause == "events"
    assert [(each.kind, each.day) for each in found.events or []] == [("conversions", part.day)]
    assert {each.then == each.now for each in found.events or []} == {True}
    assert any(each.name.endswith(".sum") for each in found.counts)


def test_an_event_written_into_the_lake_is_named_by_its_id(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, shop())
    report = json.loads(json.dumps(analyse(PLAN, lake.view(), LATER)))
    part = next(part for part in lake.view().manifest.parts if part.kind == "conversions")
    forged = "SELECT * FROM source UNION ALL (SELECT * REPLACE ('forged' AS id) FROM source LIMIT 1)"
    _rewrite(lake.root / part.path, forged)
    found = verified(report, PLAN, lake.view())
    assert [each.added for each in found.events or []] == [("forged",)]
    assert [each.now - each.then for each in found.events or []] == [1]


def test_a_changed_plan_and_another_version_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = lake_of(tmp_path, shop())
    report = json.loads(json.dumps(analyse(PLAN, lake.view(), LATER)))
    assert verified(report, PLAN, lake.view()).cause is None
    plan = PLAN.form.plan.model_copy(update={"alpha": 0.1})
    changed = replace(PLAN, form=PLAN.form.model_copy(update={"plan": plan}))
    found = verified(report, changed, lake.view())
    assert found.cause == "plan"
    assert [(each.name, each.then, each.now) for each in found.plan] == [("experiment.plan.alpha", 0.05, 0.1)]
    monkeypatch.setattr(verifying, "software", lambda: {**report["software"], "proefwerk": "9.9"})
    altered = {**report, "variants": [{**each, "units": 1} for each in report["variants"]]}
    assert verified(altered, PLAN, lake.view()).cause == "software"
    monkeypatch.undo()
    assert verified(altered, PLAN, lake.view()).cause == "unknown"


def _rewrite(path: Path, query: str) -> None:
    """Put what the query makes of a file's rows in its place."""
    beside = path.with_suffix(".new")
    text = query if " FROM source" in query else f"{query} FROM source"
    source = f"read_parquet('{path}')"
    duckdb.execute(f"COPY ({text.replace('FROM source', f'FROM {source}')}) TO '{beside}' (FORMAT parquet)")
    beside.replace(path)
