"""Integral fields of MIRI's medium resolution spectrometer: slices of two channels on each detector."""
