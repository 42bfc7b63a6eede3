"""Extraction of single object slitless spectra of NIRISS: orders told apart, and sums over their traces."""
