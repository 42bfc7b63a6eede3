"""Low resolution spectra of MIRI: the prism spreads a source along columns, in the slit and without one.

Where light of a wavelength falls is a table by row: how far its column is from that of the slit's center, and its
wavelength. Both are smoothed by a spline before they are looked up.

Source: the ``assign_wcs`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/assign_wcs/exp_types.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.startup.deferred import import_splines
from gpucal.wcs import frames
from gpucal.wcs.inverses import inverse_of
from gpucal.wcs.lowering import program_of
from gpucal.wcs.modes.imaging import subarray_shift
from gpucal.wcs.nodes import (
    arithmetic,
    beside,
    bounding_box,
    chain,
    constant,
    identity,
    line,
    remap,
    shift,
    tabular,
)
from gpucal.wcs.telescope import aberration, pointing_of, to_sky
from gpucal.wcs.velocity import velocity_correction
from gpucal.wcs.world import Wcs

# How far, in the sum of squares, the smoothed table may be from the one of the reference.
SMOOTHING = 0.002

# Columns of reference pixels at the left of a subarray that touches that edge of the detector.
REFERENCE_COLUMNS = 4


class Trace(NamedTuple):
    """Where the prism puts which wavelength.

    Attributes
    ----------
    center : tuple of float
        x and y of the reference point, pixels of the full frame, from 0.
    table : (n,) structured array
        By row of the detector: columns ``x_center``, ``y_center`` and ``wavelength`` (micron), and the corners
        ``x0``, ``y0``, ``x1``, ``y2`` of what was calibrated; pixels from the reference point.
    """

    center: tuple[float, float]
    table: np.ndarray


def lrs_wcs(exposure, distortion, trace: Trace, in_slit: bool) -> Wcs:
    """The WCS of a low resolution spectrum.

    Parameters
    ----------
    exposure : Exposure
        An image, or integrations.
    distortion : node
        From full-frame pixels of the imager to V2 and V3, arcsec.
    trace : Trace
        What the specwcs reference says.
    in_slit : bool
        Whether the source is seen through the slit.

    Returns
    -------
    Wcs
        Frames ``detector``, ``alpha_beta`` (along and across the slit, arcsec), ``v2v3``, ``v2v3vacorr`` and ``world``;
        each but the first with the wavelength, micron, as third coordinate.

    Raises
    ------
    GpucalError
        If the header lacks the pointing.
    """
    meta, pointing = exposure.meta, pointing_of(exposure)
    corner = subarray_shift(meta)
    optics = distortion if corner is None else chain(corner, distortion)
    center = _in_subarray(trace.center, meta)
    scale = _pixel_scale(optics, center)
    rows = np.asarray(trace.table["y_center"], float) + center[1]
    columns = tabular(rows, _smooth(rows, (trace.table["x_center"] + center[0]) - center[0]), "xshiftref")
    wavelengths = tabular(rows, _smooth(rows, trace.table["wavelength"]), "waveref")
    if meta.wcsinfo.velosys is not None:
        wavelengths = chain(wavelengths, velocity_correction(meta.wcsinfo.velosys))
    to_slit = _to_slit(center, scale, columns, wavelengths)
    x, y = to_slit["inputs"]
    box = slit_bounds(trace.table, center, rows) if in_slit else subarray_bounds(trace.table, center, meta)
    to_slit["bounding_box"] = bounding_box(**{x: box[0], y: box[1]})
    spectral = frames.spectral("spec")
    seen = (("v2", "v3"), "arcsec")
    return Wcs(
        (
            frames.plane("detector", ("x", "y"), "pixel"),
            frames.composite(
                "alpha_beta",
                frames.plane("alpha_beta_spatial", ("alpha", "beta"), "arcsec"),
                frames.spectral("alpha_beta_spectral"),
            ),
            frames.composite("v2v3", frames.plane("v2v3_spatial", *seen), spectral),
            frames.composite("v2v3vacorr", frames.plane("v2v3vacorr_spatial", *seen), spectral),
            frames.composite("world", frames.sky("icrs", ("RA", "DEC")), spectral),
        ),
        (
            to_slit,
            _to_telescope(center, scale, optics),
            beside(aberration(meta.velocity_aberration.scale_factor, pointing), identity(1)),
            beside(to_sky(pointing), identity(1)),
        ),
    )


def slit_bounds(table, center, rows):
    """Where a spectrum through the slit is: the columns that were calibrated, and the rows of the table."""
    left, right = np.floor(table["x0"].min() + center[0]) - 0.5, np.ceil(table["x1"].max() + center[0]) + 0.5
    return (float(left), float(right)), (float(rows.min()), float(rows.max()))


def subarray_bounds(table, center, meta):
    """Where a spectrum without slit is: the subarray but for reference pixels, and the rows that were calibrated."""
    bottom, top = np.floor(table["y2"].min() + center[1]) - 0.5, np.ceil(table["y0"].max() + center[1]) + 0.5
    left = (meta.subarray.xstart or 1) - 1 + REFERENCE_COLUMNS - 0.5
    return (left, meta.subarray.xsize - 0.5), (float(bottom), float(top))


def reference_point(wcs: Wcs) -> tuple[float, float]:
    """x and y of the slit's center, pixels from 0: the WCS of such a spectrum begins with a shift by it, and back."""
    x, y = (-one["offset"] for one in _shifts(wcs.transforms[0]))
    return x, y


def _shifts(transform):
    """The first two shifts of a transform."""
    found, waiting = [], [transform]
    while len(found) < 2:
        one = waiting.pop(0)
        waiting = [*one.get("forward", ()), *waiting]
        if "offset" in one:
            found.append(one)
    return found


def _in_subarray(point, meta) -> tuple[float, float]:
    """A point of the full frame in pixels of the subarray."""
    return point[0] - ((meta.subarray.xstart or 1) - 1), point[1] - ((meta.subarray.ystart or 1) - 1)


def _pixel_scale(optics, center) -> float:
    """Arcsec from the slit's center to the next pixel along it."""
    (v2, v2_next), (v3, v3_next) = program_of(optics).at([center[0], center[0] + 1], [center[1]] * 2)
    return float(np.sqrt((v2 - v2_next) ** 2 + (v3 - v3_next) ** 2))


def _smooth(rows: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values by row, smoothed by a cubic spline; the table begins with the last row."""
    import_splines()  # of no use to other runs
    from scipy.interpolate import UnivariateSpline

    return UnivariateSpline(rows[::-1], np.asarray(values, float)[::-1], s=SMOOTHING)(rows)


def _to_slit(center, scale, columns, wavelengths):
    """From pixels to the place along the slit (and across: always 0), arcsec, and the wavelength."""
    there, back = (beside(shift(sign * center[0]), shift(sign * center[1])) for sign in (-1, 1))
    straightened = arithmetic("subtract", remap([0], 2), chain(remap([1], 2), columns))
    in_slit = chain(remap([0, 1, 0, 1]), beside(straightened, remap([1], 2)))
    along = chain(remap([0], 2), shift(-center[0]), line(scale))
    place = chain(chain(there, back), in_slit, chain(remap([0, 1, 0]), beside(along, constant(0.0))))
    made = chain(remap([0, 1, 0, 1]), beside(place, chain(remap([1], 2), wavelengths)))
    made["inverse"] = _from_slit(center, scale, columns, wavelengths)
    return made


def _from_slit(center, scale, columns, wavelengths):
    """From the place along the slit and the wavelength to pixels."""
    row = inverse_of(wavelengths)
    bent = arithmetic("add", remap([0], 2), chain(remap([1], 2), columns))
    x = chain(remap([0, 2]), beside(chain(line(1 / scale), shift(center[0])), row), bent)
    return chain(remap([0, 1, 2, 0, 1, 2]), beside(x, chain(remap([2], 3), row)))


def _to_telescope(center, scale, optics):
    """From places in the slit to V2 and V3, arcsec; wavelengths stay."""
    to_pixels = beside(*(chain(line(1 / scale), shift(one)) for one in center))
    made = chain(remap([0, 1, 2]), beside(chain(to_pixels, optics), identity(1)))
    to_slit = beside(*(chain(shift(-one), line(scale)) for one in center))
    made["inverse"] = chain(remap([0, 1, 2]), beside(chain(inverse_of(optics), to_slit), identity(1)))
    return made
