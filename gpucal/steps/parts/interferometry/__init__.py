"""Interferometry with a mask of holes: what it is made of, what is measured, and tables of that."""
