"""Starlight against the truth: coronagraphs, and interferometry."""
