"""The time axes of the result page: evidence, exposures, and effects by age and date of exposure."""

from __future__ import annotations

from typing import Any, Final

from dash_ui.components.evidence import evidence
from dash_ui.components.exposures import exposures
from dash_ui.components.over_time import over_time
from dash_ui.report_records import Report, Result
from dash_ui.time_marks import timeline

SECTIONS: Final = ("evidence", "exposures", "over_time")


def draw(result: Result, report: Report, choice: Any) -> dict[str, Any]:
    """Every one of `SECTIONS` by name, for a report with shoppers; `choice` selects the effect shown."""
    line = timeline(result)
    return {
        "evidence": evidence(result, choice, line),
        "exposures": exposures(report, line),
        "over_time": over_time(report, result.evidence_of, line),
    }
