"""Light of stars behind coronagraphs: bad pixels, alignment, and the subtraction of what references show."""
