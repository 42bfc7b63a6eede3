"""Steps of spectra."""
