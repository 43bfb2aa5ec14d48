"""The slider of a variant's share, which the browser keeps in step with the number beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc


def share_slider(place: int, label: str, percent: float, marks: Sequence[int] = ()) -> Any:
    """The slider of the variant at a place; together they always make 100 %.

    Args:
        label: What it sets, for who does not see it.
        marks: Percentages to mark.
    """
    return dmc.Slider(
        id={"type": "share", "index": place},
        value=percent,
        min=0,
        max=100,
        step=1,
        label=None,
        thumbLabel=label,
        updatemode="drag",
        marks=[{"value": mark} for mark in marks],
        className="pw-share-slider",
    )
