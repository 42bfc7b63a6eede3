"""Sums, medians and clipping, of the samples of a pixel or of an image."""
