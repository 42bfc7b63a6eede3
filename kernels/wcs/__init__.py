"""Coordinates of pixels: programs of few kinds of instructions, run on strips of pixels."""
