"""Correction for non-linear response of groups that average several frames.

The average of non-linear frames is not the non-linear response to their average. So the frames of each
group are rebuilt, corrected one by one, and averaged again.

Source: the ``linearity`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/linearity/description.html.
"""

from gpucal.backend import array_namespace, pixel_function, pixel_kernel, row_tiles
from gpucal.backend.fit import check_fit
from gpucal.kernels.flags.dqflags import SATURATED
from gpucal.kernels.ramps.linearity import has_correction, polynomial

DOUBLE_BYTES = 8


def linearize_averaged_groups(ramp, groupdq, coefficients, inverse_coefficients, coefficient_dq, nframes):
    """Correct each averaged group that is not SATURATED through its frames, in place.

    The rate between the corrected first and last good groups gives the corrected counts of every
    frame; the inverse polynomial turns them into observed counts; these are shifted together so
    that they average to the observed group, corrected, and averaged. The last good group is the last but
    one of as many groups as are not SATURATED, for the last one may be saturated in part; never
    before the second. Where a polynomial is unusable (see `gpucal.kernels.ramps.linearity.flag_uncorrectable`)
    the identity stands for it.

    The two end groups are corrected in the precision of the ramp, the frames in double precision.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN, edited; two or more groups.
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags.
    coefficients : (ncoeffs, ny, nx) float32 array
        Polynomial from observed to corrected counts, the constant term first.
    inverse_coefficients : (ninverse, ny, nx) float32 array
        Polynomial from corrected to observed counts, the constant term first.
    coefficient_dq : (ny, nx) uint32 array
        Flags of both.
    nframes : int
        Frames averaged into a group.
    """
    check_fit(
        ramp=(ramp, "nints ngroups ny nx"),
        groupdq=(groupdq, "nints ngroups ny nx"),
        coefficients=(coefficients, "ncoeffs ny nx"),
        inverse_coefficients=(inverse_coefficients, "ninverse ny nx"),
        coefficient_dq=(coefficient_dq, "ny nx"),
    )
    xp = array_namespace(ramp)
    nints, _, ny, nx = ramp.shape
    for rows in row_tiles(ny, nints * nframes * nx * DOUBLE_BYTES):
        frames = xp.empty((nints, nframes, rows.stop - rows.start, nx), dtype=xp.float64)
        linearize_ramp_frames(
            (nints, rows.stop - rows.start, nx), rows.start, frames,
            ramp, groupdq, coefficients, inverse_coefficients, coefficient_dq,
        )


@pixel_function(inline=True)
def apply(coefficients, usable, y, x, counts):
    """A pixel's polynomial, or the identity where it is not usable."""
    if usable:
        return polynomial(coefficients, y, x, counts)
    return counts


@pixel_function
def linear_end(ramp, groupdq, coefficients, usable, integration, group, y, x):
    """The corrected counts of a group at an end of the ramp; as observed where it is SATURATED."""
    counts = ramp[integration, group, y, x]
    return apply(coefficients, usable and not groupdq[integration, group, y, x] & SATURATED, y, x, counts)


@pixel_function
def last_good_group(groupdq, integration, y, x):
    """Index of the group that ends the part of the ramp from which the rate is taken."""
    unsaturated = 0
    for group in range(groupdq.shape[1]):
        if not groupdq[integration, group, y, x] & SATURATED:
            unsaturated += 1
    return unsaturated - 2 if unsaturated > 2 else 1


@pixel_kernel
def linearize_ramp_frames(
    integration, row, x, first_row, frames, ramp, groupdq, coefficients, inverse_coefficients, coefficient_dq
):
    """Correct one pixel's ramp; ``frames`` has room for the observed counts of one group's frames."""
    y = first_row + row
    nframes = frames.shape[1]
    usable = has_correction(coefficients, coefficient_dq, y, x)
    invertible = has_correction(inverse_coefficients, coefficient_dq, y, x)
    last = last_good_group(groupdq, integration, y, x)
    start = linear_end(ramp, groupdq, coefficients, usable, integration, 0, y, x)
    end = linear_end(ramp, groupdq, coefficients, usable, integration, last, y, x)
    counts_per_frame = (end - start) / float(last * nframes)
    middle_of_first = 0.5 * (nframes + 1)
    for group in range(ramp.shape[1]):
        if groupdq[integration, group, y, x] & SATURATED:
            continue
        first_frame = group * nframes + 1 - middle_of_first
        observed = 0.0
        for frame in range(nframes):
            linear = start + counts_per_frame * (first_frame + frame)
            counts = apply(inverse_coefficients, invertible, y, x, linear)
            frames[integration, frame, row, x] = counts
            observed += counts
        shift = ramp[integration, group, y, x] - observed / nframes
        corrected = 0.0
        for frame in range(nframes):
            corrected += apply(coefficients, usable, y, x, frames[integration, frame, row, x] + shift)
        ramp[integration, group, y, x] = corrected / nframes
