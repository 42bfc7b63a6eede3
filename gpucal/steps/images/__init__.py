"""Steps on images, and on each group as an image."""
