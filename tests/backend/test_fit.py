"""Arrays are held against the axes that they should have."""

import numpy as np
import pytest

from gpucal.backend.fit import check_fit, check_indices


def test_arrays_that_fit_are_taken():
    ramp, image = np.empty((2, 5, 6, 8)), np.empty((6, 8))
    check_fit(ramp=(ramp, "nints ngroups ny nx"), gain=(image, "ny nx"), zeroframe=(None, "nints ny nx"))
    check_fit(gain=(image, (6, "nx")), other=(image, image.shape))


@pytest.mark.parametrize(
    ("shape", "axes", "told"),
    [
        ((6, 7), "ny nx", r"gain has shape \(6, 7\), and should have \(6, 8\)"),
        ((1, 6, 8), "ny nx", r"gain has shape \(1, 6, 8\), and should have \(6, 8\)"),
        ((), "ny nx", r"gain has shape \(\), and should have \(6, 8\)"),
        ((3, 6), (2, "ny"), r"gain has shape \(3, 6\), and should have \(2, 6\)"),
        ((5, 9), ("n", "n"), r"gain has shape \(5, 9\), and should have \(5, 5\)"),
    ],
)
def test_what_does_not_fit_is_named(shape, axes, told):
    with pytest.raises(ValueError, match=told):
        check_fit(flags=(np.empty((6, 8)), "ny nx"), gain=(np.empty(shape), axes))


def test_indices_beyond_the_end_are_refused():
    check_indices(np.array([0, 4]), 5)
    check_indices(np.empty(0, int), 0)
    with pytest.raises(ValueError, match="element 5 is asked for, and there are 5"):
        check_indices(np.array([5, 1]), 5)
