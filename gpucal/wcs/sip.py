"""An approximation of a WCS for FITS headers: a tangent plane, and polynomials of the distortion (SIP).

Of the polynomials of degree 1, 2, ... that map pixels to the tangent plane by least squares, the first that is good
enough is taken. Its linear terms are the CD matrix; the higher ones, seen from pixels, are the coefficients A and B.
What leads back, AP and BP, is fitted in the same way to the difference between pixels and undistorted pixels.

Sources: Shupe et al. (2005), ASP Conf. 347, 491; `gwcs.WCS.to_fits_sip`,
https://gwcs.readthedocs.io/en/latest/api/gwcs.WCS.html#gwcs.WCS.to_fits_sip, of which sampling, limits and order of
the sums are taken.
"""

import logging
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gpucal.errors import GpucalError
from gpucal.wcs.lowering import program_of
from gpucal.wcs.nodes import beside, shift, to_plane_of
from gpucal.wcs.world import Wcs

log = logging.getLogger(__name__)

# The highest degree that is tried where the user asks for none.
HIGHEST_DEGREE = 5


class SipError(GpucalError):
    """A WCS cannot be approximated."""


class SipOptions(NamedTuple):
    """How good an approximation is to be.

    Attributes
    ----------
    max_error, max_inverse_error : float
        Largest residuals, pixels. Without the second one, no inverse polynomials are made.
    degree, inverse_degree : int or None
        Of the polynomials; None takes the lowest that is good enough.
    npoints : int
        Along each side of the grid of points that are fitted.
    """

    max_error: float = 0.01
    max_inverse_error: float = 0.01
    degree: int | None = None
    inverse_degree: int | None = None
    npoints: int = 12


class Fit(NamedTuple):
    """Two polynomials of two coordinates, without constant terms.

    Attributes
    ----------
    degree : int
        Largest sum of powers.
    x, y : dict of (int, int) to float
        Coefficients by powers of the two coordinates.
    residual : float
        The largest residual, in units of what was fitted.
    """

    degree: int
    x: dict[tuple[int, int], float]
    y: dict[tuple[int, int], float]
    residual: float

    def at(self, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Both polynomials at points."""
        terms = {powers: u ** powers[0] * v ** powers[1] for powers in self.x}
        return tuple(sum(table[powers] * term for powers, term in terms.items()) for table in (self.x, self.y))


def sip_keywords(
    wcs: Wcs, options: SipOptions = SipOptions(), crpix: Sequence[float] | None = None  # noqa: B008
) -> dict[str, float | int | str]:
    """Keywords of an approximation of a WCS.

    Parameters
    ----------
    wcs : Wcs
        From pixels to the sky, with a bounding box.
    options : SipOptions
        How good it is to be.
    crpix : sequence of float, optional
        The reference pixel, counted from 1; by default the center of the bounding box.

    Returns
    -------
    dict
        Lower-case FITS keywords: CRPIX, CRVAL, CTYPE, CUNIT, CD, orders, coefficients, and the errors SIPMXERR and
        SIPIVERR, pixels. Where a matrix is good enough, there are no polynomials.

    Raises
    ------
    SipError
        If the bounding box is smaller than a pixel, or too small for a polynomial.
    """
    box = wcs.bounding_box
    if box is None or any(high - low < 1 for low, high in box):
        raise SipError("a WCS whose bounding box is smaller than a pixel has no SIP approximation")
    center = [round((low + high) / 2, 1) for low, high in box] if crpix is None else [place - 1 for place in crpix]
    crval = wcs.program().at(*center)
    to_plane = program_of(beside(shift(center[0]), shift(center[1])), *wcs.transforms, to_plane_of(*crval))
    grids = [_grid(box, center, number) for number in (options.npoints, 2 * options.npoints)]
    planes = [to_plane.at(*grid) for grid in grids]
    scale = _plate_scale(to_plane)
    forward = _fitted(options.degree, options.max_error * scale, grids, planes)
    matrix = np.array([[table[1, 0], table[0, 1]] for table in (forward.x, forward.y)])
    keywords = _linear_keywords(center, crval, matrix) | {"sipmxerr": forward.residual / scale}
    if forward.degree == 1:
        return keywords
    keywords |= {"ctype1": "RA---TAN-SIP", "ctype2": "DEC--TAN-SIP"}
    keywords |= _coefficients("ab", _in_pixels(forward, np.linalg.inv(matrix)), lowest=2)
    if options.max_inverse_error:
        undistorted = [np.linalg.solve(matrix, plane) for plane in planes]
        differences = [grid - point for grid, point in zip(grids, undistorted, strict=True)]
        backward = _fitted(options.inverse_degree, options.max_inverse_error, undistorted, differences)
        keywords |= _coefficients(("ap", "bp"), backward, lowest=1) | {"sipiverr": backward.residual}
    return keywords


def _grid(box, center: Sequence[float], npoints: int) -> np.ndarray:
    """Points of the bounding box, from edge to edge, relative to its center; (2, number of points).

    Where a rounding lets the last step of an axis fall short of its end, gwcs adds a point beyond: the fit shows it.
    """
    axes = []
    for (low, high), middle in zip(box, center, strict=True):
        step = (high - low) / (npoints - 1)
        axes.append(low + step * np.arange(math.ceil((high + step - low) / step)) - middle)
    return np.array([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")])


def _plate_scale(to_plane) -> float:
    """Degrees of a pixel at the center."""
    (x0, xx, yx), (y0, xy, yy) = to_plane.at([0.0, 1.0, 0.0], [0.0, 0.0, 1.0])
    return float(np.sqrt(abs((xx - x0) * (yy - y0) - (xy - y0) * (yx - x0))))


def _fitted(degree: int | None, max_error: float, points, values) -> Fit:
    """The polynomial of this degree, or of the lowest that is good enough, or else of the best.

    ``points`` and ``values`` are two grids, one to be fitted, and one twice as dense to be compared with.
    """
    best = None
    for number in [degree] if degree else range(1, HIGHEST_DEGREE + 1):
        fit = _least_squares(number, points[0], values[0])
        if fit is None or (best is not None and fit.residual >= best.residual):
            break
        best = fit
        if best.residual <= max_error:
            break
    if best is None:
        raise SipError("the bounding box is too small for a SIP approximation")
    if best.residual > max_error:
        log.warning("The SIP approximation is not as good as asked for, at degree %d", best.degree)
        if not degree:
            return best
    dense = float(np.hypot(*(values[1] - np.array(best.at(*points[1])))).max())
    if dense > min(5 * best.residual, max_error):
        log.warning("The SIP approximation may need more points than it was fitted to")
    return best._replace(residual=max(dense, best.residual))


def _least_squares(degree: int, points: np.ndarray, values: np.ndarray) -> Fit | None:
    """Solve the normal equations, summed in extended precision; None where they cannot be solved."""
    powers = [(i, j) for i in range(degree + 1) for j in range(degree + 1 - i) if i + j]
    u, v = points.astype(np.longdouble)
    terms = np.array([u**i * v**j for i, j in powers])
    try:
        solved = np.linalg.solve((terms @ terms.T).astype(float), (terms @ values.T).astype(float))
    except np.linalg.LinAlgError:
        return None
    if not np.isfinite(solved).all():
        return None
    tables = (dict(zip(powers, column.tolist(), strict=True)) for column in solved.T)
    fit = Fit(degree, *tables, 0.0)
    return fit._replace(residual=float(np.hypot(*(values - solved.T @ terms.astype(float))).max()))


def _in_pixels(fit: Fit, inverse: np.ndarray) -> Fit:
    """The polynomials seen from undistorted pixels."""
    turned = {powers: inverse @ (fit.x[powers], fit.y[powers]) for powers in fit.x}
    tables = ({powers: float(pair[axis]) for powers, pair in turned.items()} for axis in (0, 1))
    return Fit(fit.degree, *tables, fit.residual)


def _linear_keywords(center, crval, matrix) -> dict:
    keywords: dict = {"wcsaxes": 2, "wcsname": "world", "radesys": "ICRS", "mjdref": 0.0}
    keywords |= {"lonpole": 180.0, "latpole": _shortened(crval[1])}
    for axis, kind in enumerate(("RA---TAN", "DEC--TAN")):
        number = axis + 1
        keywords |= {
            f"crpix{number}": center[axis] + 1,
            f"crval{number}": _shortened(crval[axis]),
            f"ctype{number}": kind,
            f"cunit{number}": "deg",
            f"cd{number}_1": _shortened(matrix[axis, 0]),
            f"cd{number}_2": _shortened(matrix[axis, 1]),
        }
    return keywords


def _shortened(value: float) -> float:
    """A value with the digits that a header has room for."""
    return float(f"{value:.14g}")


def _coefficients(names: Sequence[str], fit: Fit, lowest: int) -> dict:
    keywords: dict = {f"{name}_order": fit.degree for name in names}
    for name, table in zip(names, (fit.x, fit.y), strict=True):
        keywords |= {f"{name}_{i}_{j}": value for (i, j), value in table.items() if i + j >= lowest}
    return keywords
