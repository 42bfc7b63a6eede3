"""Correction of IRS2 exposures: drifts that the interleaved reference pixels and the reference output show.

The correction of an output is the sum, at each frequency, of what its interleaved pixels and the reference
output show, with the weights beta and alpha of a reference file.

Source: Rauscher et al. 2017, PASP 129, 105003, and the ``refpix`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/refpix/description.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace
from gpucal.backend.fit import check_fit
from gpucal.backend.fourier import transform_columns
from gpucal.kernels.readout.irs2_layout import (
    BLOCK,
    BLOCK_TIMES,
    INTERLEAVED,
    OUTPUTS,
    Irs2Layout,
    normal_rows,
)
from gpucal.kernels.refpix.irs2_fourier import (
    SeriesPlan,
    turns,
    weighted_series,
)
from gpucal.kernels.refpix.irs2_refout import (
    TAPER,
    GapFilling,
    fill_reference_output,
    gap_filling,
    whole_series,
)
from gpucal.kernels.refpix.irs2_series import Kept, mean_frame, put_back, time_series

# The four interleaved pixels of a block are an odd one read twice and an even one read twice. The series of
# reference pixels holds the first reads, in turn, before and while the pixels are read, and then the second.
SPREAD = (0, 2, 0, 2, 1, 3, 1, 3)
SPREAD_TIMES = range(7, 15)


class Irs2Plan(NamedTuple):
    """What the correction of every frame needs.

    Attributes
    ----------
    layout : Irs2Layout
    filling : GapFilling
    interleaved : (ninterleaved,) int array
        Samples that make the series of reference pixels.
    series : SeriesPlan
        How these and the reference output give the noise of the samples that are kept.
    kept : (nkept,) int array
        Samples of an output that the product keeps.
    targets : (5, nkept) int array
        Their rows in the product.
    """

    layout: Irs2Layout
    filling: GapFilling
    interleaved: np.ndarray
    series: SeriesPlan
    kept: np.ndarray
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
    interleaved = np.flatnonzero(~layout.normal)
    block = np.arange(layout.rows.shape[1] // BLOCK)[:, None]
    places = np.full(layout.period, -1)
    places[block * BLOCK_TIMES + SPREAD_TIMES] = block * INTERLEAVED + SPREAD
    turn = turns(np.arange(layout.period), layout.period, nslow)
    kept = np.flatnonzero(layout.normal | keep_interleaved)
    rows = layout.rows[:, kept]
    return Irs2Plan(
        layout,
        gap_filling(layout, nslow, turn, taper),
        interleaved,
        SeriesPlan(turn, places, layout.times[kept], len(interleaved)),
        kept,
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
    check_fit(
        ramp=(ramp, ("nints", "ngroups", plan.layout.rows.size, "nx")),
        kept=(plan.kept, "nkept"),
        targets=(plan.targets, (OUTPUTS, "nkept")),
        wanted=(plan.series.wanted, "nkept"),
    )
    nints, ngroups, nrows, nx = ramp.shape
    keeps_all = len(plan.kept) == plan.layout.rows.shape[1]
    nkept = nrows if keeps_all else (OUTPUTS - 1) * len(plan.kept)
    corrected = ramp.reshape(-1)[: nints * ngroups * nkept * nx].reshape(nints, ngroups, nkept, nx)
    for integration in range(nints):
        mean = mean_frame(ramp[integration])
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
        whole = whole_series(reference, plan.filling)
        nothing = array_namespace(whole).zeros((len(kept), whole.shape[1]), np.float32)
        _keep(whole, layout.times[kept], nothing, mean, layout.normal[kept] | True, plan, 0, stored)
    spectrum = transform_columns(reference.turned)
    for output in range(1, OUTPUTS):
        interleaved = samples[output, plan.interleaved]
        shown = weighted_series(interleaved, beta[output - 1], spectrum, alpha[output - 1], plan.series)
        _keep(samples[output], kept, shown, mean, layout.normal[kept], plan, output, stored)


def _keep(samples, places, shown, mean, means_back, plan, output, stored):
    """Store samples of an output, less the noise that is shown; where ``means_back`` is true, with their mean again."""
    kept = Kept(places, plan.layout.rows[output, plan.kept], plan.targets[output], means_back)
    put_back(shown.shape, samples, shown, mean, kept, plan.layout.turned, stored)
