"""References of the extraction of spectra: apertures, aperture corrections, profiles.

Layouts: https://jwst-pipeline.readthedocs.io, "EXTRACT1D Reference File", "APCORR Reference File" and "PSF Reference
File".
"""

import numpy as np

from gpucal.simulate.spectra.nirspec_settings import FIXED_SLITS, SETTINGS
from gpucal.simulate.spectra.point_profile import held, profile_sigma
from gpucal.simulate.spectra.reference_metadata import describe
from gpucal.startup.lazy import datamodels

PIXEL = 0.1  # arcsec along a slit of NIRSpec
WAVES = 12
SIZES = np.array([2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 14.0])  # pixels
PHASES = np.array([0.0, 0.5, 1.0])
PSF_ROWS, PSF_COLUMNS, PSF_SUBPIXEL = 201, 120, 5


def extract1d(exp_type: str) -> dict:
    """Apertures, as the JSON reference has them.

    Parameters
    ----------
    exp_type : str

    Returns
    -------
    dict
        S1600A1 has background regions on both sides, and a first-order fit to them.
    """
    if exp_type not in ("NRS_FIXEDSLIT", "NRS_BRIGHTOBJ"):
        apertures = [_aperture("ANY", 6)]
    else:
        apertures = [_aperture(name, 6) for name in FIXED_SLITS if name != "S1600A1"]
        regions = {"bkg_coeff": [[1.5], [5.5], [19.5], [21.5]], "bkg_order": 1, "smoothing_length": 3}
        apertures.append(_aperture("S1600A1", 7) | (regions if exp_type == "NRS_BRIGHTOBJ" else {}))
    return {
        "REFTYPE": "EXTRACT1D",
        "INSTRUMENT": "NIRSPEC",
        "TELESCOPE": "JWST",
        "PEDIGREE": "DUMMY",
        "AUTHOR": "gpucal simulation",
        "DESCRIP": "Simulated reference",
        "USEAFTER": "2022-01-01T00:00:00",
        "EXP_TYPE": exp_type,
        "apertures": apertures,
    }


def _aperture(name, width):
    return {"id": name, "region_type": "target", "dispaxis": 1, "extract_width": width}


def apcorr(exp_type: str):
    """Corrections for the light beside an aperture: a row for each setting and, with slits, for each slit.

    Parameters
    ----------
    exp_type : str

    Returns
    -------
    NrsMosApcorrModel or NrsFsApcorrModel
        Sizes are in pixels for slits, in arcsec with NRS_MSASPEC.
    """
    shutters = exp_type == "NRS_MSASPEC"
    model = datamodels.NrsMosApcorrModel() if shutters else datamodels.NrsFsApcorrModel()
    unit = PIXEL if shutters else 1.0
    keys = [("filter", "S12"), ("grating", "S15")] + ([] if shutters else [("slit", "S15")])
    shape = (len(SIZES), WAVES, len(PHASES))
    columns = [
        ("wavelength", "f4", (WAVES,)),
        ("nelem_wl", "i2"),
        ("size", "f4", shape[:2]),
        ("nelem_size", "i2"),
        ("pixphase", "f4", (len(PHASES),)),
        ("apcorr", "f4", shape),
        ("apcorr_err", "f4", shape),
    ]
    rows = []
    for (grating, filter_name), wavelengths in SETTINGS.items():
        waves = np.linspace(*wavelengths, WAVES)
        size = np.repeat(SIZES[:, None] * unit, WAVES, axis=1)
        factor = 1 / held(SIZES[:, None, None] * PIXEL / 2, waves[None, :, None])
        factor = factor * (1 + 0.01 * (PHASES - 0.5) ** 2)
        values = (waves, WAVES, size, len(SIZES), PHASES, factor, 0.01 * factor)
        rows += [(filter_name, grating, *slit, *values) for slit in ([()] if shutters else zip(FIXED_SLITS))]
    model.apcorr_table = np.array(rows, keys + columns)
    model.sizeunit = "arcsec" if shutters else "pixels"
    describe(model, "apcorr", exp_type, name="NIRSPEC")
    return model


def point_spread(wavelengths, exp_type: str):
    """The profile of a point source over wavelength, for all apertures.

    Parameters
    ----------
    wavelengths : tuple of float
        The first and the last one, micron.
    exp_type : str

    Returns
    -------
    SpecPsfModel
    """
    model = datamodels.SpecPsfModel()
    waves = np.linspace(*wavelengths, PSF_COLUMNS)
    middle = (PSF_ROWS - 1) / 2
    away = (np.arange(PSF_ROWS)[:, None] - middle) / PSF_SUBPIXEL * PIXEL
    data = np.exp(-0.5 * (away / profile_sigma(waves)) ** 2)
    model.apertures.append(
        {
            "name": "ANY",
            "subpix": PSF_SUBPIXEL,
            "center_col": (PSF_COLUMNS - 1) / 2,
            "center_row": middle,
            "data": data / data.sum(axis=0),
            "wave": waves,
        }
    )
    describe(model, "psf", exp_type, name="NIRSPEC")
    return model
