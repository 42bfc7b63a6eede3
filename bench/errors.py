"""The error of each value of a product: the unit in which products are compared.

Rates have their ERR. A segment of a fitted ramp has the square root of its two variances: SIGSLOPE and SIGYINT are
errors for data of unit variance, of use for their ratio alone. A ramp has no error of its own: a read noise stands
for it. Columns of spectra have the columns of their errors: a flux near zero is a difference of large numbers, of
which nothing is known to a part in 100000.
"""

import numpy as np

# The noise of a single read of a near-infrared detector, DN.
READ_NOISE = 5.0

# Columns of the tables of spectra, by how their names begin, and the columns of their errors: in spectra that are
# combined, that of the flux is named otherwise.
COLUMN_ERRORS = {
    "FLUX": ("FLUX_ERROR", "ERROR"),
    "ERROR": ("ERROR",),
    "SURF_BRIGHT": ("SB_ERROR",),
    "SB_": ("SB_ERROR",),
    "BACKGROUND": ("BKGD_ERROR",),
    "BKGD_": ("BKGD_ERROR",),
}


def error_of(name, hdus, given=None):
    """Error of each value of an extension, from the product itself.

    Parameters
    ----------
    name : str
        The extension, with its version when that is not 1 ("SCI", "SCI,2"), and the column of a table
        ("EXTRACT1D,2.FLUX").
    hdus : `astropy.io.fits.HDUList`
        The product.
    given : float or array, optional
        Error to use where the product has none.

    Returns
    -------
    float, array or None
        Its square for a variance; None where the product has no error and none is given.
    """
    extension, _, column = name.partition(".")
    base, _, version = extension.partition(",")
    if column:
        return column_error(column, hdus[base, int(version or 1)].data, given)
    arrays = {hdu.name: hdu.data for hdu in hdus if hdu.ver == int(version or 1)}
    for has_errors, errors in ((("ERR",), rate_errors), (("SIGSLOPE", "VAR_RNOISE"), segment_errors)):
        if all(arrays.get(extension) is not None for extension in has_errors):
            return errors(arrays).get("VAR" if base.startswith("VAR_") else base, given)
    return READ_NOISE if given is None and base in ("SCI", "ZEROFRAME") else given


def column_error(column, table, given=None):
    """Error of each value of a column, as `error_of` returns it."""
    names = next((names for start, names in COLUMN_ERRORS.items() if column.startswith(start)), ())
    error = next((table[name].astype(float) for name in names if name in table.names), given)
    return error**2 if error is not None and "_VAR_" in column else error


def rate_errors(arrays):
    """Errors by extension of a product with an ERR array."""
    error = arrays["ERR"].astype(float)
    return {"SCI": error, "ERR": error, "VAR": error**2}


def segment_errors(arrays):
    """Errors by extension of the segments of fitted ramps."""
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.sqrt(arrays["VAR_POISSON"].astype(float) + arrays["VAR_RNOISE"])
        # no intercept is known better than a single read
        intercept = np.fmax(slope * arrays["SIGYINT"] / arrays["SIGSLOPE"], READ_NOISE)
    errors = {"SLOPE": slope, "SIGSLOPE": slope, "VAR": slope**2, "YINT": intercept, "SIGYINT": intercept}
    return errors | {"PEDESTAL": intercept[:, 0], "CRMAG": READ_NOISE}
