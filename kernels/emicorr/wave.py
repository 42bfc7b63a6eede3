"""A periodic wave given by samples, as a smooth function of its phase.

The samples are those in the middle of equal parts of the period. The function is the cubic spline through them
that is without a break of its third derivative next to its ends ("not a knot"). One more sample at each end closes
the period.
"""

import numpy as np

from gpucal.backend import pixel_function

MINIMUM_SAMPLES = 2


def sample_phases(nsamples):
    """Phases of the samples of a wave, from 0 to 1: (nsamples,) float64."""
    return (np.arange(nsamples) + 0.5) / nsamples


def spline_coefficients(wave):
    """The cubic between each sample and the next.

    Parameters
    ----------
    wave : (nsamples,) float array
        At least two samples of one period, on the host.

    Returns
    -------
    (nsamples + 1, 4) float64 array
        Of each interval, from that before the first sample on: coefficients of the powers 0 to 3 of the
        distance from its left end, in units of an interval. For `wave_at`, on the host.
    """
    wave = np.asarray(wave, np.float64)
    from scipy.interpolate import make_interp_spline

    closed = np.concatenate([wave[-1:], wave, wave[:1]])
    places = np.arange(closed.size, dtype=np.float64)
    spline = make_interp_spline(places, closed, k=3)
    derivatives = [
        spline.derivative(order)(places[:-1]) if order else spline(places[:-1]) for order in range(4)
    ]
    return np.stack(derivatives, axis=1) / np.array([1.0, 1.0, 2.0, 6.0])


@pixel_function(inline=True)
def wave_at(phase, coefficients):
    """The wave at a phase from 0 to 1; float64."""
    place = phase * (coefficients.shape[0] - 1) + 0.5
    interval = np.uint64(place)
    distance = place - interval
    return coefficients[interval, 0] + distance * (
        coefficients[interval, 1]
        + distance * (coefficients[interval, 2] + distance * coefficients[interval, 3])
    )
