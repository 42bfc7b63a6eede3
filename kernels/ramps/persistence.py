"""Windows of time after saturation, in which a pixel shows persistence.

Source: the ``persistence`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/persistence/description.html.
"""

import numpy as np

from gpucal.backend import pixel_kernel
from gpucal.backend.fit import check_fit
from gpucal.kernels.flags.dqflags import DO_NOT_USE, PERSISTENCE, SATURATED


def flag_persistence(ramp, groupdq, group_times, window_ends, duration, dn_threshold=None, do_not_use=False):
    """Flag the groups that fall in a pixel's window, in place, and move the windows on.

    At each group, in order of time, a pixel

    1. closes a window that has ended;
    2. starts its window anew while exactly one group of the integration, this one or an earlier one, has been
       SATURATED;
    3. opens a window, if none is open, when its signal is above the threshold;
    4. drops a window that ends later than one opened now would: it was not opened before this group;
    5. flags the group, if a window is open.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Signal, DN.
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags, edited.
    group_times : (nints, ngroups) float64 array
        End of each group, s since 1970.
    window_ends : (ny, nx) float64 array
        When each pixel's window ends, s since 1970; zero for none. Edited.
    duration : float
        Length of a window, s.
    dn_threshold : float, optional
        Signal above which a window opens, DN.
    do_not_use : bool
        Whether to flag DO_NOT_USE along with PERSISTENCE.
    """
    check_fit(
        ramp=(ramp, "nints ngroups ny nx"),
        groupdq=(groupdq, "nints ngroups ny nx"),
        group_times=(group_times, "nints ngroups"),
        window_ends=(window_ends, "ny nx"),
    )
    threshold = np.float32(np.inf if dn_threshold is None else dn_threshold)
    flags = PERSISTENCE | DO_NOT_USE if do_not_use else PERSISTENCE
    arrays = ramp, groupdq, group_times, window_ends
    follow_window(window_ends.shape, *arrays, float(duration), threshold, flags)


@pixel_kernel
def follow_window(y, x, ramp, groupdq, group_times, window_ends, duration, threshold, flags):
    """Follow the window of one pixel through all its groups."""
    nints, ngroups = group_times.shape
    end = window_ends[y, x]
    for integration in range(nints):
        saturated = 0
        for group in range(ngroups):
            now = group_times[integration, group]
            if end < now:
                end = 0.0
            if groupdq[integration, group, y, x] & SATURATED:
                saturated += 1
            if saturated == 1 or (end <= 0.0 and ramp[integration, group, y, x] > threshold):
                end = now + duration
            if end > now + duration:
                end = 0.0
            if end > 0.0:
                groupdq[integration, group, y, x] |= flags
    window_ends[y, x] = end
