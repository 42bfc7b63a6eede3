"""Series of images of a star that a planet passes, with known light, places and noise."""
