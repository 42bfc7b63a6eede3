"""Models of traces of spectra."""
