"""Spectra of NIRISS SOSS: three orders of a star that cross each other on the detector."""
