"""Spectral cubes: which exposures make which, their grids, the pixels of an exposure as points, and their headers."""
