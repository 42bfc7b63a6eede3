"""World coordinates of a spectrum: one place on the sky, and a table of wavelengths."""

from __future__ import annotations

from functools import cache

import numpy as np

from gpucal.startup.lazy import asdf
from gpucal.startup.wcs_tree import WcsTree
from gpucal.wcs import frames
from gpucal.wcs.nodes import beside, chain, constant, remap, tabular
from gpucal.wcs.world import Wcs


def spectral_wcs(ra: float, dec: float, wavelength: np.ndarray, pixels: np.ndarray | None = None) -> WcsTree:
    """The coordinates of a spectrum: from pixels to right ascension, declination and wavelength, and back.

    Parameters
    ----------
    ra, dec : float
        The place on the sky, degrees.
    wavelength : (n,) float64 array
        Of each pixel, micron. Where it neither increases nor decreases throughout, there is no way back.
    pixels : (n,) float64 array, optional
        The numbers of the pixels; spectra that share the array share it in a file.

    Returns
    -------
    WcsTree
    """
    pixels = np.arange(len(wavelength), dtype=float) if pixels is None else pixels
    table = tabular(pixels, wavelength)
    table.pop("fill_value")  # it goes on beyond its ends
    forward = chain(remap([0, 0, 0]), beside(constant(ra), constant(dec), table), name="pixel_to_world")
    steps = np.diff(wavelength)
    if len(steps) and (np.all(steps > 0) or np.all(steps < 0)):
        order = slice(None, None, 1 if steps[0] > 0 else -1)
        forward["inverse"] = chain(remap([2]), tabular(wavelength[order], pixels[order]))
    return Wcs((_pixel_frame(), _world()), (forward,)).to_tree()


@cache
def _pixel_frame():
    unit = asdf.tagged.TaggedString("pixel")
    unit._tag = "tag:stsci.edu:asdf/unit/unit-1.0.0"
    content = {
        "axes_names": [""],
        "axes_order": [0],
        "axes_type": ["SPATIAL"],
        "axis_physical_types": ["custom:SPATIAL"],
        "name": "pixel_frame",
        "naxes": 1,
        "unit": [unit],
    }
    return asdf.tagged.TaggedDict(content, "tag:stsci.edu:gwcs/frame-1.2.0")


@cache
def _world():
    return frames.composite("world", frames.sky("sky"), frames.spectral("spectral", "wavelength"))
