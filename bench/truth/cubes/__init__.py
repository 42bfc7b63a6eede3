"""Cubes and their spectra against the truth of simulated integral fields."""
