"""Fringes of MIRI's medium-resolution spectrometer: waves in the wavenumber, and the reference of their periods.

Layout: https://jwst-pipeline.readthedocs.io, "FRINGEFREQ Reference File".
"""

import numpy as np

from gpucal.simulate.spectra.ifu.mrs_settings import LETTERS, RANGES, SLICES
from gpucal.simulate.spectra.reference_metadata import describe
from gpucal.startup.lazy import datamodels

PERIODS = (2.9, 0.4)  # cm-1: of the detectors, and of the dichroics in channels 3 and 4
DEPTHS = (0.12, 0.03)
WITH_SECOND = (3, 4)
SEARCHED = (1.5, 0.15)  # cm-1 about the periods
MOST_WAVES = (10, 15)
LEAST_SIGNAL_TO_NOISE = (10.0, 30.0)
RESOLUTION = 0.001
LARGEST_DEPTH = 0.25
MICRON_CM = 1e4

# Two values in a row, one of each fringe.
_COLUMNS = [("slice", "f8"), ("ffreq", "f8", (2,)), ("dffreq", "f8", (2,)), ("min_nfringes", "i8", (2,))]
_COLUMNS += [("max_nfringes", "i8", (2,)), ("min_snr", "f8", (2,)), ("pgram_res", "f8", (2,))]


def fringes(wavelengths, channel: int, depth: float = 1.0, phase=0.0):
    """What fringes multiply the light with.

    Parameters
    ----------
    wavelengths : ndarray
        Micron.
    channel : int
    depth : float
        In units of the depth of the fringe flat.
    phase : float or ndarray
        Radians.

    Returns
    -------
    ndarray
        About 1; the shape of the wavelengths.
    """
    wavenumber = MICRON_CM / np.asarray(wavelengths)
    factor = 1 + depth * DEPTHS[0] * np.cos(2 * np.pi * wavenumber / PERIODS[0] + phase)
    if channel in WITH_SECOND:
        factor *= 1 + depth * DEPTHS[1] * np.cos(2 * np.pi * wavenumber / PERIODS[1] + 2 * phase)
    return factor


def fringefreq():
    """The periods to look for, FringeFreqModel."""
    model = datamodels.FringeFreqModel()
    rows = [_row(channel, number) for channel, count in SLICES.items() for number in range(1, count + 1)]
    for band in LETTERS:
        setattr(model, f"rfc_freq_{band.lower()}_table", np.array(rows, _COLUMNS))
    waves = np.linspace(RANGES[1, "SHORT"][0] - 0.1, RANGES[4, "LONG"][1] + 0.1, 25)
    depths = np.full(len(waves), LARGEST_DEPTH)
    model.max_amp_table = np.rec.fromarrays([waves, depths], [("wavelength", "f8"), ("amplitude", "f8")])
    describe(model, "fringefreq", name="MIRI")
    return model


def _row(channel, number):
    second = channel in WITH_SECOND
    periods, searched, most = (
        (first, other if second else 0) for first, other in (PERIODS, SEARCHED, MOST_WAVES)
    )
    return 100 * channel + number, periods, searched, (1, 1), most, LEAST_SIGNAL_TO_NOISE, (RESOLUTION,) * 2
