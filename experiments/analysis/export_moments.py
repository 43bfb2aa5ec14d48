"""An experiment's sufficient statistics: moments per metric, variant and segment, as a report rests on."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, TextIO

from experiments.analysis.measure import Measurement
from experiments.definition import Definition
from stats.summary import Summary

Document = dict[str, Any]
HEADER = (
    "metric", "role", "kind", "segment", "value", "variant", "units", "column", "other", "mean", "mean_other",
    "covariance", "events", "minimum", "maximum", "cap",
)  # fmt: skip


def moments_document(definition: Definition, measurement: Measurement, as_of: datetime) -> Document:
    """Everything as JSON; not-a-number is null."""
    variants = [variant.key for variant in definition.form.variants]
    return {
        "experiment": definition.form.key,
        "as_of": as_of.isoformat(),
        "data_hash": measurement.digest(),
        "variants": [
            {"variant": key, "units": units}
            for key, units in zip(variants, measurement.exposed.counts, strict=True)
        ],
        "metrics": [
            {
                "metric": each.form.key,
                "role": each.role,
                "kind": each.form.kind.value,
                "cap": each.cap,
                "moments": _arms(variants, each.summaries),
            }
            for each in measurement.metrics
        ],
        "segments": [
            {
                "segment": part.segment,
                "value": part.value,
                "units": dict(zip(variants, part.counts, strict=True)),
                "metrics": [
                    {"metric": key, "moments": _arms(variants, summaries)}
                    for key, summaries in part.metrics.items()
                ],
            }
            for part in measurement.slices
        ],
    }


def write_json(document: Document, file: TextIO) -> None:
    """The document."""
    file.write(json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def write_csv(document: Document, file: TextIO) -> None:
    """One row for each pair of columns of each metric, variant and segment; a column with itself is one."""
    writer = csv.writer(file)
    writer.writerow(HEADER)
    kinds = {each["metric"]: (each["role"], each["kind"], each["cap"]) for each in document["metrics"]}
    for each in document["metrics"]:
        _write(writer, each["metric"], kinds[each["metric"]], "", "", each["moments"])
    for part in document["segments"]:
        for each in part["metrics"]:
            _write(
                writer, each["metric"], kinds[each["metric"]], part["segment"], part["value"], each["moments"]
            )


def _write(
    writer: Any,
    metric: str,
    known: tuple[str, str, float | None],
    segment: str,
    value: str,
    arms: Sequence[Document],
) -> None:
    role, kind, cap = known
    for arm in arms:
        for first, second, covariance in _pairs(arm):
            columns = arm["columns"]
            writer.writerow(
                [
                    metric, role, kind, segment, value, arm["variant"], arm["units"], columns[first],
                    columns[second], arm["means"][first], arm["means"][second], covariance, arm["events"],
                    arm["minimum"], arm["maximum"], cap,
                ]
            )  # fmt: skip


def _pairs(arm: Document) -> Iterator[tuple[int, int, float | None]]:
    for first in range(len(arm["columns"])):
        for second in range(first, len(arm["columns"])):
            total = arm["comoments"][first][second]
            yield first, second, total / (arm["units"] - 1) if arm["units"] > 1 else None


def _arms(variants: Sequence[str], summaries: Sequence[Summary] | None) -> list[Document]:
    """Nothing where values are too large to compute with."""
    return [
        {"variant": key, **{name: _plain(value) for name, value in asdict(summary).items()}}
        for key, summary in zip(variants, summaries or (), strict=summaries is not None)
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and value != value else value
