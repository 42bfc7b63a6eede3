"""From an image to a catalog of its sources."""
