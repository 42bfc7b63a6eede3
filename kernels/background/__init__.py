"""The background of an image: its pixels, its level, the scene in front of it."""
