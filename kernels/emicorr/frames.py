"""Groups of a ramp without source and bias, averaged over the four outputs: what is left shows interference.

A straight line is fitted to the ramp of each pixel, all groups but the first and the last, whatever their
flags. Its slope is taken out of all groups, and then the median of the same groups.

Source: the "sequential" algorithm of the ``emicorr`` step in the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/emicorr/description.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, pixel_function, pixel_kernel, row_tiles
from gpucal.backend.fit import check_fit
from gpucal.kernels.emicorr.clock import OUTPUTS

FEWEST_FOR_MEDIAN = 3


class Scene(NamedTuple):
    """What is constant in an integration.

    Attributes
    ----------
    slope : (ny, nx) float64 array
        Signal of source and sky, DN per group.
    bias : (ny, nx) float32 array
        The rest, DN.
    """

    slope: np.ndarray
    bias: np.ndarray


def scene_of(ramp) -> Scene:
    """The scene of one integration.

    Parameters
    ----------
    ramp : (ngroups, ny, nx) float32 array
        Counts, DN.
    """
    xp = array_namespace(ramp)
    ngroups, ny, nx = ramp.shape
    scene = Scene(xp.empty((ny, nx)), xp.empty((ny, nx), np.float32))
    fit_slope((ny, nx), ramp, scene.slope)
    statistic = xp.median if ngroups - 2 >= FEWEST_FOR_MEDIAN else xp.min
    groups = xp.arange(1, ngroups - 1)[:, None, None]
    for rows in row_tiles(ny, 3 * 8 * (ngroups - 2) * nx):
        level = ramp[1:-1, rows] - scene.slope[rows] * groups
        scene.bias[rows] = statistic(level.astype(np.float32), axis=0)
    return scene


@pixel_kernel
def fit_slope(y, x, ramp, slope):
    """Write the slope of a straight line through the inner groups of a pixel; NaN where there is but one."""
    count = ramp.shape[0] - 2
    sum_t, sum_tt, sum_y, sum_ty = 0.0, 0.0, 0.0, 0.0
    for time in range(count):
        value = np.float64(ramp[time + 1, y, x])
        sum_t += time
        sum_tt += time * time
        sum_y += value
        sum_ty += time * value
    slope[y, x] = (count * sum_ty - sum_t * sum_y) / (count * sum_tt - sum_t * sum_t)


def residual_frames(ramp, scene: Scene, groups):
    """Groups without their scene, averaged over outputs, about a median of zero.

    Parameters
    ----------
    ramp : (ngroups, ny, nx) float32 array
        Counts of one integration, DN.
    scene : Scene
        Of that integration.
    groups : slice
        The groups that are asked for.

    Returns
    -------
    (n, ny, nx // 4) float32 array
        DN. A group with a NaN is NaN throughout.
    """
    asked = groups.stop - groups.start
    check_fit(
        ramp=(ramp[groups], (asked, "ny", "nx")), slope=(scene.slope, "ny nx"), bias=(scene.bias, "ny nx")
    )
    xp = array_namespace(ramp)
    _, ny, nx = ramp.shape
    frames = xp.empty((groups.stop - groups.start, ny, nx // OUTPUTS), np.float32)
    average_outputs(frames.shape, ramp, scene.slope, scene.bias, groups.start, frames)
    frames -= xp.median(frames, axis=(1, 2), keepdims=True)
    return frames


@pixel_kernel
def average_outputs(frame, y, quad, ramp, slope, bias, first_group, frames):
    """Write the average of the outputs at one quad.

    The second and the third quad of a row, which are bad in full frames, get the mean of the first and the fourth.
    """
    group = first_group + frame
    if quad == 1 or quad == 2:
        left = quad_average(group, y, 0, ramp, slope, bias)
        right = quad_average(group, y, 3, ramp, slope, bias)
        frames[frame, y, quad] = (left + right) / np.float32(2)
    else:
        frames[frame, y, quad] = quad_average(group, y, quad, ramp, slope, bias)


@pixel_function
def quad_average(group, y, quad, ramp, slope, bias):
    """Average of the outputs at one quad, without the scene; single precision."""
    total = np.float32(0)
    for output in range(OUTPUTS):
        x = OUTPUTS * quad + output
        level = np.float32(ramp[group, y, x] - slope[y, x] * group)
        total += level - bias[y, x]
    return total / np.float32(OUTPUTS)
