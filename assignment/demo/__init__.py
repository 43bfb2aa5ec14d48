"""A small shop with simulated shoppers that speak only HTTP."""
