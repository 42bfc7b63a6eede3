"""Levels of the sky in images, and in the parts of them that overlap."""
