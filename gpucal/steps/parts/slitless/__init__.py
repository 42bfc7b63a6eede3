"""What steps on fields of spectra without slits share."""
