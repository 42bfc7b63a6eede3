"""Levels of the sky, and how they are matched."""
