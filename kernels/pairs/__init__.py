"""Two images of one scene: how far they are apart, and their mean."""
