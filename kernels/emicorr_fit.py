"""Amplitude and phase of a wave that make ramps straight when it is subtracted.

Pixels read at the same phase of the wave share one sum of their ramps. With P the projection that takes a straight
line out of a ramp, z the wave at the reads of a trial phase and y the sum of n ramps, the chi-squared of an
amplitude c is, up to a constant, sum(n |Pz|^2) c^2 - 2 sum(Pz . y) c, over all phases of reads and integrations: its
minimum is found in closed form for each of the trial phases, and a parabola through the three lowest values
gives the phase between them.

Source: the "joint" algorithm of the ``emicorr`` step in the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/emicorr/description.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, current_backend, pixel_kernel, row_tiles
from gpucal.kernels.emicorr_wave import sample_phases, wave_at

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
        Of a slice of integrations: the sums of their ramps by phase, (n, nsamples, ngroups) float64, and the
        numbers of ramps in these, (n, nsamples) float64; backend arrays.
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
            wave = bent_waves(trials, nsamples, ngroups, group_step, coefficients)
            curvature[trials, integrations] = (wave * wave).sum(axis=2) @ counts.T
            ntrials, nints_here = wave.shape[0], sums.shape[0]
            slope[trials, integrations] = wave.reshape(ntrials, -1) @ sums.reshape(nints_here, -1).T
    backend = current_backend()
    return Parabolas(backend.asnumpy(curvature), backend.asnumpy(slope))


def bent_waves(trials, nsamples, ngroups, group_step, coefficients):
    """The wave at each read for some trial phases, without the straight line in it.

    Returns
    -------
    (ntrials, nsamples, ngroups) float64 array
        On the backend.
    """
    xp, backend = array_namespace(coefficients), current_backend()
    groups = np.arange(ngroups)
    reads = backend.asarray((sample_phases(nsamples)[:, None] + groups * group_step) % 1)
    offsets = backend.asarray(trial_phases()[trials])
    waves = xp.empty((offsets.size, nsamples, ngroups))
    evaluate_waves(waves.shape, reads, offsets, coefficients, waves)
    times = backend.asarray(groups - groups.mean())
    waves -= waves.mean(axis=2, keepdims=True)
    waves -= (waves @ times)[..., None] * (times / (times @ times))
    return waves


@pixel_kernel
def evaluate_waves(trial, sample, group, reads, offsets, coefficients, waves):
    """Write the wave at one read for one trial phase."""
    waves[trial, sample, group] = wave_at((reads[sample, group] + offsets[trial]) % 1, coefficients)


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
    Rounding may make the trial phase at a phase lie before it, and the next one be taken: so it is in jwst.
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
    The first and the last trial phase are neighbours, but the parabola takes their phases as they are, far from
    each other: so it is in jwst.
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
