"""Envelopes: smooth curves through the peaks and through the troughs of a signal, and what fits swing too far.

The curves are cubics that keep between neighbouring peaks (Fritsch & Butland 1984).
"""

import numpy as np

from gpucal.backend.fit import check_fit


def envelopes(signal, nneighbors=1, npoints=None):
    """The lower and upper envelope of a signal.

    Parameters
    ----------
    signal : (nsamples,) float64 array
        Values at points 0, 1, ...
    nneighbors : int
        How many neighbours on each side peaks and troughs have to surpass.
    npoints : int, optional
        How many points the envelopes have: as many as the signal, or more; the last sample then belongs to the last.

    Returns
    -------
    lower, upper : (npoints,) float64 arrays
        Through the troughs, and through the peaks. Both begin and end where the signal does.
    """
    npoints = npoints or len(signal)
    inside = signal[nneighbors : len(signal) - nneighbors]
    others = [
        signal[nneighbors + shift : len(signal) - nneighbors + shift]
        for distance in range(1, nneighbors + 1)
        for shift in (-distance, distance)
    ]
    low = np.logical_and.reduce([inside < other for other in others])
    high = np.logical_and.reduce([inside > other for other in others])
    return tuple(_curve(signal, np.flatnonzero(found) + nneighbors, npoints) for found in (low, high))


def _curve(signal, found, npoints):
    from scipy.interpolate import PchipInterpolator

    places = np.concatenate([[0], found, [npoints - 1]])
    values = np.concatenate([signal[:1], signal[found], signal[-1:]])
    return PchipInterpolator(places, values)(np.arange(npoints))


def without_runaways(fit, limit):
    """A fit of fringes without the beats in which it swings too far: 0 from one node of its envelope to the next.

    Parameters
    ----------
    fit : (npoints,) float64 array
        The fit.
    limit : float or (npoints,) float64 array
        How far apart the envelopes may be.

    Returns
    -------
    kept : (npoints,) float64 array
        The fit, or 0.
    rejected : (npoints,) bool array
        Where it is 0.
    """
    check_fit(fit=(fit, "npoints"), limit=(np.broadcast_to(limit, np.shape(limit) or fit.shape), "npoints"))
    lower, upper = envelopes(fit)
    waists = np.flatnonzero((upper[1:-1] < upper[:-2]) & (upper[1:-1] < upper[2:])) + 1
    nodes = np.concatenate([[0], waists, [len(fit) - 1]])
    far = np.flatnonzero(np.abs(lower) + np.abs(upper) > limit)
    beats = np.unique(np.searchsorted(nodes, far[far > 0]))
    rejected = np.zeros(len(fit), bool)
    for beat in beats:
        rejected[nodes[beat - 1] : nodes[beat]] = True
    return np.where(rejected, 0.0, fit), rejected
