"""Simulated exposures of integral field units."""
