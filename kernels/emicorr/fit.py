"""Amplitude and phase of a wave that make ramps straight when it is subtracted.

The ramps of all pixels that are read at the same phase of the wave are summed. Let P be the projection that takes a
straight line out of a ramp, z the wave at the times of the reads for a trial phase, and y the sum of n ramps. The
chi-squared of an amplitude c is then, up to a constant, ``sum(n |Pz|^2) c^2 - 2 sum(Pz . y) c``, summed over the phases
of reads and over integrations. Its minimum is found in closed form for each trial phase; a parabola through the
lowest value and its two neighbours gives the phase between the trials.

Source: the "joint" algorithm of the ``emicorr`` step in the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/emicorr/description.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, current_backend, row_tiles, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import Scratch
from gpucal.kernels.emicorr.clock import fraction
from gpucal.kernels.emicorr.wave import sample_phases, wave_at

TRIALS = 500
NO_CURVATURE = 1e-8


class Parabolas(NamedTuple):
    """Chi-squared of each integration as a function of the amplitude: curvature c^2 - 2 slope c.

    Attributes
    ----------
    curvature, slope : (TRIALS, nints) float64 array
        By the phase of the wave at the start of the integration, on the host.
    """

    curvature: np.ndarray
    slope: np.ndarray


def trial_phases():
    """The phases that are tried: (TRIALS,) float64."""
    return np.arange(TRIALS) * 1.0 / TRIALS


def parabolas(sums_of, nints, nsamples, ngroups, group_step, coefficients):
    """The parabola of each integration for each trial phase.

    Parameters
    ----------
    sums_of : callable
        Takes a slice of integrations; returns the sums of their ramps by phase, (n, ngroups, nsamples) float64, and
        the numbers of ramps in these, (n, nsamples) float64; backend arrays.
    nints, nsamples, ngroups : int
        Numbers of integrations, of phases of reads and of groups.
    group_step : float
        Phase between groups.
    coefficients : (nsamples + 1, 4) float64 array
        The wave, on the backend.
    """
    xp = array_namespace(coefficients)
    curvature, slope = xp.empty((TRIALS, nints)), xp.empty((TRIALS, nints))
    for integrations in row_tiles(nints, 8 * nsamples * ngroups):
        sums, counts = sums_of(integrations)
        for trials in row_tiles(TRIALS, 2 * 8 * nsamples * ngroups):
            waves, squares = bent_waves(trials, nsamples, ngroups, group_step, coefficients)
            curvature[trials, integrations] = squares @ counts.T
            slope[trials, integrations] = waves.reshape(len(waves), -1) @ sums.reshape(len(sums), -1).T
    backend = current_backend()
    return Parabolas(backend.asnumpy(curvature), backend.asnumpy(slope))


def bent_waves(trials, nsamples, ngroups, group_step, coefficients):
    """The wave at each read for some trial phases, without the straight line in it.

    Returns
    -------
    waves : (ntrials, ngroups, nsamples) float64 array
        On the backend.
    squares : (ntrials, nsamples) float64 array
        Sums of their squares over the groups.
    """
    check_fit(coefficients=(coefficients, (nsamples + 1, 4)))
    xp, backend = array_namespace(coefficients), current_backend()
    groups = np.arange(ngroups)
    reads = backend.asarray((sample_phases(nsamples) + groups[:, None] * group_step) % 1)
    offsets = backend.asarray(trial_phases()[trials])
    waves = xp.empty((offsets.size, ngroups, nsamples))
    squares = xp.empty((offsets.size, nsamples))
    bend(squares.shape, Scratch(state=2), reads, offsets, coefficients, waves, squares)
    return waves, squares


@strip_kernel
def bend(trial, begin, end, samples, state, reads, offsets, coefficients, waves, squares):
    """Write the wave at the reads of a strip of phases, less its mean and its tilt, and the sums of its squares."""
    ngroups = reads.shape[0]
    mean, tilt, square = state[0], state[1], squares[trial, begin:end]
    for lane in range(end - begin):
        mean[lane] = tilt[lane] = square[lane] = 0
    middle, share, spread = 0.5 * (ngroups - 1), 1.0 / ngroups, 0.0
    for group in range(ngroups):
        spread += (group - middle) ** 2
        phases, wave = reads[group, begin:end], waves[trial, group, begin:end]
        for lane in range(end - begin):
            wave[lane] = wave_at(fraction(phases[lane] + offsets[trial]), coefficients)
            mean[lane] += wave[lane] * share
            tilt[lane] += wave[lane] * (group - middle)
    for group in range(ngroups):
        time, wave = (group - middle) / spread, waves[trial, group, begin:end]
        for lane in range(end - begin):
            wave[lane] -= mean[lane] + tilt[lane] * time
            square[lane] += wave[lane] * wave[lane]


class Fit(NamedTuple):
    """The wave that was found: its phase at the start of the first integration, and its amplitude."""

    phase: float
    amplitude: float


def fit_wave(found: Parabolas, integration_step, integrations) -> Fit:
    """Find one phase and amplitude for some integrations.

    Parameters
    ----------
    found : Parabolas
        Of all integrations.
    integration_step : float
        Phase between integrations.
    integrations : (n,) int array
        Which to fit together.
    """
    phase = best_phase(chi_squared(found, trial_phases(), integration_step, integrations)[0])
    _, amplitude = chi_squared(found, np.array([phase]), integration_step, integrations)
    return Fit(phase, float(amplitude[0]))


def chi_squared(found: Parabolas, phases, integration_step, integrations):
    """Lowest chi-squared for each of some phases, and the amplitude there.

    Parameters
    ----------
    phases : (n,) float64 array
        Phases at the start of the first integration.
    found, integration_step, integrations
        As in `fit_wave`.

    Returns
    -------
    chisq, amplitudes : (n,) float64 array
        NaN and zero where the wave is straight itself, or ramps are not finite.
    """
    later = integration_step * integrations
    trials = next_trial(phases[:, None], later)
    curvature = found.curvature[trials, integrations].sum(axis=1)
    slope = found.slope[trials, integrations].sum(axis=1)
    usable = (np.abs(curvature) > NO_CURVATURE) & np.isfinite(curvature) & np.isfinite(slope)
    amplitudes = np.divide(slope, curvature, out=np.zeros_like(slope), where=usable)
    return np.where(usable, -slope * amplitudes, np.nan), amplitudes


def next_trial(phases, later):
    """Index of the trial phase at a phase, or of the first one after it, round the period.

    Parameters
    ----------
    phases, later : float64 array
        Phases at the start, and what is added to these; they broadcast.

    Notes
    -----
    Through rounding, a trial phase that should equal the phase may come out below it; the next one is then taken, as
    in jwst.
    """
    trials = trial_phases()
    guess = np.ceil((phases + later) % 1 * TRIALS).astype(np.int64)
    best, distance = None, None
    for shift in (-1, 0, 1):
        candidate = (guess + shift) % TRIALS
        ahead = (trials[candidate] - phases - later) % 1
        if best is None:
            best, distance = candidate, ahead
        else:
            nearer = ahead < distance
            best, distance = np.where(nearer, candidate, best), np.where(nearer, ahead, distance)
    return best


def best_phase(chisq):
    """The phase at the minimum of a parabola through the lowest chi-squared and its two neighbours.

    Parameters
    ----------
    chisq : (TRIALS,) float64 array
        By trial phase; NaN where there is none.

    Returns
    -------
    float
        That of the lowest value, where its neighbours allow no parabola; zero if all are NaN.

    Notes
    -----
    The first and the last trial phase are neighbours on the circle, but the parabola takes them as 0 and nearly 1, far
    from each other, as in jwst.
    """
    phases = trial_phases()
    if np.isnan(chisq).all():
        return 0.0
    lowest = int(np.nanargmin(chisq))
    around = np.array([lowest - 1, lowest, lowest + 1]) % TRIALS
    values = chisq[around]
    if not np.isfinite(values).all() or values.std() == 0:
        return float(phases[lowest])
    square, linear, _ = np.polyfit(phases[around], values, 2)
    return float(-linear / (2 * square))
