"""Read-noise variance of pixels that lost groups to charge migration, as if they had kept them.

Groups from which charge moved to neighbours are not fitted, which raises the read-noise variance. That
would lower the weight of bright pixels in a mosaic, so the variance that goes into the products is that of
the ramps with those groups. Slopes, errors and Poisson variances stay as they are.

Source: the ``ramp_fitting`` step of the JWST pipeline documentation, "Charge Migration Special Case",
https://jwst-pipeline.readthedocs.io/en/latest/jwst/ramp_fitting/description.html.
"""

import numpy as np

from gpucal.backend import pixel_function, pixel_kernel
from gpucal.backend.fit import check_fit
from gpucal.kernels.flags.dqflags import CHARGELOSS
from gpucal.kernels.flags.group_flags import count_flagged
from gpucal.kernels.ramp_fit.inputs import groups_of
from gpucal.kernels.ramp_fit.ols import capped_inverse
from gpucal.kernels.ramp_fit.ols_ramps import CHARGE_RESTORED, next_segment, shortest_segment, survey_ramp
from gpucal.kernels.ramp_fit.ols_segments import noise_in_electrons, read_variance


def restore_read_variance(ramps, rate, rateints):
    """Give pixels with CHARGELOSS groups the read-noise variance of their whole ramps, in place.

    Parameters
    ----------
    ramps : Ramps
        The ramps.
    rate, rateints : Rates
        Their fits; ``var_rnoise`` is edited.
    """
    nints, _, ny, nx = ramps.data.shape
    check_fit(rate=(rate.var_rnoise, (ny, nx)), rateints=(rateints.var_rnoise, (nints, ny, nx)))
    ramps = ramps.complete()
    if count_flagged(ramps.groupdq, CHARGELOSS):
        restore_pixel((ny, nx), ramps, rate.var_rnoise, rateints.var_rnoise)


@pixel_kernel
def restore_pixel(y, x, ramps, rate_variance, rateints_variance):
    """Restore the read-noise variances of one pixel."""
    readout, e_per_dn = ramps.readout, np.float64(ramps.gain[y, x])
    noise = noise_in_electrons(np.float64(ramps.read_noise[y, x]), e_per_dn, readout.nframes)
    total = 0.0
    seen = 0
    for integration in range(ramps.groupdq.shape[0]):
        ramp_dq = groups_of(ramps.groupdq, integration, ramps.groups)
        reading, flags, _ = survey_ramp(ramp_dq, ramps.zeroframe[integration], y, x, ramps.rules)
        seen |= flags
        weight = 0.0
        if flags & CHARGELOSS:
            weight = restored_weight(ramp_dq, y, x, noise, e_per_dn, reading, readout)
            rateints_variance[integration, y, x] = capped_inverse(weight)
        elif rateints_variance[integration, y, x] > 0:
            weight = 1.0 / np.float64(rateints_variance[integration, y, x])
        total += weight
    if seen & CHARGELOSS and total > 0:
        rate_variance[y, x] = capped_inverse(total)


@pixel_function
def restored_weight(groupdq, y, x, noise, gain, reading, readout):
    """Inverse read-noise variance of a ramp with the groups that it lost."""
    weight = 0.0
    shortest = shortest_segment(groupdq, y, x, CHARGE_RESTORED)
    stop = 0
    while stop < groupdq.shape[0]:
        start, stop = next_segment(groupdq, y, x, stop, shortest, CHARGE_RESTORED)
        if start == stop:
            break
        variance = read_variance(stop - start, noise, gain, reading, readout)
        if variance > 0:
            weight += 1.0 / variance
    return weight
