"""Spectra of slits: apertures, extraction of one dimension, combination."""
