"""Pixels as files store them, and as kernels take them."""
