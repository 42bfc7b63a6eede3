"""Drifts of the readout electronics, which the reference pixels show, subtracted from all pixels."""
