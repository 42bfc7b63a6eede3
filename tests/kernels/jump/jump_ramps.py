"""Ramps with cosmic rays, and the first differences of one pixel in float64."""

import numpy as np

from gpucal.kernels.flags.dqflags import DO_NOT_USE, SATURATED

GAIN = np.float32(1.6)
READ_NOISE = np.float32(7)


def noisy_ramps(rng, nints, ngroups, ny=4, nx=5, rays=0.06):
    """Ramps of 25 DN a group with cosmic rays, and their flags: some saturated, some not to be used."""
    shape = (nints, ngroups, ny, nx)
    steps = rng.poisson(25, shape) + (rng.random(shape) < rays) * rng.exponential(600, shape)
    ramp = (np.cumsum(steps, axis=1) + rng.normal(0, 5, shape)).astype(np.float32)
    groupdq = np.where(rng.random(shape) < 0.03, DO_NOT_USE, 0).astype(np.uint8)
    groupdq[np.logical_or.accumulate(rng.random(shape) < 0.02, axis=1)] |= SATURATED
    ramp[rng.random(shape) < 0.01] = np.nan
    return ramp, groupdq


def pixel_maps(rng, ny=4, nx=5):
    """Gain and read noise of each pixel, with a few that are NaN or negative."""
    gain = rng.normal(GAIN, 0.05, (ny, nx)).astype(np.float32)
    read_noise = rng.normal(READ_NOISE, 0.4, (ny, nx)).astype(np.float32)
    gain[0, 1], gain[2, 3], read_noise[1, 1], read_noise[3, 0] = np.nan, -GAIN, np.nan, -READ_NOISE
    return gain, read_noise


def first_differences(ramp, groupdq, gain):
    """Electrons gained from group to group, NaN where a group cannot be used; float64."""
    unusable = groupdq & (DO_NOT_USE | SATURATED) != 0
    return np.diff(np.where(unusable, np.nan, ramp.astype(np.float64)) * gain, axis=1)


def noise_of(median, read_noise, gain, nframes):
    """Poisson noise of a median difference, with read noise; float64."""
    return np.sqrt(np.abs(median) + (np.float64(read_noise) * gain) ** 2 / nframes)
