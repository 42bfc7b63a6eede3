"""The light of a star on SOSS: three orders, along traces that turn with the pupil wheel."""

import numpy as np
from astropy.io import fits

from gpucal.simulate.detectors import NEAR_INFRARED_SIZE
from gpucal.simulate.soss import ORDERS
from gpucal.simulate.spectra.soss import soss_optics as optics
from gpucal.simulate.spectra.soss.soss_references import SHAPES, left_of_step, templates
from gpucal.simulate.spectra.throughput import change_with_time

SUBCOLUMNS = 10
BESIDE = 20  # columns beyond the detector whose light reaches it
REACH = 8  # sigmas of the resolution


def column_rates(spectrum, order: int, position: float):
    """The light of a star in each column of an order.

    Parameters
    ----------
    spectrum : callable
        Jy at wavelengths, micron.
    order : int
    position : float
        Of the pupil wheel, degrees.

    Returns
    -------
    ndarray (2048,), float64
        DN/s.
    """
    number = (NEAR_INFRARED_SIZE + 2 * BESIDE) * SUBCOLUMNS
    columns = (np.arange(number) + 0.5) / SUBCOLUMNS - BESIDE - 0.5
    wavelengths = optics.wavelengths_at(order, columns, position)
    step = np.abs(np.gradient(wavelengths))  # micron in a part of a column
    share = optics.throughput_at(order, wavelengths)
    light = optics.RATE_OF_A_MEGAJANSKY * share * step * spectrum(wavelengths) * 1e-6 / wavelengths
    spread = _spread(light, optics.resolution_sigma(wavelengths) * SUBCOLUMNS)
    inner = spread[BESIDE * SUBCOLUMNS : -BESIDE * SUBCOLUMNS]
    return inner.reshape(-1, SUBCOLUMNS).sum(axis=1)


def flux_of_columns(spectrum, order: int, position: float):
    """What a perfect extraction gives: wavelengths (micron), and flux of the star at its resolution (Jy), (2048,)."""
    wavelengths = optics.wavelengths_at(order, optics.COLUMNS, position)
    light, flat = (column_rates(one, order, position) for one in (spectrum, np.ones_like))
    with np.errstate(invalid="ignore", divide="ignore"):
        return wavelengths, light / flat


def _spread(light, sigma):
    """Light spread over its neighbours by a Gaussian whose width changes slowly; sigma in elements, same shape."""
    half = int(np.ceil(REACH * sigma.max()))
    shifts = np.arange(-half, half + 1)
    weights = np.exp(-0.5 * (shifts[:, None] / sigma) ** 2)
    weights *= light / weights.sum(axis=0)
    padded = np.zeros(len(light) + 2 * half)
    for row, shift in zip(weights, shifts, strict=True):
        padded[half + shift : half + shift + len(light)] += row
    return padded[half : half + len(light)]


def paint_soss(plan, references: dict, day: float, stars: bool = True, sky: bool = True):
    """Rates of a SOSS exposure without noise.

    Parameters
    ----------
    plan : SossPlan
    references : dict
        Of `provide_soss_references`.
    day : float
        MJD of its middle, for changes of throughput.
    stars, sky : bool
        Which light there is.

    Returns
    -------
    ndarray (nints, ny, nx), float64
        DN/s.
    """
    ny, nx = SHAPES[plan.subarray]
    first = optics.FIRST_ROWS[plan.subarray]
    light = np.zeros((plan.nints, ny, nx))
    if stars:
        with fits.open(references["photom"]) as hdus:
            changes = [change_with_time(hdus, row, day) for row in range(len(ORDERS))]
        for order, change in zip(ORDERS, changes, strict=True):
            shares = optics.profile(optics.rows_of(order, plan.position), first, ny) * change
            seen = {number: plan.spectrum_of(number) for number in range(1, plan.nints + 1)}
            rates = {one: column_rates(one, order, plan.position) for one in set(seen.values())}
            for number, one in seen.items():
                light[number - 1] += shares * rates[one]
    if sky:
        scaled = templates()[plan.template] * np.where(left_of_step(), *plan.sky)
        light += scaled[first : first + ny]
    with fits.open(references["flat"]) as hdus:
        light *= np.nan_to_num(hdus["SCI"].data.astype(np.float64), nan=1.0)
    return light
