"""Sparse systems whose unknowns are ordered so that few of them are far apart: factorized within an envelope.

The unknowns are the light at wavelengths. Neighbours share pixels, which makes a band; where two orders share pixels,
wavelengths far apart do so, too, and the band has a second, curved one beside it. In the order of R. H. Chan and
A. George 1980 (BIT 20, 8), a reversed one of E. Cuthill and J. McKee, rows of the matrix begin not far from the
diagonal; the Cholesky factor has the same envelope (A. George and J. W.-H. Liu 1981, Computer Solution of Large Sparse
Positive Definite Systems, chapter 4). Rows are taken some at a time, so that nearly all is products of dense matrices,
and memory is linear in the number of unknowns.
"""

from typing import NamedTuple

import numpy as np
from scipy import linalg, sparse
from scipy.sparse.csgraph import reverse_cuthill_mckee

# Rows that are taken together.
ROWS = 96


class Envelope(NamedTuple):
    """The order of unknowns, and the place of each number of the matrices in blocks of rows.

    Attributes
    ----------
    order : (n,) int array
        Which unknown is taken when.
    begins : (nblocks + 1,) int array
        The first row of each block, and the end.
    firsts : (nblocks,) int array
        The first column of each block of rows.
    offsets : (nblocks + 1,) int array
        Where the rows of a block begin, and end, when all blocks stand one after another.
    places : list of (n,) int arrays
        For each matrix where its numbers stand.
    values : list of (n,) float64 arrays
        These numbers.
    """

    order: np.ndarray
    begins: np.ndarray
    firsts: np.ndarray
    offsets: np.ndarray
    places: list[np.ndarray]
    values: list[np.ndarray]

    def factorized(self, factors, dropped=None) -> "Factors":
        """The Cholesky factors of a sum of the matrices.

        Parameters
        ----------
        factors : sequence of float
            What each matrix is multiplied with.
        dropped : (n,) bool array, optional
            Unknowns that are zero.

        Raises
        ------
        `scipy.linalg.LinAlgError`
            If the sum is not positive definite, but for rounding.
        """
        held = np.zeros(self.offsets[-1])
        for factor, places, values in zip(factors, self.places, self.values, strict=True):
            held[places] += factor * values
        without = np.zeros(len(self.order), bool) if dropped is None else dropped[self.order]
        rows, inverses = [], []
        for number, begin in enumerate(self.begins[:-1]):
            end, first = self.begins[number + 1], self.firsts[number]
            row = held[self.offsets[number] : self.offsets[number + 1]].reshape(end - begin, end - first)
            _drop(row, without[first:end], begin - first)
            for earlier in range(first // ROWS, number):
                at, until, start = self.begins[earlier], self.begins[earlier + 1], self.firsts[earlier]
                common = max(first, start)
                part = row[:, at - first : until - first]
                part -= row[:, common - first : at - first] @ rows[earlier][:, common - start : at - start].T
                part[:] = part @ inverses[earlier].T
            left, corner = row[:, : begin - first], row[:, begin - first :]
            corner[:] = linalg.cholesky(corner - left @ left.T, lower=True, check_finite=False)
            inverses.append(linalg.lapack.dtrtri(corner, lower=1)[0])
            rows.append(row)
        return Factors(self, rows, inverses)


class Factors(NamedTuple):
    """The Cholesky factor of a matrix: rows of its blocks, and the inverses of their corners on the diagonal."""

    envelope: Envelope
    rows: list[np.ndarray]
    inverses: list[np.ndarray]

    def solve(self, right: np.ndarray) -> np.ndarray:
        """The solutions for right sides, (n,) or (n, nsides)."""
        order, begins, firsts = self.envelope.order, self.envelope.begins, self.envelope.firsts
        values = right[order].reshape(len(order), -1)
        for begin, end, first, row, inverse in zip(
            begins, begins[1:], firsts, self.rows, self.inverses, strict=False
        ):
            values[begin:end] -= row[:, : begin - first] @ values[first:begin]
            values[begin:end] = inverse @ values[begin:end]
        for number in range(len(self.rows))[::-1]:
            begin, end, first = begins[number], begins[number + 1], firsts[number]
            values[begin:end] = self.inverses[number].T @ values[begin:end]
            values[first:begin] -= self.rows[number][:, : begin - first].T @ values[begin:end]
        solved = np.empty_like(values)
        solved[order] = values
        return solved.reshape(right.shape)


def _drop(row, without, diagonal):
    """Take unknowns out of a block of rows: what is left of them is the diagonal."""
    if without.any():
        row[:, without] = 0.0
        own = np.flatnonzero(without[diagonal:])
        row[own] = 0.0
        row[own, diagonal + own] = 1.0


def envelope_of(*matrices) -> Envelope:
    """The envelope of symmetric matrices, of which sums are to be factorized.

    Parameters
    ----------
    *matrices : (n, n) sparse array
    """
    pattern = sum(abs(matrix) for matrix in matrices).tocsr()
    order = reverse_cuthill_mckee(pattern, symmetric_mode=True)
    count = len(order)
    place = np.empty(count, int)
    place[order] = np.arange(count)
    lower = []
    first = np.arange(count)
    for matrix in matrices:
        held = sparse.coo_array(matrix)
        row, column = place[held.row], place[held.col]
        kept = row >= column
        lower.append((row[kept], column[kept], held.data[kept]))
        np.minimum.at(first, row[kept], column[kept])
    begins = np.append(np.arange(0, count, ROWS), count)
    firsts = np.minimum.reduceat(first, begins[:-1]) // ROWS * ROWS
    widths = begins[1:] - firsts
    offsets = np.concatenate([[0], np.cumsum(widths * np.diff(begins))])
    places = []
    for row, column, _values in lower:
        block = row // ROWS
        places.append(offsets[block] + (row - begins[block]) * widths[block] + column - firsts[block])
    return Envelope(order, begins, firsts, offsets, places, [values for _row, _column, values in lower])
