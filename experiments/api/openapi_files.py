"""Paths of the significance report as a file."""

from __future__ import annotations

from typing import Any

from experiments.api.openapi_parts import answer, operation, path_parameter, query_parameter, reference


def report_file_paths() -> dict[str, Any]:
    """The significance report, an address for each format: a media type cannot name a language."""
    binary = {"type": "string", "format": "binary"}
    kinds = {"html": "text/html", "pdf": "application/pdf", "csv": "text/csv", "json": "application/json"}
    options = [
        query_parameter("language", "Of HTML and PDF.", {"enum": ["en", "nl"], "default": "en"}),
        query_parameter("report", "Id of a report; the newest one without it.", {"type": "string"}),
    ]
    return {
        f"/api/v1/experiments/{{key}}/report.{form}": {
            "parameters": [path_parameter("key", "The experiment's key.")],
            "get": operation(
                f"getReportAs{form.capitalize()}",
                "reports",
                f"Download the significance report as {form.upper()}.",
                {"200": answer("The file.", reference("Report") if form == "json" else binary, kind)},
                *(401, 403, 404, 422, 503, *([501] if form == "pdf" else [])),
                parameters=options,
            ),
        }
        for form, kind in kinds.items()
    }
