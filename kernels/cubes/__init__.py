"""Cubes of integral fields: how they are built, and the spectra of apertures in them."""
