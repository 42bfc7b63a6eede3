"""What the refpix step does with the IRS2 readout of NIRSpec."""

import logging

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.selection import on_backend
from gpucal.core import GpucalError, SkipStep
from gpucal.kernels.flags.dqflags import BAD_REF_PIXEL, DO_NOT_USE
from gpucal.kernels.readout.irs2_layout import RAW_SHAPE, irs2_layout, normal_rows
from gpucal.kernels.refpix.edges import subtract_reference_pixels
from gpucal.kernels.refpix.irs2 import irs2_plan, subtract_irs2
from gpucal.kernels.refpix.irs2_bad import find_bad_rows, listed_rows, replace_rows, replacements
from gpucal.kernels.refpix.irs2_fourier import weight_image
from gpucal.kernels.refpix.irs2_means import irs2_axes, irs2_sections
from gpucal.readouts.irs2 import layout_of

log = logging.getLogger(__name__)


def correct_irs2(
    exposure,
    reference,
    *,
    bad_pixel_sigma: float,
    subtract_offsets: bool,
    odd_even_columns: bool,
    clipping_sigma: float,
    keep_interleaved: bool,
) -> None:
    """Correct an exposure, which then loses its interleaved pixels unless it is to keep them.

    Parameters
    ----------
    exposure : Exposure
        Edited in place.
    reference : Reference
        The refpix reference.
    bad_pixel_sigma : float
        Sigmas at which an interleaved pixel is bad.
    subtract_offsets : bool
        Whether mean offsets of the outputs are subtracted first.
    odd_even_columns : bool
        Whether these are those of odd and even columns apart.
    clipping_sigma : float
        Sigmas at which these means are clipped.
    keep_interleaved : bool
        Whether the exposure keeps its interleaved pixels.

    Raises
    ------
    GpucalError
        If the exposure is not such that its readout is known.
    SkipStep
        If the reference has not the weights that are needed.
    """
    layout = layout_of(exposure)
    if exposure.data.shape[-1] != RAW_SHAPE[1]:
        raise GpucalError(
            f"{exposure.source}: IRS2 needs {RAW_SHAPE[1]} columns, not {exposure.data.shape[-1]}"
        )
    alpha, beta = read_weights(reference)
    bad = flag_bad_rows(exposure, bad_pixel_sigma)
    if subtract_offsets:
        subtract_mean_offsets(exposure, layout, odd_even_columns, clipping_sigma)
    replace_rows(exposure.data, replacements(np.flatnonzero(bad), bad))
    replace_listed_rows(exposure.data, layout, bad, reference.table("dq_table"))
    plan = irs2_plan(layout, RAW_SHAPE[1], keep_interleaved)
    if not keep_interleaved:  # before the ramps lose theirs: flags that an exposure lacks are made in their shape
        drop_flags_of_interleaved(exposure, layout)
    exposure.data = subtract_irs2(exposure.data, on_backend(plan), on_backend(alpha), on_backend(beta))


def read_weights(reference):
    """The weights of the reference output, alpha, and of the interleaved pixels, beta, for the four outputs.

    The table has the real and the imaginary part of each weight in rows that follow each other.

    Returns
    -------
    alpha, beta : list of (period, nslow // 2 + 1) complex64 array
        On the host, as `weight_image` arranges them.
    """
    table = reference.table("irs2_table")
    nslow = RAW_SHAPE[1]
    period = irs2_layout("NRS1").period
    if table is None or len(table) != 2 * period * nslow:
        found = "no" if table is None else len(table)
        raise SkipStep(f"{reference.label} has {found} rows of weights, not {2 * period * nslow}")
    return tuple(
        [weight_image(_complex(table[f"{kind}_{output}"]), nslow) for output in range(4)]
        for kind in ("alpha", "beta")
    )


def _complex(column):
    return np.ascontiguousarray(column, np.float32).view(np.complex64)


def flag_bad_rows(exposure, nsigma):
    """Find bad interleaved pixels, and flag all pixels of their rows; returns a bool array on the host."""
    backend = current_backend()
    flagged = backend.asnumpy((exposure.pixeldq & BAD_REF_PIXEL).any(axis=1))
    bad = find_bad_rows(exposure.data, flagged, nsigma)
    log.info("%d rows of interleaved reference pixels are bad", np.count_nonzero(bad))
    exposure.pixeldq[backend.asarray(np.flatnonzero(bad))] |= BAD_REF_PIXEL | DO_NOT_USE
    return bad


def subtract_mean_offsets(exposure, layout, odd_even_columns: bool, clipping_sigma: float) -> None:
    """Subtract the mean offsets of outputs and, where asked for, of their odd and even columns apart."""
    sections = irs2_sections(current_backend().asnumpy(exposure.pixeldq), layout, odd_even_columns)
    frames = exposure.data.reshape(-1, *RAW_SHAPE)
    subtract_reference_pixels(frames, irs2_axes(layout), on_backend(sections), None, clipping_sigma, 0.0)


def drop_flags_of_interleaved(exposure, layout) -> None:
    """Take the rows of interleaved pixels out of the flags."""
    rows = on_backend(normal_rows(layout))
    exposure.pixeldq = exposure.pixeldq[rows]
    exposure.groupdq = exposure.groupdq[:, :, rows]


def replace_listed_rows(ramp, layout, bad, table):
    """Replace the interleaved pixels that the reference lists as bad, unless they have been replaced already."""
    if table is None or not len(table):
        log.warning("The refpix reference lists no bad interleaved pixels")
        return
    columns = dict(zip((name.upper() for name in table.dtype.names), table.dtype.names, strict=True))
    turn = slice(None, None, -1 if layout.turned else 1)
    bad = bad[turn].copy()
    stored = np.arange(len(bad))[turn]
    for entry in table:
        output, odd_even, mask = (int(entry[columns[name]]) for name in ("OUTPUT", "ODD_EVEN", "MASK"))
        new = [column for column in listed_rows(output, odd_even, mask) if not bad[column]]
        bad[new] = True
        replace_rows(
            ramp,
            [(stored[row], tuple(stored[list(sources)])) for row, sources in replacements(new, bad)],
        )
