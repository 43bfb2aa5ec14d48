"""No chart may talk to a cloud, and only one helper makes charts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dash_ui
from dash_ui.components.graph import graph

ROOT = Path(dash_ui.__file__).parent


def test_only_the_helper_makes_charts() -> None:
    makers = [
        str(path.relative_to(ROOT))
        for path in sorted(ROOT.rglob("*.py"))
        if "dcc.Graph(" in path.read_text(encoding="utf-8")
    ]
    assert makers == ["components/graph.py"]


def test_a_chart_has_no_cloud_and_says_its_conclusion() -> None:
    made = graph("evidence", {"data": [], "layout": {}}, "B is better", 200)
    assert (getattr(made, "role", ""), getattr(made, "aria-label", "")) == ("img", "B is better")
    drawing: Any = made.children.children
    assert drawing.config["plotlyServerURL"] == ""
    assert drawing.config["displayModeBar"] is False


def test_no_file_of_ours_names_another_host() -> None:
    allowed = ("http://www.w3.org/",)
    for path in [*ROOT.glob("assets/*.css"), *ROOT.glob("assets/*.js"), *ROOT.rglob("*.html")]:
        text = path.read_text(encoding="utf-8")
        for scheme in ("http://", "https://"):
            for part in text.split(scheme)[1:]:
                assert f"{scheme}{part}".startswith(allowed), path.name
