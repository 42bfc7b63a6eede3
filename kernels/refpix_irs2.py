"""Correction of IRS2 exposures: drifts that the interleaved reference pixels and the reference output show.

The correction of an output is the sum, at each frequency, of what its interleaved pixels and the reference
output show, with the weights beta and alpha of a reference file.

Source: Rauscher et al. 2017, PASP 129, 105003, and the ``refpix`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/refpix/description.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend.fourier import transform_columns
from gpucal.kernels.irs2_layout import BLOCK, BLOCK_TIMES, OUTPUTS, Irs2Layout, normal_rows
from gpucal.kernels.refpix_irs2_fourier import (
    ImageRows,
    image_rows,
    series,
    spectrum_of_rows,
)
from gpucal.kernels.refpix_irs2_refout import (
    TAPER,
    GapFilling,
    fill_reference_output,
    gap_filling,
    whole_series,
)
from gpucal.kernels.refpix_irs2_series import put_back, time_series

# The four interleaved pixels of a block are an odd one read twice and an even one read twice. The series of
# reference pixels holds the first reads, in turn, before and while the pixels are read, and then the second.
SPREAD_SAMPLES = (8, 10, 8, 10, 9, 11, 9, 11)
SPREAD_TIMES = range(7, 15)


class Irs2Plan(NamedTuple):
    """What the correction of every frame needs.

    Attributes
    ----------
    layout : Irs2Layout
    filling : GapFilling
    spread_samples : (nspread,) int array
        Samples that make the series of reference pixels.
    spread_rows : ImageRows
        Where they stand in it.
    kept : (nkept,) int array
        Samples of an output that the product keeps.
    kept_rows : ImageRows
        Where they stand in the series of the output.
    targets : (5, nkept) int array
        Their rows in the product.
    """

    layout: Irs2Layout
    filling: GapFilling
    spread_samples: np.ndarray
    spread_rows: ImageRows
    kept: np.ndarray
    kept_rows: ImageRows
    targets: np.ndarray


def irs2_plan(layout, nslow, keep_interleaved=False, taper=TAPER):
    """Prepare the correction of exposures of one detector; on the host.

    Parameters
    ----------
    layout : Irs2Layout
        Of the detector.
    nslow : int
        Detector rows.
    keep_interleaved : bool
        Whether the product keeps the interleaved pixels and the reference output.
    taper : int
        See `gap_filling`.

    Returns
    -------
    Irs2Plan
    """
    first_sample, first_time = (
        np.arange(layout.rows.shape[1] // BLOCK)[:, None] * step for step in (BLOCK, BLOCK_TIMES)
    )
    kept = np.flatnonzero(layout.normal | keep_interleaved)
    rows = layout.rows[:, kept]
    return Irs2Plan(
        layout,
        gap_filling(layout, nslow, taper),
        (first_sample + SPREAD_SAMPLES).ravel(),
        image_rows((first_time + SPREAD_TIMES).ravel(), layout.period, nslow),
        kept,
        image_rows(layout.times[kept], layout.period, nslow),
        rows if keep_interleaved else np.searchsorted(normal_rows(layout), rows),
    )


def subtract_irs2(ramp, plan, alpha, beta):
    """Subtract what the reference output and the interleaved pixels show, frame by frame, in place.

    The corrected frames move to the front of the ramp's memory as they are made, so that the ramp that comes
    back is a view on it.

    Parameters
    ----------
    ramp : (nints, ngroups, nrows, nx) float32 array
        Raw images with interleaved pixels, less the superbias, DN; C-contiguous, overwritten.
    plan : Irs2Plan
        On the backend.
    alpha, beta : sequences of four (period, nx // 2 + 1) complex64 arrays
        Weights of the reference output and of the interleaved pixels for each output, arranged by
        `weight_image`; on the backend.

    Returns
    -------
    (nints, ngroups, nkept, nx) float32 array
        Corrected images, DN.
    """
    nints, ngroups, nrows, nx = ramp.shape
    keeps_all = len(plan.kept) == plan.layout.rows.shape[1]
    nkept = nrows if keeps_all else (OUTPUTS - 1) * len(plan.kept)
    corrected = ramp.reshape(-1)[: nints * ngroups * nkept * nx].reshape(nints, ngroups, nkept, nx)
    for integration in range(nints):
        mean = ramp[integration].mean(axis=0, dtype=np.float64)
        for group in range(ngroups):
            samples = time_series(ramp[integration, group], mean, plan.layout)
            stored = corrected[integration, group]
            _correct_frame(samples, mean, plan, alpha, beta, stored, keeps_all)
    return corrected


def _correct_frame(samples, mean, plan, alpha, beta, stored, keep_reference_output):
    """Correct the samples of one frame, and store those that are kept."""
    layout, kept = plan.layout, plan.kept
    reference = fill_reference_output(samples[0], layout, plan.filling)
    if keep_reference_output:
        every = layout.normal[kept] | True
        whole = whole_series(reference, plan.filling)
        _keep(whole[layout.times[kept]], mean, every, plan, 0, stored)
    reference_spectrum = transform_columns(reference.turned)
    for output in range(1, OUTPUTS):
        spectra = spectrum_of_rows(samples[output, plan.spread_samples], plan.spread_rows)
        spectra *= beta[output - 1]
        spectra += alpha[output - 1] * reference_spectrum
        corrected = samples[output, kept]
        corrected -= series(spectra, plan.kept_rows)
        _keep(corrected, mean, layout.normal[kept], plan, output, stored)


def _keep(samples, mean, means_back, plan, output, stored):
    """Store samples of an output, with the mean added to those that shall have it back."""
    sources, targets = plan.layout.rows[output, plan.kept], plan.targets[output]
    put_back(samples.shape, samples, mean, means_back, sources, targets, plan.layout.turned, stored)
