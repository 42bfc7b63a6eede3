"""What steps do for some exposures, or share, where it fills a file of its own."""
