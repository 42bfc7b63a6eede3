"""Coordinates of pixels: an interpreter of small programs, run on strips of pixels."""
