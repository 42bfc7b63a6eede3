"""Bad interleaved reference pixels of IRS2: found by their statistics, or listed, and replaced.

Interleaved pixels are read twice, in pairs. A stored row of them is bad or good as a whole, in all groups and
integrations.

Source: the ``refpix`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/refpix/description.html.
"""

import numpy as np

from gpucal.backend import array_namespace, current_backend, host_backend, use_backend
from gpucal.kernels.readout.irs2_layout import BLOCK, BLOCKS, INTERLEAVED, NORMAL, OUTPUTS
from gpucal.kernels.statistics.sigma_clip import clipped_statistics, sorted_finite

PAIR = 2


def interleaved_rows(nrows):
    """Which rows of a raw image, or columns in detector orientation, hold reference pixels; bool array."""
    place = np.arange(nrows) % BLOCK - NORMAL // 2
    return (place >= 0) & (place < INTERLEAVED)


def find_bad_rows(ramp, flagged, nsigma):
    """Find the pairs of interleaved rows that stand out, and add them to those that are flagged already.

    In each integration and output, three numbers of each pair are compared with those of the others: the mean
    absolute difference of its reads, their mean and their standard deviation. A pair is bad if one of them
    exceeds the clipped mean by more than ``nsigma`` clipped standard deviations. Flagged pairs are left out of this.

    Parameters
    ----------
    ramp : (nints, ngroups, nrows, nx) float32 array
        Raw images, DN.
    flagged : (nrows,) bool array
        On the host: rows known to be bad.
    nsigma : float
        The limit, and that of the clipping.

    Returns
    -------
    (nrows,) bool array
        On the host.
    """
    nrows = ramp.shape[2]
    first_of_pairs = np.flatnonzero(interleaved_rows(nrows))[::PAIR]
    usable = ~(flagged[first_of_pairs] | flagged[first_of_pairs + 1])
    statistics = pair_statistics(ramp, first_of_pairs)
    bad = flagged.copy()
    with use_backend(host_backend()):
        for output in range(OUTPUTS):
            here = usable & (first_of_pairs // (nrows // OUTPUTS) == output)
            for values in statistics.reshape(-1, len(first_of_pairs)):
                high = first_of_pairs[here][stands_out(values[here], nsigma)]
                bad[high] = bad[high + 1] = True
    return bad


def stands_out(values, nsigma):
    """Which values are more than so many standard deviations above the mean of those that are no outliers."""
    ordered = sorted_finite(values)
    if not len(ordered):
        return np.zeros(len(values), bool)
    usual = clipped_statistics(ordered, nsigma)
    return values - usual.mean > nsigma * usual.sigma


def pair_statistics(ramp, first_of_pairs):
    """Mean absolute difference, mean and standard deviation of pairs of rows.

    Parameters
    ----------
    ramp : (nints, ngroups, nrows, nx) float32 array
        Raw images, DN.
    first_of_pairs : (npairs,) int array
        First row of each pair.

    Returns
    -------
    (nints, 3, npairs) float64 array
        On the host, over all groups of an integration, DN.
    """
    xp = array_namespace(ramp)
    nints, ngroups, _nrows, nx = ramp.shape
    rows = current_backend().asarray(first_of_pairs)
    sums = xp.zeros((nints, 3, len(first_of_pairs)))
    for integration in range(nints):
        level = ramp[integration, 0, rows, :1].astype(np.float64)
        for group in range(ngroups):
            reads = ramp[integration, group, rows], ramp[integration, group, rows + 1]
            sums[integration, 0] += xp.abs(reads[1] - reads[0]).sum(axis=-1, dtype=np.float64)
            for read in reads:
                above = read - level
                sums[integration, 1] += above.sum(axis=-1)
                sums[integration, 2] += (above * above).sum(axis=-1)
        sums[integration, 0] /= ngroups * nx
        sums[integration, 1:] /= PAIR * ngroups * nx
        sums[integration, 2] = xp.sqrt(xp.maximum(sums[integration, 2] - sums[integration, 1] ** 2, 0))
        sums[integration, 1] += level[:, 0]
    return current_backend().asnumpy(sums)


def listed_rows(output, odd_even, mask, nrows=OUTPUTS * BLOCKS * BLOCK):
    """The interleaved pixels that one row of the DQ table of a refpix reference calls bad.

    Parameters
    ----------
    output : int
        The output, 1 to 4.
    odd_even : int
        1 or 2: the pair that was read first or second. Even outputs are read the other way.
    mask : int
        Bit k stands for block k, counted along the columns of the detector.
    nrows : int
        Columns of a raw image in detector orientation.

    Returns
    -------
    list of int
        Columns in detector orientation, in pairs.
    """
    pair = odd_even - 1 if output % 2 else 2 - odd_even
    first = output * (nrows // OUTPUTS) + NORMAL // 2 + PAIR * pair
    starts = [first + block * BLOCK for block in range(BLOCKS) if mask >> block & 1]
    return [start + read for start in starts for read in range(PAIR)]


def replacements(wanted, bad):
    """What to put in the place of bad rows.

    A bad row becomes the mean of the rows one block below and above, which have the same place in their blocks. If
    one of these is bad, it becomes the other; if both are, a good row of the other pair of its own block, the one below
    if both are good; and else zero. All of these belong to the same output.

    Parameters
    ----------
    wanted : sequence of int
        The rows to replace.
    bad : (nrows,) bool array
        All bad rows, those included.

    Returns
    -------
    list of (int, tuple of int)
        Each row and its sources, whose mean it becomes: two, one, or none for zero.
    """
    interleaved = interleaved_rows(len(bad))
    per_output = len(bad) // OUTPUTS

    def good(rows, output):
        return tuple(row for row in rows if row // per_output == output and not bad[row])

    plan = []
    for row in wanted:
        output = row // per_output
        sources = good((row - BLOCK, row + BLOCK), output)
        if not sources:
            pairs = [near for near in (row - PAIR, row + PAIR) if 0 <= near < len(bad) and interleaved[near]]
            sources = good(pairs, output)[:1]
        plan.append((int(row), tuple(map(int, sources))))
    return plan


def replace_rows(ramp, plan):
    """Replace bad rows of all groups, in place.

    Parameters
    ----------
    ramp : (nints, ngroups, nrows, nx) float32 array
        Raw images, DN, edited.
    plan : list of (int, tuple of int)
        See `replacements`.
    """
    for row, sources in plan:
        if len(sources) == 2:
            ramp[:, :, row] = (ramp[:, :, sources[0]] + ramp[:, :, sources[1]]) / np.float32(2)
        else:
            ramp[:, :, row] = ramp[:, :, sources[0]] if sources else 0
