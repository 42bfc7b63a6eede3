"""Spectra without slits, held against what was painted."""
