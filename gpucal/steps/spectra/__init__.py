"""Steps that work on spectra."""
