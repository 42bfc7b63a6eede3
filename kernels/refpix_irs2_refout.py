"""The reference output of IRS2 as a series without gaps.

The reference output has samples wherever a normal pixel is read. The others are filled in, first by a local
mean with the weights of a half wave, then by what the samples say at the frequencies that matter: slow drifts,
and those that alternate from pixel to pixel.

Source: the ``refpix`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/refpix/description.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, pixel_kernel
from gpucal.kernels.irs2_layout import BLOCK_TIMES
from gpucal.kernels.refpix_irs2_fourier import series_of_band, spectrum_of_rows

REACH = 15
ROUNDS = 3
TAPER = 110000 // BLOCK_TIMES


class GapFilling(NamedTuple):
    """What it takes to fill the gaps of a series.

    Attributes
    ----------
    known, gaps : int arrays
        Image rows of the series with samples of normal pixels, and all others.
    weights : (16,) float32 array
        Weights of the neighbours in time, from the sample itself to the last that counts.
    band : (nband,) int array
        The rows of the spectrum that say what is in the gaps; see `refpix_irs2_fourier` for the arrangement.
    gain : (nband, nslow // 2 + 1) float32 array
        The gain at their frequencies.
    """

    known: np.ndarray
    gaps: np.ndarray
    weights: np.ndarray
    band: np.ndarray
    gain: np.ndarray


def gap_filling(layout, nslow, taper=TAPER):
    """Prepare to fill the gaps of series; on the host.

    Parameters
    ----------
    layout : Irs2Layout
        When samples are read.
    nslow : int
        Detector rows.
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
    return GapFilling(known, np.setdiff1d(np.arange(layout.period), known), weights, band, gain[band])


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


def fill_reference_output(samples, layout, tables, filling):
    """Lay out the samples of the reference output in time, and fill the gaps.

    Parameters
    ----------
    samples : (nsamples, nslow) float32 array
        Samples of one frame, DN; zero marks a missing one.
    layout : Irs2Layout
        On the backend, as are the others.
    tables : FourierTables
    filling : GapFilling

    Returns
    -------
    (period, nslow) float32 array
        The series. Samples of normal pixels are as given, all others are filled in.
    """
    xp = array_namespace(samples)
    measured = xp.zeros((layout.period, samples.shape[-1]), np.float32)
    measured[layout.times] = samples
    filled = xp.empty_like(measured)
    fill_from_neighbours(measured.shape, measured, filling.weights, filled)
    known, gaps, band = filling.known, filling.gaps, filling.band
    fixed = spectrum_of_rows(filled[known], known, tables, band)
    for _ in range(ROUNDS):
        spectra = (fixed + spectrum_of_rows(filled[gaps], gaps, tables, band)) * filling.gain
        filled[gaps] = series_of_band(spectra, gaps, tables, band)
    return filled


@pixel_kernel
def fill_from_neighbours(time, slow, measured, weights, filled):
    """Put the weighted mean of the samples nearby in time in the place of a missing one."""
    value = measured[time, slow]
    if value != 0:
        filled[time, slow] = value
        return
    period, nslow = measured.shape
    reach = len(weights) - 1
    here, row = time - reach, slow
    if here < 0:
        here, row = here + period, row - 1
    total = np.float64(0)
    weight = np.float64(0)
    for offset in range(-reach, reach + 1):
        neighbour = measured[here, row]  # the last row comes before the first, as index -1 has it
        if neighbour != 0:
            total += weights[abs(offset)] * np.float64(neighbour)
            weight += weights[abs(offset)]
        here += 1
        if here == period:
            here, row = 0, row + 1 if row + 1 < nslow else 0
    filled[time, slow] = np.float32(total) / np.float32(weight) if weight != 0 else 0
