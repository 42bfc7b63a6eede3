"""Products of matrices that are small: of few rows, and as many columns as a spectrum has points."""

import numpy as np

# Products of more multiplications are begun on several threads by OpenBLAS, which takes longer than they do.
MOST_MULTIPLICATIONS = 2**18
MOST_COMPLEX_MULTIPLICATIONS = 2**15


def product_over_points(first, second):
    """The sums over all points of products: ``first @ second.T``, some points at a time.

    Parameters
    ----------
    first, second : (n, npoints), (m, npoints) arrays
        Float64 or complex128.

    Returns
    -------
    (n, m) array
        Of the wider type.
    """
    most = MOST_COMPLEX_MULTIPLICATIONS if np.iscomplexobj(second) else MOST_MULTIPLICATIONS
    at_once = max(1, most // (len(first) * len(second)))
    npoints = first.shape[1]
    total = first[:, :at_once] @ second[:, :at_once].T
    for begin in range(at_once, npoints, at_once):
        total += first[:, begin : begin + at_once] @ second[:, begin : begin + at_once].T
    return total


def weighted_sum(factors, rows):
    """The sum of rows, each times its factor: ``factors @ rows``, (npoints,) float64."""
    return np.einsum("k,kn->n", factors, rows)
