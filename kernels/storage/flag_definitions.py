"""Flags of a reference file, brought to the meanings that all products share.

The bits of a reference's DQ array mean what its DQ_DEF table says; the table names each by its mnemonic.

Source: the JWST pipeline documentation on data quality flags,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/references_general/references_general.html#data-quality-flags.
"""

from gpucal.backend import pixel_kernel
from gpucal.backend.fit import check_fit


def standardize_flags(dq, meanings):
    """Give flags their standard bits, in place; bits without a meaning are dropped.

    Parameters
    ----------
    dq : (..., ny, nx) uint32 array
        The flags.
    meanings : (n, 2) uint32 array
        A bit of the reference, and the standard one of the same name.
    """
    check_fit(meanings=(meanings, ("n", 2)))
    rows = dq.reshape(-1, dq.shape[-1])
    standardize_pixel(rows.shape, rows, meanings)


@pixel_kernel
def standardize_pixel(row, x, dq, meanings):
    """Translate the flags of one pixel; most have none."""
    given = dq[row, x]
    if given == 0:
        return
    standard = given ^ given
    for n in range(meanings.shape[0]):
        if given & meanings[n, 0]:
            standard |= meanings[n, 1]
    dq[row, x] = standard
