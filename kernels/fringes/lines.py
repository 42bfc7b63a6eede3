"""Lines of a spectrum, which are no fringes: where they are, no fringes are fitted."""

import numpy as np

from gpucal.backend.fit import check_fit

CLIPS = 5
NOTHING = 1e-8


def clip_lines(excess, sigma):
    """Which points are no more than some standard deviations above the median, both of points that are not.

    Parameters
    ----------
    excess : (npoints,) float64 array
        How far the spectrum is from its envelopes.
    sigma : float
        How many standard deviations.

    Returns
    -------
    (npoints,) bool array
        True where there is no line.
    """
    kept = excess[np.isfinite(excess)]
    for _ in range(CLIPS):
        fewer = kept[kept <= np.median(kept) + sigma * np.std(kept)]
        if len(fewer) == len(kept):
            break
        kept = fewer
    return excess < np.median(kept) + sigma * np.std(kept)


def outside_lines(excess, limit, sort="stable"):
    """Which points belong to no peak above a limit, from trough to trough.

    Each peak above the limit takes, for itself and each of its two neighbours, what lies between the two troughs
    nearest to these, the first of them included. Of the rest, points of more than twice the limit are left out.

    Parameters
    ----------
    excess : (npoints,) float64 array
        How far the spectrum is above its envelope.
    limit : (npoints,) float64 array
        How far peaks may be.
    sort : str
        The algorithm of `numpy.argsort` that decides between troughs that are equally near: "stable" prefers the first
        one; what "quicksort" does depends on the processor.

    Returns
    -------
    (npoints,) bool array
        True where there is no line.
    """
    check_fit(excess=(excess, "npoints"), limit=(limit, "npoints"))
    before, here, after = excess[:-2], excess[1:-1], excess[2:]
    nothing = np.logical_and.reduce([np.abs(one) <= NOTHING for one in (before, here, after)])
    peaks = np.flatnonzero((here > before) & (here > after) & ~nothing) + 1
    troughs = np.flatnonzero((here < before) & (here < after) & ~nothing) + 1
    peaks = peaks[excess[peaks] > limit[peaks]]
    free = np.ones(len(excess), bool)
    if len(troughs) > 1 and len(peaks):
        places = (peaks[:, None] + np.array([-1, 0, 1])).ravel()
        nearest = np.argsort(np.abs(troughs - places[:, None]), axis=1, kind=sort)[:, :2]
        for first, last in np.unique(np.sort(troughs[nearest], axis=1), axis=0):
            free[first:last] = False
    return free & ~(np.where(free, excess, 0.0) > 2.0 * limit)
