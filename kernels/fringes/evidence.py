"""How probable a model makes data: the evidence, by which models with more or fewer sines are compared.

The probability of the parameters is taken for a Gaussian about their best values, and the noise is unknown. With N the
sum of weights, K parameters, the weighted sum of squares X, the noise s^2 = X / (N - K), and H the curvature, weighted
products of derivatives::

    ln Z = -N/2 ln(2 pi s^2) - X / (2 s^2)                    likelihood at the best values
           + 1/2 ln(pi (N - K)) - R                           the noise, of any scale within R = ln(s_high / s_low)
           - K ln(p_high - p_low) - ln R                      parameters, uniform within limits
           + K/2 ln(2 pi s^2) - 1/2 ln det H                  what the data leave of these

This is equation 18 of Kester (2002, "Straight lines"), as BayesicFitting defines its `evidence`
(``BaseFitter.getLogZ``; Kester & Mueller 2021, Astronomy and Computing 37, 100503). The last two lines are there only
if there are parameters.
"""

import math

import numpy as np

from gpucal.kernels.fringes.no_fit import NoFit

LOG_10 = math.log(10.0)


def evidence(squares, sum_weights, curvature, limits, noise_limits):
    """The decimal logarithm of the evidence.

    Parameters
    ----------
    squares : float
        The sum of weighted squares that a fit leaves.
    sum_weights : float
        The sum of the weights.
    curvature : (nparameters, nparameters) float64 array or None
        Weighted products of the derivatives to each two parameters; None if there are no parameters.
    limits, noise_limits : tuple of two floats
        Between which each parameter is, and the standard deviation of the noise.

    Returns
    -------
    float
        Its logarithm to the base 10.

    Raises
    ------
    NoFit
        If there are not more data than parameters, or these do not determine the data one by one.
    """
    number = 0 if curvature is None else len(curvature)
    freedom = sum_weights - number
    if freedom <= 0 or squares <= 0:
        raise NoFit("there are not more data of weight than parameters")
    variance = squares / freedom
    range_of_noise = math.log(noise_limits[1] / noise_limits[0])
    log_z = -0.5 * (sum_weights * math.log(2 * math.pi * variance) + squares / variance)
    log_z += 0.5 * math.log(math.pi * freedom) - range_of_noise
    if number:
        sign, log_determinant = np.linalg.slogdet(curvature)
        if sign <= 0:
            raise NoFit("parameters are not independent")
        log_z -= number * math.log(limits[1] - limits[0]) + math.log(range_of_noise)
        log_z += 0.5 * (number * math.log(2 * math.pi * variance) - log_determinant)
    return float(log_z / LOG_10)
