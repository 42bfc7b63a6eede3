"""Corrections of spectra."""
