"""Spectra of SOSS, held against the star and the planet that were painted."""
