"""The shape of a wave, measured on residuals of ramps that are sorted by its phase.

Source: the "sequential" algorithm of the ``emicorr`` step in the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/emicorr/description.html.
"""

import math

import numpy as np

from gpucal.backend import array_namespace, current_backend, pixel_function, pixel_kernel, row_tiles
from gpucal.kernels.emicorr.clock import OUTPUTS, ReadoutClock, fraction_of_period
from gpucal.kernels.emicorr.frames import residual_frames, scene_of
from gpucal.kernels.statistics.sigma_clip import clipped_statistics

BYTES_PER_RESIDUAL = 16
RESIDUALS_BUDGET = 128 * 2**20
SIGN_BIT = np.uint32(1 << 31)


def phased_wave(ramp, clock: ReadoutClock, period, nbins):
    """The mean residual in each part of the period, outliers clipped, about a median of zero.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN, of the integrations to use; the first one is the first of the exposure.
    clock : ReadoutClock
        When pixels are read.
    period : float
        Of the wave, in ticks.
    nbins : int
        Number of parts of the period. A read at the very start of a period is in none.

    Returns
    -------
    (nbins,) float64 array
        DN, on the host. NaN throughout if there is a part with no finite residual.
    """
    nints, ngroups, ny, nx = ramp.shape
    residuals = nints * ngroups * ny * (nx // OUTPUTS)
    wave = np.full(nbins, np.nan)
    for bins in row_tiles(nbins, BYTES_PER_RESIDUAL * residuals // nbins, RESIDUALS_BUDGET):
        for place, ordered in sorted_residuals(ramp, clock, period, nbins, bins):
            if ordered.size:
                wave[place] = clipped_statistics(ordered).mean
    return wave - np.median(wave)


def sorted_residuals(ramp, clock, period, nbins, bins):
    """The residuals of each of some bins.

    Parameters
    ----------
    bins : slice
        Which bins.
    ramp, clock, period, nbins
        As in `phased_wave`.

    Yields
    ------
    bin : int
        The bin.
    ordered : (n,) float64 array
        Its finite residuals, sorted.
    """
    xp, backend = array_namespace(ramp), current_backend()
    keys = [xp.empty(0, np.uint64)]
    for integration in range(ramp.shape[0]):
        keys += integration_keys(integration, ramp, clock, period, nbins, bins)
    keys = xp.sort(xp.concatenate(keys))
    edges = np.arange(bins.start, bins.stop + 1).astype(np.uint64) << np.uint64(32)
    bounds = backend.asnumpy(xp.searchsorted(keys, backend.asarray(edges)))
    for number, place in enumerate(range(bins.start, bins.stop)):
        yield place, values_of(keys[bounds[number] : bounds[number + 1]]).astype(np.float64)


def integration_keys(integration, ramp, clock, period, nbins, bins):
    """Keys of the residuals of one integration that are in some bins, a block of groups at a time.

    Returns
    -------
    list of (n,) uint64 array
        The bin in the upper half and the residual in the lower half, such that keys are ordered as bins and, in
        a bin, as residuals.
    """
    xp = array_namespace(ramp)
    _, ngroups, ny, nx = ramp.shape
    scene = scene_of(ramp[integration])
    ticks = integration * clock.integration(ngroups, ny)
    found = []
    for groups in row_tiles(ngroups, 16 * ny * (nx // OUTPUTS)):
        frames = residual_frames(ramp[integration], scene, groups)
        places = xp.empty(frames.shape, np.int32)
        first_tick = ticks + groups.start * clock.group(ny)
        find_bins(frames.shape, first_tick, clock.pace(ny), period, nbins, places)
        inside = (places >= bins.start) & (places < bins.stop) & xp.isfinite(frames)
        found.append((places[inside].astype(np.uint64) << np.uint64(32)) | ordered_bits(frames[inside]))
    return found


def ordered_bits(values):
    """Unsigned numbers that are ordered as float32 values: (n,) uint64."""
    xp = array_namespace(values)
    bits = values.view(np.uint32)
    return xp.where(bits & SIGN_BIT, ~bits, bits | SIGN_BIT).astype(np.uint64)


def values_of(keys):
    """The float32 values in the lower halves of keys: the inverse of `ordered_bits`."""
    xp = array_namespace(keys)
    bits = keys.astype(np.uint32)
    return xp.where(bits & SIGN_BIT, bits ^ SIGN_BIT, ~bits).view(np.float32)


@pixel_function(inline=True)
def read_ticks(first_tick, group, y, quad, last_quad, pace):
    """Ticks from the first read of an exposure to that of a quad; float64."""
    late = pace.last_column if quad == last_quad else 0
    return float(first_tick + group * pace.group + y * pace.row + quad * pace.quad + late)


@pixel_kernel
def find_bins(frame, y, quad, first_tick, pace, period, nbins, places):
    """Write the bin of a read: the phases above its lower edge, up to and with its upper edge; -1 for phase 0."""
    ticks = read_ticks(first_tick, frame, y, quad, places.shape[2] - 1, pace)
    phase = fraction_of_period(ticks, period)
    place = int(math.ceil(phase * nbins)) - 1
    if phase <= place / nbins:
        place -= 1
    elif phase > (place + 1) / nbins:
        place += 1
    places[frame, y, quad] = place
