"""Lets `python -m experiments.cli` be the proefwerk command."""

from experiments.cli import main

main()
