"""Tables of the spectra of cubes.

Source: the x1d product in the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/data_products/science_products.html.
"""

import numpy as np

from gpucal.data.spectrum import layout_of
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.steps.parts.extraction.spectrum_tables import CORRECTED, JANSKY, Calibration

# Products: with the columns of spectra whose residual fringes are corrected, and without.
MRS, OTHERS = "MRSMultiSpecModel", "MultiSpecModel"

# Columns of these, by the columns that they are corrected of.
DEFRINGED = {"FLUX": "RF_FLUX", "SURF_BRIGHT": "RF_SURF_BRIGHT", "BACKGROUND": "RF_BACKGROUND"}
DEFRINGED_CORRECTED = ("RF_FLUX", "RF_SURF_BRIGHT")

# How jwst writes the unit of the variances of brightness in these products.
BRIGHT_SQUARE = "(MJy/sr)^2"


def linear(wanted: np.ndarray, points: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Linear interpolation, which goes on beyond the ends.

    Parameters
    ----------
    wanted : (n,) float64 array
    points, values : (npoints,) float64 arrays
        In any order; of one point there is a constant.

    Returns
    -------
    (n,) float64 array
    """
    order = np.argsort(points, kind="stable")
    points, values = points[order], values[order]
    if len(points) == 1:
        return np.where(np.isnan(wanted), np.nan, values[0])
    high = np.clip(np.searchsorted(points, wanted), 1, len(points) - 1)
    low = high - 1
    slope = (values[high] - values[low]) / (points[high] - points[low])
    return values[low] + slope * (wanted - points[low])


def units_of(product: str) -> dict[str, str]:
    """Units of columns."""
    units = Calibration(True, False, 1.0).units()
    units |= {name: BRIGHT_SQUARE for name in units if name.startswith(("SB_VAR", "BKGD_VAR"))}
    more = {defringed: units[name] for name, defringed in DEFRINGED.items()} if product == MRS else {}
    return units | more


def columns_of_sums(sums, areas: np.ndarray, area: float, covariance: float) -> dict[str, np.ndarray]:
    """The columns of a spectrum but for its wavelengths, before any correction of aperture or fringes.

    Parameters
    ----------
    sums : Sums
        On the host; see `gpucal.kernels.cubes.aperture_sums`.
    areas : (nplanes,) float64 array
        The area of each whole aperture, pixels: it counts where no spaxel in it has a value.
    area : float
        Of a spaxel, steradian.
    covariance : float
        Errors are multiplied with it.

    Returns
    -------
    dict of str to (nplanes,) array
        Without those of variances, which a cube does not tell apart.
    """
    is_empty = sums.area == 0
    npixels = np.where(is_empty, areas, sums.area)
    count, count_bkg = (np.where(one > 0, one, 1.0) for one in (npixels, sums.bkg_area))
    to_flux = area * JANSKY
    with np.errstate(invalid="ignore"):
        error, bkg_error = (np.sqrt(variance) * covariance for variance in (sums.variance, sums.bkg_variance))
    return {
        "FLUX": sums.value * to_flux,
        "FLUX_ERROR": error * to_flux,
        "SURF_BRIGHT": sums.value / count,
        "SB_ERROR": error / count,
        "DQ": np.where(is_empty, np.uint32(DO_NOT_USE), np.uint32(0)),
        "BACKGROUND": sums.background / count_bkg,
        "BKGD_ERROR": bkg_error / count_bkg,
        "NPIXELS": npixels,
    }


def correct(columns: dict[str, np.ndarray], factors: np.ndarray) -> None:
    """Multiply what an aperture correction is for, in place."""
    for name in (*CORRECTED, *DEFRINGED_CORRECTED):
        if name in columns:
            columns[name] = columns[name] * factors


def table_of(product: str, wavelength: np.ndarray, columns: dict[str, np.ndarray]) -> np.ndarray:
    """The table of a spectrum, from the first wavelength that is known to the last.

    One between them that is not known is flagged. Columns that are not given are zero, those of fringes NaN.
    """
    known = np.flatnonzero(np.isfinite(wavelength))
    part = slice(known[0], known[-1] + 1)
    table = np.zeros(part.stop - part.start, layout_of(product).dtype())
    table["WAVELENGTH"] = wavelength[part]
    for name in (name for name in table.dtype.names if name in DEFRINGED.values()):
        table[name] = np.nan
    for name, column in columns.items():
        table[name] = column[part]
    table["DQ"] |= np.where(np.isnan(table["WAVELENGTH"]), np.uint32(DO_NOT_USE), np.uint32(0))
    return table
