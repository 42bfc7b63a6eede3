"""From images of spectra to tables."""
