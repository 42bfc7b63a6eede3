"""Steps of spectra of slits."""
