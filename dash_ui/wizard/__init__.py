"""Defining an experiment step by step."""
