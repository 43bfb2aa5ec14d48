"""Who holds which slice of a layer, and where there is room."""

from __future__ import annotations

import pytest
from sqlmodel import Session

from experiments.requests import Decision, StopForm
from experiments.service.layers import layer_document, layers, suggest
from experiments.service.transitions import stop
from tests.experiments.conftest import BOB
from tests.experiments.examples import draft, running


def slice_of(start: float, end: float, name: str = "checkout") -> dict[str, object]:
    return {"name": name, "from": start, "to": end}


def test_a_layer_shows_its_slices_in_order_and_what_is_free_between_them(session: Session) -> None:
    draft(session, key="late", layer=slice_of(0.6, 0.9))
    running(session, key="early", layer=slice_of(0.1, 0.3))
    running(session, key="beside", layer=slice_of(0.3, 0.4))
    running(session, key="gone", layer=slice_of(0.4, 0.5))
    stop(session, "gone", StopForm(decision=Decision.INCONCLUSIVE), BOB)
    draft(session, key="other", layer=slice_of(0.0, 1.0, "search"))
    draft(session, key="none")
    checkout, search = layers(session)
    assert [(held.experiment, held.start, held.end) for held in checkout.held] == [
        ("early", 0.1, 0.3),
        ("beside", 0.3, 0.4),
        ("late", 0.6, 0.9),
    ]
    assert checkout.free == ((0.0, 0.1), (0.4, 0.6), (0.9, 1.0))
    assert (search.name, search.free) == ("search", ())
    document = layer_document(checkout)
    assert document["free"] == [{"from": 0.0, "to": 0.1}, {"from": 0.4, "to": 0.6}, {"from": 0.9, "to": 1.0}]


@pytest.mark.parametrize(
    ("width", "found"),
    [(0.1, (0.5, 0.6)), (0.15, (0.7, 0.85)), (0.2, (0.7, 0.9)), (0.3, (0.0, 0.3)), (0.9, (0.0, 0.4))],
)
def test_a_slice_is_suggested_where_it_fits_most_tightly_or_the_widest_there_is(
    width: float, found: tuple[float, float]
) -> None:
    free = ((0.0, 0.4), (0.5, 0.6), (0.7, 0.9))
    assert suggest(free, width) == pytest.approx(found)


def test_nothing_is_suggested_in_a_full_layer() -> None:
    assert suggest((), 0.1) is None
