"""Which pixels of a resampled image have too little weight to count in a median.

Source: the ``outlier_detection`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/outlier_detection/main.html.
"""

import math

from gpucal.backend import array_namespace
from gpucal.kernels.statistics.large_sample import clipped_statistics_of

REACH = 3.0
ROUNDS = 5


def weight_threshold(weights, fraction):
    """The weight below which a pixel does not count: a fraction of the mean weight, of which outliers are clipped.

    Parameters
    ----------
    weights : (ny, nx) float32 array
        Zeros, and what is not finite, are left out.
    fraction : float
        Of the mean.

    Returns
    -------
    float
        NaN if no pixel has weight.
    """
    counted = weights[(weights != 0) & array_namespace(weights).isfinite(weights)]
    if counted.size == 0:
        return math.nan
    return clipped_statistics_of(counted, REACH, ROUNDS).mean * fraction


def drop_light(image, weights, threshold):
    """Make pixels NaN, in place, whose weight is below a threshold; of a threshold that is NaN, none.

    Parameters
    ----------
    image : (..., ny, nx) float32 array
        Edited.
    weights : (..., ny, nx) float32 array
        Its weights.
    threshold : float
        The least weight.

    Raises
    ------
    ValueError
        If shapes differ.
    """
    if image.shape != weights.shape:
        raise ValueError(f"weights {weights.shape} are not those of an image {image.shape}")
    image[weights < array_namespace(image).float64(threshold)] = math.nan
