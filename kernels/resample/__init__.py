"""Resampling of images onto another grid of pixels: drizzling there, and blotting back."""
