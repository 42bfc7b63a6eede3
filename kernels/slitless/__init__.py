"""Spectra of fields without slits."""
