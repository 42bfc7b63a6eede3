"""Light that MIRI's spectrometer scatters in its detectors, or that cosmic ray showers left."""
