"""How far a source that is not in the middle of its slit moves the wavelengths of its spectrum.

Layout: https://jwst-pipeline.readthedocs.io, "WAVECORR Reference File".
"""

import numpy as np

from gpucal.simulate.spectra.nirspec_settings import FIXED_SLITS, SHUTTER
from gpucal.simulate.spectra.reference_metadata import describe
from gpucal.startup.lazy import datamodels

PLACES, WAVES = 15, 12
METRES_PER_ARCSEC = 0.0004  # in the plane of the slits
PIXELS_PER_ARCSEC = 10
MICRON = 1e-6


def wavecorr(exp_type: str):
    """Offsets of all fixed slits, or of the shutters with NRS_MSASPEC.

    Parameters
    ----------
    exp_type : str

    Returns
    -------
    WaveCorrModel
        Offsets in pixels, by wavelength in metres and place across the aperture, in its widths.
    """
    from astropy.modeling.models import Tabular2D

    apertures = (
        {"MOS": SHUTTER[0]} if exp_type == "NRS_MSASPEC" else {k: v[0] for k, v in FIXED_SLITS.items()}
    )
    waves = np.linspace(0.55, 5.4, WAVES) * MICRON
    places = np.linspace(-0.5, 0.5, PLACES)
    model = datamodels.WaveCorrModel()
    described = []
    for name, width in apertures.items():
        pixels = width * PIXELS_PER_ARCSEC
        offsets = (
            pixels * (0.55 - 0.03 * np.arange(WAVES)[:, None]) * (places - 0.3 * places**3)[None, :] + 0.01
        )
        described.append(
            {
                "aperture_name": name,
                "zero_point_offset": Tabular2D(points=(waves, places), lookup_table=offsets),
                "variance": np.full((WAVES, PLACES), 1e-4, np.float32),
                "width": width * METRES_PER_ARCSEC,
            }
        )
    model.apertures = described
    describe(model, "wavecorr", exp_type, name="NIRSPEC")
    return model
