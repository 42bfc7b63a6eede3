"""Integrations of NIRISS SOSS as the extraction takes them: which pixels are bad in all, and what is typical of all."""

from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.core import GpucalError
from gpucal.kernels.flags.dqflags import DO_NOT_USE, REFERENCE_PIXEL
from gpucal.kernels.outliers.medians import median_image
from gpucal.kernels.soss.column_background import column_backgrounds
from gpucal.kernels.soss.filled import Series, filled_integration, mean_of

# The seed of the noise that is added to the mean of the integrations: that of jwst, for the same factors.
SEED = 42

# Rows that the trace of an order takes up, when the background of columns is looked for; images with fewer than the
# second number have one trace, others two.
TRACE_ROWS, ROWS_OF_TWO = 40, 256


class Prepared(NamedTuple):
    """Integrations, and their bad pixels.

    Attributes
    ----------
    series : Series
        On the backend.
    bad : (ny, nx) bool array
        Pixels that are bad in all integrations; on the host, as is what follows.
    not_lit : (ny, nx) bool array
        Pixels that no aperture has.
    median_errors : (ny, nx) float32 array
    """

    series: Series
    bad: np.ndarray
    not_lit: np.ndarray
    median_errors: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.bad.shape


def prepared(exposure, rows: slice) -> Prepared:
    """The integrations of an exposure.

    Parameters
    ----------
    exposure : Exposure
    rows : slice
        Those that have the spectra.

    Raises
    ------
    GpucalError
        If no pixel is good in any integration.
    """
    backend, xp = current_backend(), current_backend().xp
    data, err, dq = (_cube(getattr(exposure, name), rows) for name in ("data", "err", "dq"))
    if not (data.shape == err.shape == dq.shape):
        raise GpucalError(f"{exposure.source}: its data, errors and flags have different shapes")
    known = xp.zeros(data.shape[1:], bool)
    for values, errors in zip(data, err, strict=True):  # no array of the size of all integrations is made
        known |= xp.isfinite(values) & xp.isfinite(errors)
    medians, errors = median_image(data), median_image(err)
    reference = (dq[0] & np.uint32(REFERENCE_PIXEL)) != 0
    flagged = (xp.bitwise_and.reduce(dq, axis=0) & np.uint32(DO_NOT_USE)) != 0
    unknown = ~known | reference
    errors = xp.where(unknown, np.float32(np.inf), errors)
    medians = xp.where(known & xp.isfinite(medians), medians, np.float32(0))
    if bool((flagged | unknown).all()):
        raise GpucalError(
            f"{exposure.source}: no pixel is good in any integration, so that nothing can be extracted; "
            "look at its flags (DQ), or leave it out"
        )
    # As in jwst 3.0.0, reference pixels are outside of all apertures only if all that is unknown is flagged, too.
    is_told = not bool((unknown & ~flagged).any())
    on_host = [backend.asnumpy(one, TABLES) for one in (flagged | unknown, reference & is_told, errors)]
    return Prepared(Series(data, err, medians, errors), *on_host)


def _cube(array, rows: slice):
    """The rows of integrations; an image is one of them."""
    cube = array[None] if array.ndim == 2 else array
    cut = cube[:, rows]
    return cut if cut.shape == cube.shape else cut.copy()


def typical_of(of: Prepared) -> Prepared:
    """One integration that is like the others: their mean, with as much noise as one of them has."""
    backend = current_backend()
    nints = len(of.series.data)
    mean = backend.asnumpy(mean_of(of.series), TABLES)
    with np.errstate(invalid="ignore"):
        noise = of.median_errors * np.sqrt((nints - 1) / nints)
    mean += np.random.default_rng(seed=SEED).normal(0, noise)
    image = backend.asarray(mean, TABLES)
    errors = of.series.median_errors
    series = Series(image[None], errors[None], backend.xp.zeros_like(image), errors)
    return of._replace(series=series)


def backgrounds_of(of: Prepared):
    """The background of each column of each integration, (nints, nx), on the backend.

    The brightest pixels of an integration, as many as its traces take up, do not count, nor do bad ones.
    """
    backend, xp = current_backend(), current_backend().xp
    ny, nx = of.shape
    ntraces = 1 if ny < ROWS_OF_TWO else 2
    bad, levels = backend.asarray(of.bad, TABLES), []
    for integration in range(len(of.series.data)):
        values, errors = filled_integration(of.series, integration)
        limit = xp.nanpercentile(values, 100 * (1 - ntraces * TRACE_ROWS / ny))
        masked = bad | ~(errors > 0) | (values > limit) | ~xp.isfinite(values)
        levels.append(column_backgrounds(values[None], masked[None])[0])
    return xp.stack(levels)
