"""Mathematics on summaries: estimates, intervals and tests from a handful of numbers per variant."""
