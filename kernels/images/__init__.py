"""Corrections of images, pixel by pixel."""
