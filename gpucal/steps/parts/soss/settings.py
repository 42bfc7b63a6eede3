"""What a user asks of the extraction of NIRISS SOSS."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.interpolate import UnivariateSpline

from gpucal.core import GpucalError
from gpucal.startup.lazy import datamodels

# Wavelengths, micron: up to the second one, order 2 is solved for by itself; from the first one on, with order 1.
SEPARATION = (0.77, 0.95)


@dataclass(frozen=True)
class Settings:
    """Parameters of the extraction.

    Attributes
    ----------
    models : bool
        Whether the orders are solved for.
    decontaminates : bool
        Whether the light of other orders is taken away.
    fills : bool
        Whether bad pixels have the value of the model.
    order_3, subtracts_background : bool
    width : float
        Of apertures, pixels.
    threshold : float
        The part of the light of a column from which on a pixel counts as contaminated.
    parts : int
        Of a pixel, in the wavelength grid.
    tolerance : float
        Of integrals over these parts.
    most : int
        Wavelengths of the grid.
    factor : float or None
        That of the slopes, for orders 1 and 2; by default it is looked for.
    grid : (n,) float64 array or None
        Wavelengths to solve for, micron.
    estimate : callable or None
        Of the flux, by the wavelength.
    """

    models: bool
    decontaminates: bool
    fills: bool
    order_3: bool
    subtracts_background: bool
    width: float
    threshold: float
    parts: int
    tolerance: float
    most: int
    factor: float | None
    grid: np.ndarray | None
    estimate: Callable | None


def wave_grid_of(path: str) -> np.ndarray:
    """The wavelengths of a file of the grid, ascending."""
    model = _opened(path, "soss_wave_grid_in", datamodels.SossWaveGridModel)
    grid = getattr(model, "wavegrid", None)
    if grid is None or np.ndim(grid) != 1 or len(grid) < 2 or not np.isfinite(grid).all():
        raise GpucalError(f"{path}, named by soss_wave_grid_in, holds no grid of wavelengths (WAVEGRID)")
    return np.unique(np.array(grid, float))


def estimate_of(path: str) -> UnivariateSpline:
    """A spline through the spectrum of a file, beyond whose ends it goes on."""
    table = getattr(_opened(path, "soss_estimate", datamodels.SpecModel), "spec_table", None)
    if table is None or len(table) == 0:
        raise GpucalError(f"{path}, named by soss_estimate, holds no spectrum (EXTRACT1D)")
    wavelength, flux = (np.array(table[name], float) for name in ("WAVELENGTH", "FLUX"))
    return spline_through(wavelength, flux, path)


def spline_through(wavelength, flux, source: str) -> UnivariateSpline:
    """A cubic spline through those values of a spectrum that are finite."""
    known = np.isfinite(flux)
    if known.sum() < 4 or not (np.diff(wavelength[known]) > 0).all():
        raise GpucalError(
            f"{source}: the estimate of the flux needs four values or more, at rising wavelengths"
        )
    return UnivariateSpline(wavelength[known], flux[known], k=3, s=0, ext=0)


def _opened(path: str, parameter: str, model_class):
    """A model of a file that a parameter names."""
    if not Path(path).is_file():
        raise GpucalError(f"{path}, named by {parameter}, is not there")
    try:
        return model_class(path)
    except (OSError, ValueError, TypeError) as error:
        raise GpucalError(f"{path}, named by {parameter}, cannot be read: {error}") from error
