"""The light that an image is made of: weights of wavelengths."""

from pathlib import Path

import numpy as np

from gpucal.core import GpucalError
from gpucal.reference import ReferenceFileError

ANGSTROM = 1e-10
BINS = 19
LEAST_THROUGHPUT = 0.01


def band_of(reference) -> np.ndarray:
    """The band of a filter, for a source with as many photons at each wavelength.

    The weight of a bin is the integral of the throughput, which is linear between the rows of the table, over it.

    Parameters
    ----------
    reference : Reference
        Of type ``throughput``: a table of wavelengths (angstrom) and throughputs.

    Returns
    -------
    (19, 2) float64 array
        Weights, whose sum is 1, and wavelengths (metres).

    Raises
    ------
    ReferenceFileError
        If there is no throughput.
    """
    table = reference.table("filter_table")
    if table is None or not len(table):
        raise ReferenceFileError(f"throughput reference {reference.label}: has no table of throughputs")
    wavelength, throughput = (np.asarray(table[name], np.float64) for name in ("wavelength", "throughput"))
    order = np.argsort(wavelength, kind="stable")
    wavelength, throughput = wavelength[order], np.maximum(throughput[order], 0.0)
    passed = np.flatnonzero(throughput > LEAST_THROUGHPUT)
    if len(passed) < 2 or passed[-1] - passed[0] < 2:
        raise ReferenceFileError(f"throughput reference {reference.label}: lets no light pass")
    edges = np.linspace(wavelength[passed[0]], wavelength[passed[-1] - 1], BINS + 1)
    weights = np.diff(integral_to(edges, wavelength, throughput))
    return np.stack([weights / weights.sum(), 0.5 * (edges[1:] + edges[:-1]) * ANGSTROM], axis=1)


def integral_to(places, x, y) -> np.ndarray:
    """The integral from the first of x to some places, of what is linear between the points (x, y)."""
    sums = np.concatenate([[0.0], np.cumsum(0.5 * (y[1:] + y[:-1]) * np.diff(x))])
    before = np.clip(np.searchsorted(x, places, side="right") - 1, 0, len(x) - 2)
    return sums[before] + 0.5 * (y[before] + np.interp(places, x, y)) * (places - x[before])


def band_in_file(path: str) -> np.ndarray:
    """A band that a user gives: an ASDF file whose ``bandpass`` is an array of weights and wavelengths (metres).

    Raises
    ------
    GpucalError
        If there is no such file, or no such array in it.
    """
    band = np.asarray(value_in(path, "bandpass"))
    if band.ndim != 2 or band.shape[1] != 2 or band.dtype.kind not in "fiu" or not np.isfinite(band).all():
        raise GpucalError(f"{path}: bandpass has to be an array of weights and wavelengths, of shape (n, 2)")
    if (band[:, 1] <= 0).any() or band[:, 0].sum() <= 0:
        raise GpucalError(f"{path}: bandpass has wavelengths or a sum of weights that are not positive")
    return band.astype(np.float64)


def value_in(path: str, name: str):
    """A value of an ASDF file.

    Raises
    ------
    GpucalError
        If there is no such file, or no such value in it.
    """
    import asdf

    if not Path(path).is_file():
        raise GpucalError(f"{path}: no such file")
    try:
        with asdf.open(path, lazy_load=False, memmap=False) as document:
            if name not in document:
                raise GpucalError(f"{path}: has no {name}")
            value = document[name]
            return np.array(value) if hasattr(value, "shape") else value
    except (ValueError, OSError) as error:
        raise GpucalError(f"{path}: is no ASDF file ({error})") from error


def centre_and_width(band) -> tuple[float, float]:
    """The mean wavelength of a band, and its equivalent width as a part of it (metres, 1)."""
    weights, wavelengths = band.T
    centre = float((wavelengths * weights).sum() / weights.sum())
    return centre, float(simpson(weights, wavelengths) / weights.max() / centre)


def simpson(y, x) -> float:
    """The integral by parabolas through three points each; with an even number of points, as of Cartwright (2017)."""
    if len(x) < 3:
        return float(np.sum(0.5 * (y[1:] + y[:-1]) * np.diff(x)))
    last = len(x) if len(x) % 2 else len(x) - 1
    h0, h1 = np.diff(x[:last])[::2], np.diff(x[:last])[1::2]
    a, b, c = y[: last - 2 : 2], y[1 : last - 1 : 2], y[2:last:2]
    ratio, total = h0 / h1, h0 + h1
    area = np.sum(total / 6.0 * (a * (2.0 - 1.0 / ratio) + b * total**2 / (h0 * h1) + c * (2.0 - ratio)))
    if last == len(x):
        return float(area)
    before, step = x[-2] - x[-3], x[-1] - x[-2]
    area += y[-1] * (2 * step**2 + 3 * before * step) / (6 * (before + step))
    area += y[-2] * (step**2 + 3 * step * before) / (6 * before)
    area -= y[-3] * step**3 / (6 * before * (before + step))
    return float(area)
