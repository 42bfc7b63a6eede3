"""The reference output of IRS2 as a series without gaps.

The reference output has samples at the times at which a normal pixel is read; at other times the series has gaps. They
are filled first with a local mean, whose weights are half a wave, then with what the samples tell at the frequencies
that matter: slow drifts, and those that alternate from pixel to pixel. These are in few rows of the spectrum, called
the band. It is computed from turned rows (see `gpucal.kernels.refpix.irs2_fourier`), and filled gaps are turned rows
as well: the next step of the correction needs no further transform.

Source: the ``refpix`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/refpix/description.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, pixel_function, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.fourier import rows_of_transforms, transform_rows
from gpucal.backend.strips import Scratch
from gpucal.kernels.readout.irs2_layout import BLOCK_TIMES
from gpucal.kernels.refpix.irs2_fourier import transform_matrix

REACH = 15
ROUNDS = 3
TAPER = 110000 // BLOCK_TIMES


class GapFilling(NamedTuple):
    """All that is prepared once to fill the gaps of series.

    Attributes
    ----------
    known, gaps : int arrays
        Image rows of the series with samples of normal pixels, and all others.
    weights : (16,) float32 array
        Weights of the neighbours in time, from the sample itself to the last that counts.
    known_to_band, gaps_to_band : (nband, nknown) and (nband, ngaps) complex64 arrays
        Matrices from the turned rows of samples, and of gaps, to their contributions to the band.
    band_to_gaps : (ngaps, nband) complex64 array
        From the band back to the turned rows of the gaps.
    band_to_band : (nband, nband) complex64 array
        What gaps that are filled from the band contribute to it: ``gaps_to_band @ band_to_gaps``.
    gain : (nband, nslow // 2 + 1) float32 array
        The gain at the frequencies of the band.
    turn : (period, nslow // 2 + 1) complex64 array
        Phases from the transforms of all image rows to turned rows.
    """

    known: np.ndarray
    gaps: np.ndarray
    weights: np.ndarray
    known_to_band: np.ndarray
    gaps_to_band: np.ndarray
    band_to_gaps: np.ndarray
    band_to_band: np.ndarray
    gain: np.ndarray
    turn: np.ndarray


class ReferenceOutput(NamedTuple):
    """The reference output of a frame without gaps.

    Attributes
    ----------
    measured : (period, nslow) float32 array
        The series: samples of normal pixels as given, gaps as filled from their neighbours.
    turned : (period, nslow // 2 + 1) complex64 array
        Turned rows, by time; those of the gaps as filled from the band.
    """

    measured: np.ndarray
    turned: np.ndarray


def gap_filling(layout, nslow, turn, taper=TAPER):
    """Prepare to fill the gaps of series; on the host.

    Parameters
    ----------
    layout : Irs2Layout
        When samples are read.
    nslow : int
        Detector rows.
    turn : (period, nslow // 2 + 1) complex64 array
        See `GapFilling`.
    taper : int
        Frequencies over which the gain falls from one to zero.

    Returns
    -------
    GapFilling
    """
    known = layout.times[layout.normal]
    weights = np.cos(np.arange(REACH + 1) / (2 * (REACH + 1)) * np.pi).astype(np.float32)
    gain = _gain(layout.period, nslow, taper)
    band = np.flatnonzero(gain.any(axis=-1))
    gaps = np.setdiff1d(np.arange(layout.period), known)
    gaps_to_band = transform_matrix(band, gaps, layout.period)
    band_to_gaps = gaps_to_band.conj().T / np.float32(layout.period)
    return GapFilling(
        known,
        gaps,
        weights,
        transform_matrix(band, known, layout.period),
        gaps_to_band,
        band_to_gaps,
        gaps_to_band @ band_to_gaps,
        gain[band],
        turn,
    )


def _gain(period, nslow, taper):
    """Gain at all frequencies, arranged as spectra are.

    It is one at the lowest frequencies, falls to zero along a cosine, and rises to one again towards the highest.
    It is one half at frequency ``nslow * (period // 22) // 2``, half of that at which the gaps recur.
    """
    half = period * nslow // 2
    flat = period // BLOCK_TIMES * nslow // 2 - taper // 2
    low = np.concatenate([np.ones(flat), 0.5 * (1 + np.cos(np.pi * np.arange(taper) / taper))])
    gain = np.zeros(half + 1)
    gain[: len(low)] = low
    gain[half - len(low) : half] = low[::-1]
    gain[half] = 1
    image = np.concatenate([gain, gain[half - 1 : 0 : -1]]).reshape(period, nslow)
    return image[:, : nslow // 2 + 1].astype(np.float32)


def fill_reference_output(samples, layout, filling) -> ReferenceOutput:
    """Lay out the samples of the reference output in time, and fill the gaps.

    Parameters
    ----------
    samples : (nsamples, nslow) float32 array
        Samples of one frame, DN; zero marks a missing one.
    layout : Irs2Layout
        On the backend.
    filling : GapFilling
        On the backend.

    Returns
    -------
    ReferenceOutput
    """
    xp = array_namespace(samples)
    period, nslow = layout.period, samples.shape[-1]
    check_fit(samples=(samples, (layout.times.size, nslow)), turn=(filling.turn, (period, nslow // 2 + 1)))
    given = xp.zeros((period, nslow + 2), np.float32)
    given[layout.times, 1:-1] = samples
    given[:, 0], given[:, -1] = given[:, -2], given[:, 1]  # the last detector row comes before the first
    measured = xp.empty((period, nslow), np.float32)
    fill_from_neighbours(measured.shape, Scratch(state=2), given, filling.weights, measured)
    turned = transform_rows(measured)
    turned *= filling.turn
    fixed = filling.known_to_band @ turned[filling.known]
    band = (fixed + filling.gaps_to_band @ turned[filling.gaps]) * filling.gain
    for _ in range(ROUNDS - 1):
        band = (fixed + filling.band_to_band @ band) * filling.gain
    turned[filling.gaps] = filling.band_to_gaps @ band
    return ReferenceOutput(measured, turned)


def whole_series(reference: ReferenceOutput, filling):
    """The series of the reference output: (period, nslow) float32."""
    made, gaps = reference.measured.copy(), filling.gaps
    made[gaps] = rows_of_transforms(reference.turned[gaps] * filling.turn[gaps].conj(), made.shape[1])
    return made


@strip_kernel
def fill_from_neighbours(time, begin, end, samples, state, given, weights, filled):
    """Put the weighted means of the samples nearby in time in the places of missing ones, in a strip of an image row.

    The columns of ``given`` begin and end with one that belongs to the row before the first and after the last.
    """
    count, own = end - begin, given[time, begin + 1 : end + 1]
    made = filled[time, begin:end]
    for lane in range(count):
        made[lane] = own[lane]
    first = 0
    while first < count:
        last = first
        while last < count and own[last] == 0:
            last += 1
        if last > first:
            fill_run(time, begin + first, made[first:last], state, given, weights)
        first = last + 1


@pixel_function
def fill_run(time, begin, made, state, given, weights):
    """Fill a run of missing samples."""
    total, weight, reach, period = state[0], state[1], len(weights) - 1, given.shape[0]
    for lane in range(made.size):
        total[lane] = weight[lane] = 0
    for offset in range(-reach, reach + 1):
        row, here, factor = (time + offset) // period, (time + offset) % period, weights[abs(offset)]
        near = given[here, begin + 1 + row : begin + 1 + row + made.size]
        for lane in range(made.size):
            total[lane] += factor * np.float64(near[lane])
            weight[lane] += factor if near[lane] != 0 else np.float32(0)
    for lane in range(made.size):
        made[lane] = np.float32(total[lane]) / np.float32(weight[lane]) if weight[lane] != 0 else np.float32(0)
