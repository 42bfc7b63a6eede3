"""Parts of steps that fill a file of their own: what several steps share, or what one does for some exposures."""
