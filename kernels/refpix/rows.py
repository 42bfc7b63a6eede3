"""Correction of MIRI by its reference pixels, which stand at the left and right edge.

Each of the four outputs reads every fourth column, and so it has one column of reference pixels at either edge.
Drifts are those from the first group of the integration: groups are corrected in their difference from it.

Source: the ``refpix`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/refpix/description.html.
"""

import numpy as np

from gpucal.backend import array_namespace, pixel_kernel
from gpucal.backend.fit import check_indices
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.kernels.refpix.means import column_signal
from gpucal.kernels.refpix.sections import Sections

OUTPUTS = 4


def edge_sections(pixeldq, odd_even_rows):
    """Sections of reference pixels: one for each output and, if rows are told apart, parity, at both edges.

    Parameters
    ----------
    pixeldq : (ny, nx) uint32 array
        Pixel flags of a full frame, on the host. A DO_NOT_USE pixel is left out.
    odd_even_rows : bool
        Whether odd and even rows have sections of their own.

    Returns
    -------
    Sections or None
        Its "columns" are the outputs, those of even rows after those of odd ones, which start with the first
        row. None if a section has no pixel.
    """
    ny, nx = pixeldq.shape
    numbers = np.arange(ny * nx, dtype=np.int32).reshape(ny, nx)
    rows = [slice(0, None, 2), slice(1, None, 2)] if odd_even_rows else [slice(None)]
    members = []
    for first_column in (0, nx - OUTPUTS):
        for parity in rows:
            for output in range(OUTPUTS):
                edge = parity, first_column + output
                members.append(numbers[edge][pixeldq[edge] & DO_NOT_USE == 0])
    lengths = [len(pixels) for pixels in members]
    if not all(lengths):
        return None
    starts = np.cumsum([0, *lengths], dtype=np.int32)
    return Sections(np.concatenate(members), starts, np.arange(len(members), dtype=np.int32).reshape(2, -1))


def subtract_edge_pixels(ramp, sections, siglimit):
    """Subtract the drift since the first group from all later groups, in place.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Full frames of MIRI, DN, edited; C-contiguous.
    sections : Sections
        Made by `edge_sections`, on the backend.
    siglimit : float
        Clipping limit of the means, in standard deviations.
    """
    _nints, ngroups, ny, nx = ramp.shape
    check_indices(sections.pixels, ny * nx)
    xp = array_namespace(ramp)
    every = sections._replace(pixels=xp.arange(len(sections.pixels)))
    for integration in ramp:
        first, later = integration[0], integration[1:]
        changes = later.reshape(ngroups - 1, ny * nx)[:, sections.pixels] - first.ravel()[sections.pixels]
        signal = column_signal(changes, every, siglimit, np.float32)
        # Rows of the same parity have the same signals.
        by_parity = signal.reshape(ngroups - 1, signal.shape[1] // OUTPUTS, OUTPUTS)
        along_rows = xp.tile(by_parity, -(-nx // OUTPUTS))
        subtract_since_first(later.shape, later, first, along_rows)


@pixel_kernel
def subtract_since_first(group, y, x, later, first, along_rows):
    """Correct the change of one pixel since the first group."""
    change = later[group, y, x] - first[y, x]
    later[group, y, x] = change - along_rows[group, y % along_rows.shape[1], x] + first[y, x]
