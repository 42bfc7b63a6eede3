"""Removal of a wave of known shape from ramps, fitted together with these.

Source: the "joint" algorithm of the ``emicorr`` step in the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/emicorr/description.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, current_backend, pixel_kernel, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import Scratch, in_a_row
from gpucal.kernels.emicorr.clock import OUTPUTS, ReadoutClock, fraction
from gpucal.kernels.emicorr.fit import Fit, fit_wave, parabolas
from gpucal.kernels.emicorr.steady import steady_pixels
from gpucal.kernels.emicorr.wave import spline_coefficients, wave_at

BAD_QUADS = slice(1, 3)
"""Columns of quads that are not used: they are bad in full frames."""


class Wave(NamedTuple):
    """A wave that was fitted.

    Attributes
    ----------
    phases : (ny, nx // 4) float64 array
        Phase at each quad of the first group.
    group_step : float
        By how much the phase is later in the next group.
    offsets, amplitudes : (nints,) float64 array
        Of each integration: by how much its phase is later, and the height of its wave, DN.
    coefficients : (nsamples,) float64 array
        Of the spline that is the shape of the wave.
    """

    phases: np.ndarray
    group_step: float
    offsets: np.ndarray
    amplitudes: np.ndarray
    coefficients: np.ndarray


def remove_wave_with_ramps(
    ramp, pixeldq, wave, clock: ReadoutClock, period, each_integration=False
) -> list[Fit]:
    """Fit a wave and straight ramps, and subtract the wave, in place.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN, edited. At least three groups; columns in multiples of four.
    pixeldq : (ny, nx) uint32 array
        Pixel flags; a pixel with any flag does not count for the fit.
    wave : (nsamples,) float array
        The shape of the wave over one period, on the host.
    clock : ReadoutClock
        When pixels are read.
    period : float
        Period of the wave, in ticks.
    each_integration : bool
        Fit each integration by itself, not all together.

    Returns
    -------
    list of Fit
        What was fitted, one for each integration or one for all.
    """
    check_fit(ramp=(ramp, "nints ngroups ny nx"), pixeldq=(pixeldq, "ny nx"))
    nints, ngroups, ny, nx = ramp.shape
    backend = current_backend()
    group_step = clock.group(ny) / period % 1
    integration_step = group_step * ngroups + clock.reset / period
    phases = first_read_phases(ny, nx, clock, period)
    coefficients = backend.asarray(spline_coefficients(wave))

    sums_of = SumsByPhase(ramp, steady_pixels(ramp, pixeldq), phases, len(wave))
    found = parabolas(sums_of, nints, len(wave), ngroups, group_step, coefficients)
    every = np.arange(nints)
    groupings = every[:, None] if each_integration else [every]
    fits = [fit_wave(found, integration_step, together) for together in groupings]

    fitted = np.array(fits if each_integration else fits * nints)
    offsets = fitted[:, 0] + every * integration_step
    known = backend.asarray(phases), group_step, backend.asarray(offsets), backend.asarray(fitted[:, 1])
    subtract_wave((nints * ngroups, ny, nx // OUTPUTS), Scratch(state=1), ramp, Wave(*known, coefficients))
    return fits


def first_read_phases(ny, nx, clock, period):
    """Phase of the wave at each quad of the first group: (ny, nx // 4) float64, on the host."""
    ticks = np.arange(ny)[:, None] * clock.row + np.arange(nx // OUTPUTS) * clock.nsamples
    periods = ticks / period
    return periods - np.floor(periods)


class SumsByPhase:
    """Sums of the ramps of steady pixels that are read at the same phase of a wave.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN.
    steady : (nints, ny, nx) bool array
        The pixels that count.
    phases : (ny, nx // 4) float64 array
        Phases of the first group, on the host.
    nsamples : int
        Number of equal parts of the period in which phases are the same.
    """

    def __init__(self, ramp, steady, phases, nsamples):
        nints, _, ny, nx = ramp.shape
        check_fit(steady=(steady, (nints, ny, nx)), phases=(phases, (ny, nx // OUTPUTS)))
        part = (phases * nsamples).astype(np.min_scalar_type(nsamples))  # short numbers are sorted fast
        part[:, BAD_QUADS] = nsamples
        quads = np.argsort(part, axis=None, kind="stable")
        bounds = np.searchsorted(part.ravel()[quads], np.arange(nsamples + 1))
        backend = current_backend()
        self.ramp, self.steady = in_a_row(ramp), in_a_row(steady)
        self.quads, self.bounds = backend.asarray(quads.astype(np.uint32)), backend.asarray(bounds)

    def __call__(self, integrations):
        """The sums, (n, ngroups, nsamples), and the numbers of ramps in them, (n, nsamples), of a slice."""
        xp = array_namespace(self.ramp)
        ramp, steady = self.ramp[integrations], self.steady[integrations]
        nints, ngroups = ramp.shape[:2]
        nsamples = self.bounds.size - 1
        sums, counts = xp.empty((nints, ngroups, nsamples)), xp.empty((nints, nsamples))
        add_reads((nints, ngroups, nsamples), ramp, steady, self.quads, self.bounds, sums, counts)
        return sums, counts


@pixel_kernel
def add_reads(integration, group, sample, ramp, steady, quads, bounds, sums, counts):
    """Write the sum of one group over the steady pixels of one phase, and with the first group their number."""
    reads, used = ramp[integration, group], steady[integration]
    first = second = third = fourth = np.float64(0)  # of an output each: four sums at a time
    count = 0
    for place in range(bounds[sample], bounds[sample + 1]):
        x = OUTPUTS * np.uint64(quads[place])
        first += reads[x] if used[x] else np.float32(0)
        second += reads[x + 1] if used[x + 1] else np.float32(0)
        third += reads[x + 2] if used[x + 2] else np.float32(0)
        fourth += reads[x + 3] if used[x + 3] else np.float32(0)
        if group == 0:
            count += int(used[x]) + int(used[x + 1]) + int(used[x + 2]) + int(used[x + 3])
    sums[integration, group, sample] = first + second + third + fourth
    if group == 0:
        counts[integration, sample] = count


@strip_kernel
def subtract_wave(plane, y, begin, end, samples, state, ramp, wave):
    """Subtract the wave from one group of a strip of quads."""
    ngroups = ramp.shape[1]
    integration, group = plane // ngroups, plane % ngroups
    later, offset, amplitude = wave.group_step * group, wave.offsets[integration], wave.amplitudes[integration]
    reads, interference, coefficients = wave.phases[y, begin:end], state[0], wave.coefficients
    for lane in range(end - begin):
        interference[lane] = amplitude * wave_at(fraction(reads[lane] + later + offset), coefficients)
    counts = ramp[integration, group, y, OUTPUTS * begin : OUTPUTS * end]
    for lane in range(end - begin):
        for output in range(OUTPUTS):
            counts[OUTPUTS * np.uint64(lane) + np.uint64(output)] -= interference[lane]
