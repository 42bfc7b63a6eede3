"""From rates to fluxes for NIRSpec: conversion, its change with time, and the areas of pixels.

Layouts: https://jwst-pipeline.readthedocs.io, "PHOTOM Reference File" and "AREA Reference File".
"""

import numpy as np

from gpucal.simulate.spectra.nirspec_settings import (
    FIXED_SLITS,
    QUADRANTS,
    SETTINGS,
    SHUTTERS_ACROSS,
    SHUTTERS_ALONG,
)
from gpucal.simulate.spectra.reference_metadata import describe
from gpucal.startup.lazy import datamodels

LENGTH, PADDING = 150, 10
MEGAJANSKY = 4e-12  # of a point source that gives 1 DN/s in the middle of the range
PIXEL_AREA = 0.0105  # arcsec^2
FIRST_DAY = 59800.0


def photom(exp_type: str):
    """Conversion of all settings: a row for each setting and, with slits, for each slit.

    Parameters
    ----------
    exp_type : str

    Returns
    -------
    NrsFsPhotomModel or NrsMosPhotomModel
        With a linear, an exponential and a power-law change with time.
    """
    by_slit = exp_type not in ("NRS_MSASPEC", "NRS_IFU")
    slits = tuple(FIXED_SLITS) if by_slit else ("",)
    model = datamodels.NrsFsPhotomModel() if by_slit else datamodels.NrsMosPhotomModel()
    keys = [
        (filter_name, grating, *(name for name in [slit] if name))
        for grating, filter_name in SETTINGS
        for slit in slits
    ]
    model.phot_table = np.array(
        [(*key, *_response(number, SETTINGS[key[1], key[0]])) for number, key in enumerate(keys)],
        _columns(key_columns(keys[0]), [("photmj", "f4"), ("uncertainty", "f4"), ("nelem", "i2")]),
    )
    changes = {
        "timecoeff_linear": (("t0", "lossperyear"), (FIRST_DAY, 0.01)),
        "timecoeff_exponential": (("t0", "amplitude", "tau", "const"), (FIRST_DAY, 0.05, 200.0, 0.97)),
        "timecoeff_powerlaw": (("t0", "year1value", "tsoft", "alpha"), (FIRST_DAY, 0.98, 10.0, -0.02)),
    }
    for name, (columns, values) in changes.items():
        dtype = key_columns(keys[0]) + [(column, "f4") for column in columns]
        setattr(model, name, np.array([(*key, *values) for key in keys], dtype))
    describe(model, "photom", exp_type, name="NIRSPEC")
    return model


def key_columns(key):
    """Types of the columns that a row is chosen by."""
    names = (("filter", "S12"), ("grating", "S15"), ("slit", "S15"))
    return list(names[: len(key)])


def _columns(keys, scalars):
    arrays = [(name, "f4", (LENGTH + PADDING,)) for name in ("wavelength", "relresponse", "reluncertainty")]
    return keys + scalars + arrays


def _response(number, wavelengths):
    """Scalar, its uncertainty, and the response that it is multiplied by."""
    first, last = wavelengths
    inside = 0.045 * (last - first)  # so that some pixels lie outside of the table
    x = np.linspace(first + inside, last - inside, LENGTH)
    across = (x - first) / (last - first)
    y = 0.8 + 1.6 * (across - 0.5) ** 2 + 0.02 * np.sin(25 * across + number)
    padded = [np.concatenate([one, np.zeros(PADDING)]) for one in (x, y, 0.01 * y)]
    scalar = MEGAJANSKY * (1 + 0.03 * number)
    return scalar, 0.02 * scalar, LENGTH, *padded


def area(exp_type: str):
    """Areas of pixels: by slit, or by shutter with NRS_MSASPEC.

    Parameters
    ----------
    exp_type : str

    Returns
    -------
    NirspecSlitAreaModel or NirspecMosAreaModel
    """
    if exp_type == "NRS_MSASPEC":
        model = datamodels.NirspecMosAreaModel()
        quadrant, y, x = np.indices((QUADRANTS, SHUTTERS_ALONG, SHUTTERS_ACROSS)).reshape(3, -1) + 1
        table = np.empty(
            len(x), [("quadrant", "i2"), ("shutter_x", "i2"), ("shutter_y", "i2"), ("pixarea", "f4")]
        )
        table["quadrant"], table["shutter_x"], table["shutter_y"] = quadrant, x, y
        table["pixarea"] = PIXEL_AREA * (1 + 0.01 * quadrant + 1e-4 * x - 1e-4 * y)
        model.area_table = table
    else:
        model = datamodels.NirspecSlitAreaModel()
        rows = [(name, PIXEL_AREA * (1 + 0.01 * number)) for number, name in enumerate(FIXED_SLITS)]
        model.area_table = np.array(rows, [("slit_id", "S15"), ("pixarea", "f4")])
    describe(model, "area", exp_type, name="NIRSPEC")
    return model
