"""Interferometry against the truth: binaries of known separation, angle and contrast."""
