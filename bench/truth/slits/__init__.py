"""Spectra through slits, held against what was painted."""
