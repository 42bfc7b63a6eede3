"""Rates in units of surface brightness, by a factor for each pixel, and the change of throughput since it was measured.

Source: the ``photom`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/photom/main.html.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, pixel_kernel
from gpucal.backend.fit import check_fit
from gpucal.kernels.flags.dqflags import DO_NOT_USE


class Sensitivity(NamedTuple):
    """Factors from rates to surface brightness.

    Attributes
    ----------
    data : (ny, nx) float32 array
        The factors.
    dq : (ny, nx) uint32 array
        Flags.
    """

    data: np.ndarray
    dq: np.ndarray


class ThroughputChange(NamedTuple):
    """The throughput relative to that of the factors, at some wavelengths.

    Attributes
    ----------
    wavelengths : (n,) float64 array
        From the shortest, micron; at least two.
    values : (n,) float64 array
        The throughput at these.
    """

    wavelengths: np.ndarray
    values: np.ndarray


def changes_of_pixels(changes, wavelengths, table, columns) -> None:
    """The change of throughput of the pixels in some columns: linear between wavelengths, and beyond.

    Parameters
    ----------
    changes : (ny, nx) float64 array
        Edited; what has no wavelength becomes 1.
    wavelengths : (ny, nx) float64 array
        Micron; zero or NaN where there is none.
    table : ThroughputChange
        At a few wavelengths.
    columns : slice
        The columns; begin and end are given, and are within the image.

    Raises
    ------
    ValueError
        If shapes differ, or a table or the columns will not do.
    """
    check_fit(
        changes=(changes, "ny nx"),
        wavelengths=(wavelengths, "ny nx"),
        nodes=(table.wavelengths, "n"),
        values=(table.values, "n"),
    )
    ny, nx = changes.shape
    if not 0 <= columns.start <= columns.stop <= nx:
        raise ValueError(f"columns {columns.start} to {columns.stop} are not in an image of {nx}")
    if len(table.values) < 2:
        raise ValueError("a line needs two wavelengths")
    write_change((ny, columns.stop - columns.start), changes, wavelengths, table, columns.start)


@pixel_kernel
def write_change(y, place, changes, wavelengths, table, first):
    """The change of one pixel."""
    wavelength = wavelengths[y, first + place]
    change = 1.0
    if wavelength != 0 and not math.isnan(wavelength):
        upper = 1
        while upper < len(table.values) - 1 and wavelength >= table.wavelengths[upper]:
            upper += 1
        begin, end = table.wavelengths[upper - 1], table.wavelengths[upper]
        part = (wavelength - begin) / (end - begin)
        change = table.values[upper - 1] * (1 - part) + table.values[upper] * part
    changes[y, first + place] = 1.0 if change == 0 or math.isnan(change) else change


def convert_by_pixel(rates, var_flat, sensitivity, changes, inverse=False) -> None:
    """Multiply rates and errors by a factor for each pixel, and variances by its square, in place.

    Then they are divided by the change of throughput. A pixel that is NaN in one plane, or not to be used, becomes both
    in all planes.

    Parameters
    ----------
    rates : gpucal.kernels.images.flat_rates.Rates
        An image; edited.
    var_flat : (ny, nx) float32 array or None
        The variance of the flat field; edited.
    sensitivity : Sensitivity
        The factors; their flags are added.
    changes : (ny, nx) float64 array or None
        The throughput relative to that of the factors; None leaves it as it is.
    inverse : bool
        Divide by the factors, to undo the conversion.

    Raises
    ------
    ValueError
        If shapes differ.
    """
    planes = rates._asdict() | {"var_flat": var_flat, "changes": changes}
    planes |= {f"sensitivity {name}": plane for name, plane in sensitivity._asdict().items()}
    check_fit(**{name: (plane, "ny nx") for name, plane in planes.items()})
    xp = array_namespace(rates.data)
    if var_flat is None:
        var_flat = xp.zeros_like(rates.data)
    changed = changes is not None
    convert_one(
        rates.data.shape,
        rates,
        var_flat,
        sensitivity,
        changes if changed else xp.ones((1, 1)),
        changed,
        inverse,
    )


@pixel_kernel
def convert_one(y, x, rates, var_flat, sensitivity, changes, changed, inverse):
    """One pixel; single precision after the factor, and again after the change."""
    factor = sensitivity.data[y, x]
    square = factor * factor
    rate, err, flat = rates.data[y, x], rates.err[y, x], var_flat[y, x]
    poisson, read = rates.var_poisson[y, x], rates.var_rnoise[y, x]
    if inverse:
        rate, err, poisson, read, flat = (
            rate / factor,
            err / factor,
            poisson / square,
            read / square,
            flat / square,
        )
    else:
        rate, err, poisson, read, flat = (
            rate * factor,
            err * factor,
            poisson * square,
            read * square,
            flat * square,
        )
    if changed:
        change = changes[y, x]
        square_change = 1.0 / (change * change)
        rate, err = np.float32(rate / change), np.float32(err / change)
        poisson, read = np.float32(poisson * square_change), np.float32(read * square_change)
        flat = np.float32(flat * square_change)
    flags = rates.dq[y, x] | sensitivity.dq[y, x]
    if math.isnan(factor):
        flags |= np.uint32(DO_NOT_USE)
    if flags & np.uint32(DO_NOT_USE) or math.isnan(rate + err + poisson + read + flat):
        flags |= np.uint32(DO_NOT_USE)
        rate = err = poisson = read = flat = np.float32(math.nan)
    rates.data[y, x], rates.err[y, x], rates.dq[y, x] = rate, err, flags
    rates.var_poisson[y, x], rates.var_rnoise[y, x], var_flat[y, x] = poisson, read, flat
