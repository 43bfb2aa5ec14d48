"""Screens for marketers and analysts."""
