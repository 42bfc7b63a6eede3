"""Count rates of guide star data, from pairs of reads: correlated double sampling.

A rate is a difference of reads over the time between groups. What is subtracted from what depends on the guide
star function; the error is the same for all:

    err^2 = 2 (R / t)^2 + max(d / (g t), 0)

with the difference d (DN), the read noise R (DN), the gain g (e-/DN) and the time between groups t (s).

Source: the ``guider_cds`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/guider_cds/description.html.

Notes
-----
The photon noise of a rate would be d / (g t^2), and the mean of four reads is less noisy than a single one. The
official pipeline computes the error as above for all functions, and products have to agree.
"""

import numpy as np

from gpucal.backend import array_namespace

READS_AVERAGED = 4  # at either end of an integration, in fine guiding


def group_difference(reads):
    """The second read less the first, of each integration.

    Parameters
    ----------
    reads : (nints, ngroups, ny, nx) float32 array
        DN, two groups at least.

    Returns
    -------
    (nints, ny, nx) float32 array
        DN.
    """
    return reads[:, 1] - reads[:, 0]


def least_difference(reads):
    """The smaller of the differences of two integrations, which a cosmic ray in one of them does not raise.

    Parameters
    ----------
    reads : (nints, ngroups, ny, nx) float32 array
        DN, two integrations and two groups at least; more are not used.

    Returns
    -------
    (1, ny, nx) float32 array
        DN; NaN where either difference is.
    """
    xp = array_namespace(reads)
    differences = group_difference(reads[:2])
    return xp.minimum(differences[0], differences[1])[None]


def mean_difference(reads):
    """The mean of the last four reads less that of the first four, of each integration.

    Parameters
    ----------
    reads : (nints, ngroups, ny, nx) float32 array
        DN. With fewer than eight groups, reads in the middle count in both means.

    Returns
    -------
    (nints, ny, nx) float32 array
        DN.
    """
    return reads[:, -READS_AVERAGED:].mean(axis=1) - reads[:, :READS_AVERAGED].mean(axis=1)


def rates_with_errors(difference, gain, read_noise, group_time):
    """Rates and their errors.

    Parameters
    ----------
    difference : (n, ny, nx) float32 array
        DN; overwritten with the rates.
    gain : (ny, nx) float32 array
        e-/DN.
    read_noise : (ny, nx) float32 array
        DN.
    group_time : float
        Seconds between groups.

    Returns
    -------
    rate : (n, ny, nx) float32 array
        DN/s.
    err : (n, ny, nx) float32 array
        DN/s. Not finite where gain or read noise are not, or where the gain is zero and the difference is not
        negative.
    """
    xp = array_namespace(difference)
    with np.errstate(divide="ignore", invalid="ignore"):
        err = difference / (gain * group_time)
    xp.maximum(err, 0, out=err)
    err += 2 * (read_noise / group_time) ** 2
    xp.sqrt(err, out=err)
    difference /= group_time
    return difference, err
