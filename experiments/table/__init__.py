"""Analysis of a file with a row per unit, without a server and without events."""
