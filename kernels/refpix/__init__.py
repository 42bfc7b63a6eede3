"""The drift of reference pixels, subtracted from the others."""
