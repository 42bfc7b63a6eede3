"""Division by a flat field, with the error that the flat adds.

Source: the ``flat_field`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/flatfield/main.html.
"""

from gpucal.backend import array_namespace
from gpucal.kernels.flags.dqflags import DO_NOT_USE, NO_FLAT_FIELD


def usable_flat(flat, flat_dq):
    """A flat that is 1 where it is not to be used, with its flags completed.

    Pixels that are NaN or zero have no flat field, and no pixel without one is to be used.

    Parameters
    ----------
    flat : (ny, nx) float32 array
        Relative response.
    flat_dq : (ny, nx) uint32 array
        Its flags.

    Returns
    -------
    flat : (ny, nx) float32 array
        Relative response, new.
    flat_dq : (ny, nx) uint32 array
        Flags, new.
    """
    xp = array_namespace(flat)
    flat, flat_dq = flat.copy(), flat_dq.copy()
    flat_dq[xp.isnan(flat) | (flat == 0)] |= NO_FLAT_FIELD
    flat_dq[(flat_dq & NO_FLAT_FIELD) != 0] |= DO_NOT_USE
    flat[(flat_dq & DO_NOT_USE) != 0] = 1
    return flat, flat_dq


def divide_by_flat(data, flat, flat_err):
    """Divide by the flat, in place.

    Parameters
    ----------
    data : (..., ny, nx) float32 array
        Rates, DN/s; edited.
    flat : (ny, nx) float32 array
        Relative response.
    flat_err : (ny, nx) float32 array
        Its error.

    Returns
    -------
    (..., ny, nx) float32 array
        The variance that the flat adds, (DN/s)^2: the square of the divided rate times that of the relative
        error of the flat.
    """
    data /= flat
    variance = data**2
    variance /= flat**2
    variance *= flat_err**2
    return variance


def multiply_by_flat(data, flat):
    """Undo the division by the flat, in place.

    Parameters
    ----------
    data : (..., ny, nx) float32 array
        Rates, DN/s; edited.
    flat : (ny, nx) float32 array
        Relative response.

    Returns
    -------
    (..., ny, nx) float32 array
        The variance that this adds: zero.
    """
    data *= flat
    return array_namespace(data).zeros_like(data)


def add_variance(err, variance):
    """Add a variance to an error, in quadrature and in place.

    Parameters
    ----------
    err : (..., ny, nx) float32 array
        DN/s; edited.
    variance : (..., ny, nx) float32 array
        (DN/s)^2.
    """
    xp = array_namespace(err)
    err *= err
    err += variance
    xp.sqrt(err, out=err)


def spread_nan(*arrays):
    """Make a pixel that is NaN in one array NaN in all of them.

    Parameters
    ----------
    *arrays : (..., ny, nx) float32 array
        Of one shape; edited.
    """
    xp = array_namespace(arrays[0])
    invalid = xp.isnan(arrays[0])
    for array in arrays[1:]:
        invalid |= xp.isnan(array)
    for array in arrays:
        array[invalid] = xp.nan
