"""Interferometry with a mask of holes: models of its images, fits of these, closure quantities, companions."""
