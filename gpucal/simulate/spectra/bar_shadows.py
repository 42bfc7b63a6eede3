"""The shadows that the bars between shutters throw on an evenly lit slitlet."""

from functools import cache

import numpy as np

from gpucal.startup.lazy import datamodels

MICRON = 1e-6
HALF = 500  # rows of a reference from the middle of a shutter to the next bar but one


def shadow(path, state: str, places, wavelengths):
    """Light at places along a slitlet, relative to the middle of a shutter in a long one.

    Parameters
    ----------
    path : path-like
        A barshadow reference.
    state : str
        Of the shutters: 0 closed, 1 open, x the main one.
    places : ndarray (ny, nx)
        In pitches of shutters, from the main one.
    wavelengths : ndarray (ny, nx)
        Micron.

    Returns
    -------
    ndarray (ny, nx)
    """
    from scipy.ndimage import map_coordinates

    alone, between, first, step = _read(str(path))
    rising, falling = alone[: HALF + 1], alone[HALF:]
    pieces = {"11": between[: HALF + 1], "10": falling, "01": rising, "00": np.full_like(rising, alone.min())}
    opened = state.replace("x", "1")
    image = [rising, *(pieces[pair] for pair in (opened[n : n + 2] for n in range(len(opened) - 1))), falling]
    rows = np.concatenate([image[0], *(piece[1:] for piece in image[1:])])
    row = (state.index("x") + 1 + places) * HALF
    column = (wavelengths - first) / step
    found = map_coordinates(rows, [np.nan_to_num(row), np.nan_to_num(column)], order=1, mode="nearest")
    return np.where(np.isfinite(places), found, np.nan)


@cache
def _read(path):
    """Images of one shutter and of one among others, first wavelength and step, micron."""
    with datamodels.BarshadowModel(path) as model:
        alone, between = model.data1x1.astype(float), model.data1x3.astype(float)
        return alone, between, model.crval1 / MICRON, model.cdelt1 / MICRON
