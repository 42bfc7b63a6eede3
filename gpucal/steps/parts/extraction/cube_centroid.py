"""The place of the brightest source of a cube.

Source: the ``ifu_autocen`` parameter in the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/extract_1d/arguments.html.
"""

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.kernels.outliers.medians import median_image
from gpucal.kernels.sources.star_profile import StarProfile
from gpucal.kernels.sources.stars import Selection, find_stars
from gpucal.kernels.statistics.sigma_clip import clipped_statistics, sorted_finite

# From here on hardly any light arrives, micron.
LONGEST = 26.0

# The width of a source, pixels, and its least height, in standard deviations.
FWHM, HEIGHT = 3.0, 3.0

# The nearest that two sources may be, pixels: 2.5 widths, rounded up.
SELECTION = Selection(separation=8, sharpness=(0.2, 1.0), roundness=(-1.0, 1.0))


def brightest_source(data, wavelength: np.ndarray) -> tuple[float, float] | None:
    """Where the brightest source is in the median of the planes.

    Parameters
    ----------
    data : (nplanes, ny, nx) float32 array
        On the backend.
    wavelength : (nplanes,) float64 array
        Micron, on the host.

    Returns
    -------
    (float, float) or None
        x and y, pixels; None where no source stands out.
    """
    backend = current_backend()
    xp = backend.xp
    planes = data[backend.asarray(np.flatnonzero(wavelength < LONGEST), TABLES)]
    if not len(planes):
        return None
    planes[~xp.isfinite(planes)] = np.nan
    image = median_image(planes)
    known = xp.isfinite(image)
    ordered = sorted_finite(image)
    if not len(ordered):
        return None
    level = clipped_statistics(ordered)
    signal = xp.where(known, image - np.float32(level.median), np.float32(0))
    stars = find_stars(signal, ~known, "dao", HEIGHT * level.sigma, StarProfile.of(FWHM), SELECTION)
    if not len(stars["flux"]):
        return None
    brightest = int(np.argmax(stars["flux"]))
    return float(stars["x"][brightest]), float(stars["y"][brightest])
