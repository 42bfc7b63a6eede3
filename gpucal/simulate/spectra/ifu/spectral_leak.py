"""The spectral leak of MIRI's medium-resolution spectrometer: light of half the wavelength in channel 3A.

Layout of the reference: https://jwst-pipeline.readthedocs.io, "MRSPTCORR Reference File".
"""

import numpy as np

from gpucal.simulate.spectra.ifu.mrs_settings import KIND, RANGES
from gpucal.simulate.spectra.reference_metadata import describe
from gpucal.startup.lazy import datamodels

LEAKING = (3, "SHORT")  # channel and band
MIDDLE, WIDTH, SHARE = 12.22, 0.08, 0.05  # micron, micron (one sigma), of the flux at half the wavelength
NODES = 201


def leak(wavelengths):
    """Share of the flux at half the wavelength, micron, that leaks in."""
    return SHARE * np.exp(-0.5 * ((np.asarray(wavelengths) - MIDDLE) / WIDTH) ** 2)


def mrsptcorr():
    """The share by wavelength, MirMrsPtCorrModel."""
    model = datamodels.MirMrsPtCorrModel()
    waves = np.linspace(*RANGES[LEAKING], NODES)
    columns = [waves, leak(waves), 0.01 * leak(waves)]
    model.leakcor_table = np.rec.fromarrays(
        columns, [(name, "f4") for name in ("wavelength", "frac_leak", "err_leak")]
    )
    describe(model, "mrsptcorr", KIND, name="MIRI")
    return model
