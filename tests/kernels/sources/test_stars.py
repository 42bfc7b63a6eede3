"""Lists of stars against photutils."""

import warnings

import numpy as np
import pytest
from astropy.table import QTable
from photutils import use_future_column_names
from photutils.detection import DAOStarFinder, IRAFStarFinder

from gpucal.backend import current_backend
from gpucal.kernels.sources.star_profile import StarProfile
from gpucal.kernels.sources.stars import Selection, find_stars
from tests.kernels.sources.fields import field

FINDERS = {"dao": DAOStarFinder, "iraf": IRAFStarFinder}
OTHER_NAMES = {"x": "x_centroid", "y": "y_centroid"}

# Shape, number of stars, width, cut-off, threshold, selection.
CASES = {
    "as tweakreg": ((150, 170), 60, 2.5, 1.5, 10, Selection(2, (0.5, 2), (0, 0.2), None, 20)),
    "crowded": ((150, 170), 900, 2.5, 1.5, 10, Selection(2, (0.2, 1), (-1, 1))),
    "not too bright": ((100, 80), 90, 2.5, 1.5, 10, Selection(3, (0.1, 2), (-1, 0.7), 250.0)),
    "far apart": ((100, 80), 300, 3.7, 2.1, 8, Selection(9, (0.1, 3), (-1, 1), None, 30)),
    "narrow": ((60, 80), 90, 1.2, 1.5, 10, Selection(2, (0.0, 2), (-1, 0.9), None, 50)),
    "noise": ((90, 80), 0, 2.0, 1.5, 0.5, Selection(2, (-9, 9), (-9, 9))),
}


def of_photutils(method, image, mask, threshold, fwhm, cut_off, selection):
    with use_future_column_names(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        finder = FINDERS[method](
            threshold, fwhm, sigma_radius=cut_off, min_separation=selection.separation,
            sharpness_range=selection.sharpness, roundness_range=selection.roundness,
            peak_max=selection.highest_peak, n_brightest=selection.brightest,
        )  # fmt: skip
        return finder(image, mask=mask)


def compare(image, mask, method, case):
    _, _, fwhm, cut_off, threshold, selection = CASES[case]
    backend = current_backend()
    planes = backend.asarray(image), backend.asarray(mask)
    found = find_stars(*planes, method, threshold, StarProfile.of(fwhm, cut_off), selection)
    expected = of_photutils(method, image, mask, threshold, fwhm, cut_off, selection)
    assert isinstance(expected, QTable) and len(found["x"]) == len(expected)
    np.testing.assert_allclose(found["x"], expected["x_centroid"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(found["y"], expected["y_centroid"], rtol=0, atol=1e-6)
    for name in found.keys() & set(expected.colnames) - {"orientation"}:
        np.testing.assert_allclose(found[name], np.asarray(expected[name]), rtol=1e-5, atol=1e-6, err_msg=name)
    if method == "iraf":
        turns = (found["orientation"] - expected["orientation"].value + 90) % 180 - 90  # it is that of an axis
        assert np.abs(turns * found["roundness"]).max() < 1e-3
    return found


@pytest.mark.parametrize("method", FINDERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", CASES)
def test_like_photutils(case, dtype, method):
    shape, nstars, *_ = CASES[case]
    image, mask = field(shape, nstars, seed=len(case), dtype=dtype)
    y, x = np.indices(shape)
    found = compare((image - 5 - 0.02 * x + 0.01 * y).astype(dtype), mask, method, case)
    assert len(found["x"]) >= 6


@pytest.mark.parametrize("method", FINDERS)
def test_on_any_backend(backend, method):
    image, mask = field((40, 32), 20, seed=5)
    found = compare(image - np.float32(5), mask, method, "crowded")
    assert len(found["x"]) > 5


@pytest.mark.parametrize("method", FINDERS)
def test_no_star(method):
    backend = current_backend()
    image, mask = backend.asarray(np.zeros((20, 30), np.float32)), backend.asarray(np.zeros((20, 30), bool))
    found = find_stars(image, mask, method, 1.0, StarProfile.of(2.5), CASES["crowded"][-1])
    assert all(values.shape == (0,) for values in found.values())
