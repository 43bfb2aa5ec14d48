"""Refreshing the reports of twenty experiments against hand-written DuckDB, a dense floor and tea-tasting."""

from __future__ import annotations

import argparse
import gc
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.analysis import batch, engine
from experiments.analysis.lake import Lake
from experiments.analysis.report import analyse
from experiments.analysis.view import View
from tests.benchmarks import scale_peers
from tests.benchmarks.scale_shop import AS_OF, EXPERIMENTS, definition, fill, follow_up

EXPOSURES = 10_000_000
ROUNDS = 3
ALONE = 1_100_000
"""Exposures of one experiment with a million units."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What something took: seconds on the clock, and of processor time over all threads."""

    clock: float
    processor: float

    def __str__(self) -> str:
        return f"{self.clock:9.2f} s{self.processor:9.2f} s of processor"

    def over(self, other: Cost) -> str:
        """How many times the other's cost this is."""
        clock, processor = self.clock / other.clock, self.processor / other.processor
        return f"{clock:7.2f} x ({processor:.2f} x of processor)"


def timed(work: Callable[[], Any]) -> tuple[Cost, Any]:
    """What it took, and what came of it."""
    gc.collect()
    clock, processor = time.perf_counter(), time.process_time()
    result = work()
    return Cost(time.perf_counter() - clock, time.process_time() - processor), result


def best(costs: list[Cost]) -> Cost:
    """The least of each."""
    return Cost(min(each.clock for each in costs), min(each.processor for each in costs))


def refresh(view: View, experiments: int, state: Path | None) -> list[dict[str, Any]]:
    """The reports of all experiments, as the scheduler makes them."""
    shop = [definition(place) for place in range(experiments)]
    with batch.opened(view, shop, state, [each.form.key for each in shop]) as found:
        assert found is not None
        return [analyse(each, view, AS_OF, None, found.measure) for each in shop]


def anew(view: View, experiments: int, state: Path) -> list[dict[str, Any]]:
    """A refresh that knows nothing and keeps what it learns."""
    shutil.rmtree(state, ignore_errors=True)
    return refresh(view, experiments, state)


def main(
    exposures: int = EXPOSURES, rounds: int = ROUNDS, memory: str | None = None, *, only_anew: bool = False
) -> None:
    """Print what each takes, the best of `rounds` taken by turns.

    Args:
        exposures: How many.
        rounds: How often.
        memory: What DuckDB may take, ours and the one by hand, such as `8GB`.
        only_anew: Leaves out the refresh after new events, and what concerns a single experiment.
    """
    engine.limit_memory(memory)
    print(
        f"\nReports: {EXPERIMENTS} experiments of 3 arms and 5 metrics with covariates, "
        f"{exposures:,} exposures, {exposures * 3 // 10:,} conversions"
    )
    with tempfile.TemporaryDirectory() as folder:
        root, state = Path(folder) / "lake", Path(folder) / "state"
        fill(root, exposures, EXPERIMENTS)
        _anew(root, state, exposures, rounds, memory)
        if not only_anew:
            _after_news(root, state, exposures, rounds)
    if not only_anew:
        _alone_in_a_lake(rounds)
    print(f"{'most memory':44}{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2:9.2f} GB")


def _alone_in_a_lake(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "lake"
        fill(root, ALONE, 1)
        _alone(Lake(root).view(), rounds)


def _anew(root: Path, state: Path, exposures: int, rounds: int, memory: str | None) -> None:
    view = Lake(root).view()
    bare, floor, full = [], [], []
    dense = scale_peers.dense(view, EXPERIMENTS) if exposures <= EXPOSURES else None
    for _ in range(rounds):
        cost, rows = timed(lambda: scale_peers.bare(view, memory))
        bare.append(cost)
        if dense is not None:
            floor.append(timed(lambda: scale_peers.add_up(dense))[0])
        cost, reports = timed(lambda: anew(view, EXPERIMENTS, state))
        full.append(cost)
    scale_peers.agree(reports, rows)
    print(f"{'the same sums by hand in DuckDB':44}{best(bare)}")
    if floor:
        print(f"{'the same sums over dense codes in numpy':44}{best(floor)}")
    print(f"{'refresh of all reports':44}{best(full)}{best(full).over(best(bare))} by hand")
    if floor:
        print(f"{'':72}{best(full).over(best(floor))} dense codes")


def _after_news(root: Path, state: Path, exposures: int, rounds: int) -> None:
    shutil.copytree(state, state.with_name("before"))
    follow_up(root, exposures, EXPERIMENTS)
    view = Lake(root).view()
    more, news = [], []
    for _ in range(rounds):
        cost, expected = timed(lambda: anew(view, EXPERIMENTS, state))
        more.append(cost)
        shutil.rmtree(state)
        shutil.copytree(state.with_name("before"), state)
        cost, reports = timed(lambda: refresh(view, EXPERIMENTS, state))
        news.append(cost)
    for report in (*reports, *expected):
        del report["id"]
    assert reports == expected
    print(f"{'refresh after 1 % new events':44}{best(news)}{best(news).over(best(more))} all anew")


def _alone(view: View, rounds: int) -> None:
    tea, ours = [], []
    for _ in range(rounds):
        tea.append(timed(lambda: scale_peers.tea_tasting_report(view))[0])
        ours.append(timed(lambda: refresh(view, 1, None))[0])
    print(f"{'tea-tasting, one experiment, 1 M units':44}{best(tea)}")
    print(f"{'its report':44}{best(ours)}{best(ours).over(best(tea))} tea-tasting")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exposures", type=int, default=EXPOSURES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--memory")
    parser.add_argument("--only-anew", action="store_true")
    main(**vars(parser.parse_args()))
