"""Apertures of spectra from cubes of MIRI, and what falls outside of them: the extract1d and apcorr references.

Their arrays are within the text of the files, since some readers close these before they use them. Layouts:
https://jwst-pipeline.readthedocs.io, "EXTRACT1D Reference File" and "APCORR Reference File".
"""

import numpy as np

from gpucal.simulate.references import write_tree
from gpucal.simulate.spectra.ifu.mrs_settings import CHANNEL, KIND, mrs_sigma

WAVES = np.linspace(4.8, 28.8, 49)
FWHM = 2.3548
RADIUS, INSIDE, OUTSIDE = 2.0, 3.2, 4.0  # of the aperture and of the ring of background, in FWHM
RADII = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0)  # of apertures with a correction, in FWHM
LONGEST = (7.6, 11.6, 17.8)  # where a channel is followed by the next, micron


def write_extract1d(path) -> None:
    """Apertures that widen with the image of a point, and rings of background about them."""
    width = FWHM * mrs_sigma(WAVES)
    data = {
        "wavelength": _single(WAVES),
        "wavelength_units": "micron",
        "radius": _single(RADIUS * width),
        "radius_units": "arcsec",
        "inner_bkg": _single(INSIDE * width),
        "inner_bkg_units": "arcsec",
        "outer_bkg": _single(OUTSIDE * width),
        "outer_bkg_units": "arcsec",
        "axis_ratio": _single(np.ones_like(WAVES)),
        "axis_pa": _single(np.zeros_like(WAVES)),
        "axis_pa_units": "degrees",
    }
    own = {"region_type": "target", "subtract_background": True, "method": "exact", "subpixels": 10}
    _write(path, "extract1d", {"data": data}, own)


def write_apcorr(path) -> None:
    """The light outside of circular apertures: of a Gaussian that slices and spaxels have widened."""
    spaxel = np.array([one.spaxel for one in CHANNEL.values()])[np.searchsorted(LONGEST, WAVES)]
    variance = mrs_sigma(WAVES) ** 2 + 3 * spaxel**2 / 12
    radius = np.array(RADII)[:, None] * FWHM * mrs_sigma(WAVES)
    factor = 1 / (1 - np.exp(-0.5 * radius**2 / variance))
    table = {
        "channel": "ANY",
        "band": "ANY",
        "wavelength": _single(WAVES),
        "wavelength_units": "micron",
        "radius": _single(radius),
        "radius_units": "arcsec",
        "apcorr": _single(factor),
        "apcorr_err": _single(0.01 * factor),
    }
    _write(path, "apcorr", {"apcorr_table": table}, {})


def _write(path, kind, tree, own):
    own = own | {"exposure": {"type": KIND}}
    write_tree(
        path, {"name": "MIRI"}, kind, f"Simulated {kind} of cubes", tree, own, all_array_storage="inline"
    )


def _single(values):
    return values.astype(np.float32)
