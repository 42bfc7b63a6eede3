"""Simulated spectra: the references of slit spectroscopy, MSA metadata files, and exposures with known truth."""
