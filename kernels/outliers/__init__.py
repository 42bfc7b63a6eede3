"""Outliers: pixels of one exposure that others, of the same sky, do not confirm."""
