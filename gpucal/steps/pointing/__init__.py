"""Steps on where exposures are on the sky."""
