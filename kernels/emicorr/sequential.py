"""Removal of a wave that is measured on the residuals of fitted ramps.

Source: the "sequential" algorithm of the ``emicorr`` step in the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/emicorr/description.html.
"""

import math

import numpy as np

from gpucal.backend import current_backend, pixel_kernel
from gpucal.kernels.emicorr.clock import OUTPUTS, ReadoutClock, fraction_of_period
from gpucal.kernels.emicorr.phasing import phased_wave, read_ticks

MOST_BINS = 501
BINS_IN_PLACE_OF_MORE = 500


def number_of_bins(period, asked=None):
    """Parts of the period in which a wave is measured: half its ticks, or as many as asked for.

    Parameters
    ----------
    period : float
        In ticks.
    asked : int, optional
        The number that the user asks for; above 501, 500 are taken, as in jwst.
    """
    nbins = int(period / 2.0) if asked is None else asked
    return BINS_IN_PLACE_OF_MORE if nbins > MOST_BINS else nbins


def remove_wave_after_ramps(
    ramp, clock: ReadoutClock, period, nbins, nints_to_phase, reference=None, scale_reference=True
):
    """Measure a wave on the residuals of ramps, and subtract it, in place.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN, edited. At least three groups; at least 16 columns, in multiples of four.
    clock : ReadoutClock
        When pixels are read.
    period : float
        Of the wave, in ticks.
    nbins : int
        Parts of the period in which it is measured.
    nints_to_phase : int
        Integrations that it is measured on, from the first one; counted from the end if negative.
    reference : (nsamples,) float array, optional
        The shape of the wave, on the host: it is subtracted in place of what was measured, at the phase found by
        cross-correlation with that.
    scale_reference : bool
        Give the reference the amplitude that was measured.

    Returns
    -------
    (nbins,) float64 array
        The wave as it was measured, DN, on the host. Where that is NaN, nothing is subtracted.
    """
    nints, _, ny, nx = ramp.shape
    measured = phased_wave(ramp[:nints_to_phase], clock, period, nbins)
    wave = resampled(measured, period)
    if reference is not None:
        wave = aligned_reference(reference, measured, wave, period, scale_reference)
    subtract_looked_up(
        (nints, ny, nx // OUTPUTS),
        ramp,
        clock.integration(ramp.shape[1], ny),
        clock.pace(ny),
        period,
        current_backend().asarray(np.where(np.isfinite(wave), wave, 0.0)),
    )
    return measured


def resampled(wave, length):
    """A wave sampled anew: once for each tick of a period of this length, rounded up.

    Each tick takes the sample at or before it.
    """
    step = wave.size / length
    return wave[(np.arange(math.ceil(wave.size / step)) * step).astype(int)]


def aligned_reference(reference, measured, wave, period, scale):
    """A reference shifted to the phase of what was measured, and scaled to it where asked for.

    Parameters
    ----------
    reference : (nsamples,) float array
        Its shape.
    measured : (nbins,) float64 array
        What was measured.
    wave : (nticks,) float64 array
        The same, at each tick of the period.
    period : float
        In ticks.
    scale : bool
        Scale it by the slope of a line through pairs of their values.

    Returns
    -------
    (nticks,) float array
        The reference at each tick of the period; NaN if what was measured is, and it is to be scaled.
    """
    shift = best_shift(reference, resampled(measured, reference.size)[: reference.size])
    aligned = resampled(np.roll(reference, shift), period)
    if not scale:
        return aligned
    both = min(aligned.size, wave.size)
    return aligned * np.polyfit(aligned[:both], wave[:both], 1)[0]


def best_shift(reference, measured):
    """By how many samples a reference is to be shifted to be most like a wave of as many samples."""
    wave = measured - measured.mean()
    deviations = reference.astype(np.float64) - reference.mean(dtype=np.float64)
    return int(np.argmax([np.roll(deviations, shift) @ wave for shift in range(reference.size)]))


@pixel_kernel
def subtract_looked_up(integration, y, quad, ramp, per_integration, pace, period, wave):
    """Subtract the wave from all groups of a quad: its value at the tick of the period at or before each read."""
    last_quad = ramp.shape[3] // OUTPUTS - 1
    first_tick = integration * per_integration
    for group in range(ramp.shape[1]):
        ticks = read_ticks(first_tick, group, y, quad, last_quad, pace)
        interference = wave[int(fraction_of_period(ticks, period) * period)]
        for output in range(OUTPUTS):
            ramp[integration, group, y, OUTPUTS * quad + output] -= interference
