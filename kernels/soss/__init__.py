"""The traces of NIRISS single-object slitless spectra."""
