"""Runs every benchmark, one after the other."""

from __future__ import annotations

from tests.benchmarks import analysis, assignment, events

if __name__ == "__main__":
    assignment.main()
    events.main()
    analysis.main()
