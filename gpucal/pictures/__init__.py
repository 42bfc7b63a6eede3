"""Pictures of products: an image on the sky, its flags, and its sources."""

from gpucal.pictures.drawing import draw, draw_before_and_after

__all__ = ["draw", "draw_before_and_after"]
