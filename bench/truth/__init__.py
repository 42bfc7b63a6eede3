"""Measure calibrated products against the truth of simulated exposures: ``python -m bench.truth``."""
