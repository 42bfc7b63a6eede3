"""Flicker (1/f) noise and thermal patterns of images."""
