"""A mosaic that exposures are added to, one after another."""

import math

import numpy as np

from gpucal.backend import current_backend
from gpucal.errors import GpucalError
from gpucal.kernels.resample.combine import add_variances, combined_variances, no_variances
from gpucal.kernels.resample.sums import add_context, add_sums, means, weights
from gpucal.steps.parts.mosaics.drizzling import Drizzling, exposure_time
from gpucal.wcs.world import Wcs

# How the errors of a mosaic are made.
COMBINED, DRIZZLED = "combined", "drizzled"

# Variances of exposures that are combined; that of the read noise, by which they are weighted, comes first.
VARIANCES = ("var_rnoise", "var_flat", "var_poisson")


class Mosaic:
    """Sums over the pixels of an output grid.

    An exposure is drizzled in one walk for all of its planes, and only over that part of the grid which it reaches.

    Parameters
    ----------
    drizzling : Drizzling
        How.
    count : int
        How many exposures there will be.
    errors : str or None
        `COMBINED` from variances, `DRIZZLED` as the data are, or None for no errors.
    with_context, with_flags : bool
        Whether it is kept which exposures contributed to a pixel, and their flags.
    with_correlation : bool
        Whether it is looked at how correlated the noise is.
    """

    def __init__(
        self,
        drizzling: Drizzling,
        count: int,
        errors: str | None,
        *,
        with_context: bool = True,
        with_flags: bool = False,
        with_correlation: bool = True,
    ):
        xp, shape = current_backend().xp, drizzling.grid.shape
        self.drizzling = drizzling
        self.planes = ("err",) if errors == DRIZZLED else ()
        self.sums = drizzling.no_sums(1 + len(self.planes), with_flags=with_flags)
        self.context = xp.zeros((-(-count // 32), *shape), np.int32) if with_context else None
        self.variances = no_variances(len(VARIANCES), shape) if errors == COMBINED else None
        self._number = 0
        self._squares = 0.0 if with_correlation else None

    def add(self, exposure, wcs: Wcs) -> None:
        """Add an exposure.

        Parameters
        ----------
        exposure : Exposure
            An image; not changed. Variances that it lacks are not combined.
        wcs : Wcs
            Its own.
        """
        roots = () if self.variances is None else VARIANCES
        time = None if self.variances is None else self._weight_of(exposure)
        for own in self.drizzling.alone(exposure, wcs, self.planes, roots, with_flags=self.sums.flags is not None):
            add_sums(self.sums, own)
            if self.context is not None:
                add_context(self.context, own, self._number)
            if self.variances is not None:
                add_variances(self.variances, own, time)
        self._number += 1
        if self._squares is not None:
            self._squares += self.drizzling.scatter_over_error(exposure, wcs) ** 2

    @property
    def scatter_over_error(self) -> float:
        """By which factor single pixels scatter less than their errors: the noise of neighbours is correlated."""
        return math.sqrt(self._squares / self._number)

    def arrays(self, fill: float) -> dict:
        """The arrays of the product, by name; the mosaic is used up.

        Parameters
        ----------
        fill : float
            The value of pixels without data.
        """
        made = {"data": means(self.sums, 0, fill), "wht": weights(self.sums)}
        ratio = self.drizzling.error_ratio
        if self.context is not None:
            made["con"] = self.context
        if self.sums.flags is not None:
            made["dq"] = self.sums.flags
        if self.variances is not None:
            variances, made["err"] = combined_variances(self.variances, ratio)
            made |= dict(zip(VARIANCES, variances, strict=True))
        for place, name in enumerate(self.planes, start=1):
            made[name] = means(self.sums, place, fill) / np.float32(ratio)
        return made

    def _weight_of(self, exposure) -> float | None:
        """The weight of an exposure among variances; None for that of its drizzled read noise."""
        if self.drizzling.weight_type == "exptime":
            return exposure_time(exposure)
        has_noise = self.drizzling.weight_type == "ivm" and exposure.has("var_rnoise")
        return None if has_noise else 1.0


def fill_value(text) -> float:
    """The value of pixels without data, as a parameter tells it: a number, or ``NAN`` or ``INDEF``.

    Raises
    ------
    GpucalError
        If it is none of these.
    """
    if text is None or str(text).strip().upper() in ("", "INDEF"):
        return math.nan
    try:
        return float(text)
    except ValueError as error:
        raise GpucalError(f"fillval is a number, NAN or INDEF, not {text!r}") from error
