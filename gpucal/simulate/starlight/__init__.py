"""Starlight that optics suppress or interfere: coronagraphs and interferometry."""
