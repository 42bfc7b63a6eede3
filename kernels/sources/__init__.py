"""Sources in images: background, detection, and what is measured of stars."""
