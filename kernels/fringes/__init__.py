"""Fringes: what interference in a detector or a filter adds to a spectrum, sines of the wavenumber."""
