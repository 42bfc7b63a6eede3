"""Flat fields of NIRSpec: fore optics, spectrograph and detector.

Each is a product of a fast part, a table over wavelength, and of a slow part: images at a few wavelengths (detector,
spectrograph with shutters), one image (spectrograph with slits), or values of each shutter (fore optics with
shutters). Layout: https://jwst-pipeline.readthedocs.io, "NIRSpec Spectroscopic Flat Reference Files".
"""

import numpy as np

from gpucal.kernels.flags.dqflags import DO_NOT_USE, NO_FLAT_FIELD, UNRELIABLE_FLAT
from gpucal.simulate.spectra.nirspec_settings import FIXED_SLITS, QUADRANTS, SHUTTERS_ACROSS, SHUTTERS_ALONG
from gpucal.simulate.spectra.reference_metadata import describe
from gpucal.startup.lazy import datamodels

SIDE = 2048
TABLE_LENGTH = 240
PADDING = 15  # of a table's arrays, behind its last wavelength
BAD_PIXELS = 400
DETECTOR_ERROR, SPECTROGRAPH_ERROR, FORE_ERROR = 0.004, 0.006, 0.008


def fore_flat(wavelengths, exp_type: str, rng):
    """The flat of the fore optics.

    Parameters
    ----------
    wavelengths : tuple of float
        The first and the last one, micron.
    exp_type : str
        With NRS_MSASPEC it has four quadrants, with NRS_IFU one row, otherwise a row for each slit.
    rng : numpy.random.Generator

    Returns
    -------
    NirspecFlatModel or NirspecQuadFlatModel
    """
    if exp_type != "NRS_MSASPEC":
        model = datamodels.NirspecFlatModel()
        rows = ("ANY",) if exp_type == "NRS_IFU" else FIXED_SLITS
        model.flat_table = _fast_table(rows, wavelengths, FORE_ERROR, rng)
        return _described(model, "fflat", exp_type)
    model = datamodels.NirspecQuadFlatModel()
    planes = np.linspace(*wavelengths, 4)
    for number in range(QUADRANTS):
        model.quadrants.append(model.quadrants.item())
        quadrant = model.quadrants[number]
        shape = (len(planes), SHUTTERS_ALONG, SHUTTERS_ACROSS)
        slope = np.linspace(-0.05, 0.05, SHUTTERS_ACROSS) * (number + 1)
        quadrant.data = (1 + slope + 0.03 * rng.standard_normal((len(planes), SHUTTERS_ALONG, 1))).astype(
            np.float32
        )
        quadrant.err = np.full(shape, FORE_ERROR, np.float32)
        quadrant.dq = np.zeros(shape, np.uint32)
        quadrant.wavelength = _plane_table(planes)
        quadrant.flat_table = _fast_table(("ANY",), wavelengths, FORE_ERROR, rng)
    return _described(model, "fflat", None)


def spectrograph_flat(wavelengths, exp_type: str, detector: str, rng):
    """The flat of the spectrograph: one image, or images at two wavelengths with NRS_MSASPEC; see `fore_flat`."""
    model = datamodels.NirspecFlatModel()
    number = 2 if exp_type == "NRS_MSASPEC" else 1
    model.data, model.err, model.dq = _images(number, SPECTROGRAPH_ERROR, rng)
    if number == 1:
        model.data, model.err, model.dq = model.data[0], model.err[0], model.dq[0]
    else:
        model.wavelength = _plane_table(np.linspace(*wavelengths, number))
    model.flat_table = _fast_table(("ANY",), wavelengths, SPECTROGRAPH_ERROR, rng)
    model.meta.instrument.detector = detector
    return _described(model, "sflat", exp_type)


def detector_flat(detector: str, rng):
    """The flat of a detector, images at two wavelengths that enclose all gratings'; see `fore_flat`."""
    model = datamodels.NirspecFlatModel()
    model.data, model.err, model.dq = _images(2, DETECTOR_ERROR, rng)
    model.dq = model.dq[0]
    model.wavelength = _plane_table(np.array([0.5, 5.6]))
    model.flat_table = _fast_table(("ANY",), (0.4, 5.7), DETECTOR_ERROR, rng)
    model.meta.instrument.detector = detector
    return _described(model, "dflat", "N/A")


def _described(model, kind, exp_type):
    describe(model, kind, exp_type, name="NIRSPEC")
    return model


def _fast_table(slits, wavelengths, error, rng):
    """A table with a row a slit: smooth, with ripples; a NaN, a zero, and padding that does not count."""
    first, last = wavelengths
    x = np.linspace(first, last, TABLE_LENGTH)
    padding = np.zeros(PADDING)
    rows = []
    for name in slits:
        phase, slope = rng.uniform(0, 2 * np.pi), rng.uniform(-0.2, 0.2)
        y = (
            0.9
            + slope * (x - first) / (last - first)
            + 0.03 * np.sin(40 * (x - first) / (last - first) + phase)
        )
        y[TABLE_LENGTH // 3], y[TABLE_LENGTH // 2] = np.nan, 0
        columns = [np.concatenate([one, padding]) for one in (x, y, error * y)]
        rows.append((name, TABLE_LENGTH, *columns))
    length = (TABLE_LENGTH + PADDING,)
    arrays = [(name, "f4", length) for name in ("wavelength", "data", "error")]
    return np.array(rows, [("slit_name", "S15"), ("nelem", "i4"), *arrays])


def _plane_table(planes):
    return np.array([(one,) for one in planes], [("wavelength", "f4")])


def _images(number, error, rng):
    """Images that differ by pixel and slowly by place, with pixels that are flagged, NaN or zero."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    pixels = 0.01 * rng.standard_normal((SIDE, SIDE), np.float32)
    data = np.stack([1 + 0.05 * np.sin(3 * x + n) * np.cos(2 * y - n) + pixels for n in range(number)])
    data = data.astype(np.float32)
    err = np.full_like(data, error)
    dq = np.zeros(data.shape, np.uint32)
    where = rng.integers(0, SIDE, (3, 2, BAD_PIXELS))
    dq[:, where[0, 0], where[0, 1]] = DO_NOT_USE | NO_FLAT_FIELD
    dq[:, where[1, 0], where[1, 1]] = UNRELIABLE_FLAT
    data[:, where[2, 0, ::2], where[2, 1, ::2]] = np.nan
    data[:, where[2, 0, 1::2], where[2, 1, 1::2]] = 0
    return data, err, dq
