"""How outliers are found in images, integrations and spectra."""
