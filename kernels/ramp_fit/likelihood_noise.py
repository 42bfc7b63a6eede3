"""Covariance of the differences between groups: which parts photons and reads have in it.

A group is the mean of some reads. Scaled to count rates, its differences have a tridiagonal covariance matrix:
the rate times one matrix, and the read variance times another. Both depend only on when the reads were taken.

Source: Brandt (2024), PASP 136, 045004, section 2, equations (4), (11), (28) and (29).
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, pixel_function

# The rows of the terms: diagonal and next to it, by photons and by reads; and the time between groups.
PHOTON_DIAGONAL, READ_DIAGONAL, PHOTON_BESIDE, READ_BESIDE, INTERVAL = range(5)


class Sampling(NamedTuple):
    """When the groups of a ramp were read, as kernels take it.

    Attributes
    ----------
    terms : (5, n) float64 array
        Terms of the covariance of the n differences: PHOTON_DIAGONAL in 1/s and READ_DIAGONAL in 1/s**2, for
        each difference; PHOTON_BESIDE and READ_BESIDE, for each difference and the next one; INTERVAL in
        seconds.
    averaged : (n,) bool array
        Whether the group between a difference and the next one is a mean of several reads.
    """

    terms: np.ndarray
    averaged: np.ndarray


def even_read_times(ngroups, nframes, groupgap, frame_time):
    """Times of the reads in each group of a regular readout.

    Parameters
    ----------
    ngroups, nframes, groupgap : int
        Groups of a ramp, frames averaged into each, and frames left out between two.
    frame_time : float
        Seconds from one frame to the next.

    Returns
    -------
    list of (nframes,) float64 array
        Seconds since the reset.
    """
    frames = np.arange(1, nframes + 1)
    return [(frames + group * (nframes + groupgap)) * frame_time for group in range(ngroups)]


def sampling_of(read_times):
    """Find the covariance that follows from the times of the reads.

    Parameters
    ----------
    read_times : sequence of sequence of float
        Seconds at which the reads of each group were taken; a plain number stands for a single read.

    Returns
    -------
    Sampling
        Its arrays on the backend.
    """
    groups = [np.atleast_1d(np.asarray(times, dtype=np.float64)) for times in read_times]
    reads = np.array([times.size for times in groups])
    mean = np.array([times.mean() for times in groups])
    # Earlier reads share their photons with all later ones: the mean with these weights.
    shared = np.array(
        [np.sum(np.arange(2 * n - 1, 0, -2) * t) / n**2 for n, t in zip(reads, groups, strict=True)]
    )
    interval = np.diff(mean)
    terms = np.zeros((5, interval.size))
    terms[PHOTON_DIAGONAL] = (shared[:-1] + shared[1:] - 2 * mean[:-1]) / interval**2
    terms[READ_DIAGONAL] = (1 / reads[:-1] + 1 / reads[1:]) / interval**2
    terms[PHOTON_BESIDE, :-1] = (mean[1:-1] - shared[1:-1]) / (interval[1:] * interval[:-1])
    terms[READ_BESIDE, :-1] = -1 / (reads[1:-1] * interval[1:] * interval[:-1])
    terms[INTERVAL] = interval
    averaged = np.zeros(interval.size, dtype=bool)
    averaged[:-1] = reads[1:-1] > 1
    backend = current_backend()
    return Sampling(backend.asarray(terms), backend.asarray(averaged))


@pixel_function(inline=True)
def variance_of(terms, place, photons, read_variance):
    """Variance of a difference, (DN/s)**2, for a rate over gain and the variance of one read."""
    return photons * terms[PHOTON_DIAGONAL, place] + read_variance * terms[READ_DIAGONAL, place]


@pixel_function(inline=True)
def covariance_of(terms, place, photons, read_variance):
    """Covariance of a difference and the next one, (DN/s)**2."""
    return photons * terms[PHOTON_BESIDE, place] + read_variance * terms[READ_BESIDE, place]
