"""The mean of what integrations measure, with errors from their scatter.

Amplitudes, phases and pistons are means without values that are far off. Closure quantities are those of the mean
amplitudes and phases. The error of an amplitude and of its phase is the scatter of the complex number along its mean
direction and across it, over the square root of the number of integrations; across, it is divided by the amplitude to
be an angle.

One integration has no scatter: its errors are those of its pixels, carried through the fit.

Source: the description of the ``ami_analyze`` step in the documentation of the JWST pipeline,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/ami_analyze/description.html, but for the division by the amplitude.
"""

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.steps.parts.interferometry.closures import Closures, Measured, Observables, within_turn

CLIP = 3.0
ROUNDS = 5


def mean_observables(closures: Closures, each: Observables) -> Observables:
    """The mean over integrations.

    Parameters
    ----------
    closures : Closures
    each : Observables
        Of each integration; those that could not be fitted are NaN.

    Returns
    -------
    Observables
        Of arrays (n,).
    """
    fitted = np.isfinite(each.amplitude.value).all(1)
    each = Observables(*(Measured(one.value[fitted], one.error[fitted]) for one in each))
    if fitted.sum() == 1 and not as_peer():
        return Observables(*(Measured(one.value[0], one.error[0]) for one in each))
    amplitude, phase = clipped_mean(each.amplitude.value)[0], clipped_mean_phase(each.phase.value)
    error, phase_error = polar_errors(each.amplitude.value, each.phase.value)
    triangle_error, closure_error = polar_errors(each.triangle_amplitude.value, each.closure_phase.value)
    ratio_error, quadrangle_error = polar_errors(each.closure_amplitude.value, each.quadrangle_phase.value)
    squared_error = 2.0 * amplitude * error
    if as_peer():
        squared_error = squared_error / np.sqrt(len(each.amplitude.value))
    pistons, scatter = clipped_mean(each.piston.value)
    logarithm = np.log(amplitude)
    return Observables(
        Measured(amplitude, error),
        Measured(phase, phase_error),
        Measured(clipped_mean(each.squared.value)[0], squared_error),
        Measured(np.exp(np.abs(closures.triangles) @ logarithm), triangle_error),
        Measured(within_turn(closures.triangles @ phase), closure_error),
        Measured(np.exp(closures.ratios @ logarithm), ratio_error),
        Measured(within_turn(closures.quadrangles @ phase), quadrangle_error),
        Measured(pistons, scatter / np.sqrt(len(each.piston.value))),
    )


def clipped_mean(values):
    """The mean and the standard deviation of columns, without values far from the median; (ncolumns,) arrays."""
    kept = np.ones(values.shape, bool)
    for _ in range(ROUNDS):
        shown = np.where(kept, values, np.nan)
        distance = np.abs(values - np.nanmedian(shown, axis=0))
        now = kept & (distance <= CLIP * np.nanstd(shown, axis=0))
        if (now == kept).all():
            break
        kept = now
    shown = np.where(kept, values, np.nan)
    return np.nanmean(shown, axis=0), np.nanstd(shown, axis=0)


def clipped_mean_phase(phases):
    """The mean of phases, each taken within half a turn of the direction of their mean vector."""
    if as_peer():
        return clipped_mean(phases)[0]
    middle = mean_direction(phases)
    return within_turn(middle + clipped_mean(within_turn(phases - middle))[0])


def mean_direction(phases):
    """The direction of the mean of unit vectors, radians."""
    return np.angle(np.exp(1j * phases).mean(0))


def polar_errors(modulus, phase):
    """The errors of the mean of complex numbers, along their mean direction and in angle (radians)."""
    count = len(modulus)
    middle = phase.mean(0) if as_peer() else mean_direction(phase)
    turned = modulus * np.exp(1j * (phase - middle))
    with np.errstate(invalid="ignore", divide="ignore"):
        deviation = turned - turned.mean(0)
        along, across = (
            np.sqrt((part**2).sum(0) / (count - 1) / count) for part in (deviation.real, deviation.imag)
        )
    return along, across if as_peer() else across / np.abs(turned.mean(0))
