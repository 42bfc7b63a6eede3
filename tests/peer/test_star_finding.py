"""Sources of images as jwst finds them for tweakreg."""

from types import SimpleNamespace

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.backend import current_backend
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.steps.parts.catalogs.star_finding import find_sources, outside_of_image
from tests.kernels.sources.fields import field

# The parameters of tweakreg, with its defaults.
PARAMETERS = {
    "starfinder": "iraf", "snr_threshold": 10.0, "kernel_fwhm": 2.5, "bkg_boxsize": 400, "minsep_fwhm": 0.0,
    "sigma_radius": 1.5, "sharplo": 0.5, "sharphi": 2.0, "roundlo": 0.0, "roundhi": 0.2, "brightest": 200,
    "peakmax": None, "npixels": 10, "connectivity": "8", "nlevels": 32, "contrast": 0.001,
    "multithresh_mode": "exponential", "localbkg_width": 0, "apermask_method": "correct", "kron_params": None,
    "deblend": True,
}  # fmt: skip

CASES = [
    {},
    {"starfinder": "dao", "roundlo": -0.9, "roundhi": 0.9, "sharplo": 0.2, "peakmax": 900.0},
    {"bkg_boxsize": 30, "kernel_fwhm": 2.0, "minsep_fwhm": 2.5, "brightest": 25, "sigma_radius": 2.0},
    {"starfinder": "segmentation", "bkg_boxsize": 100},
    {"starfinder": "segmentation", "deblend": False, "connectivity": "4", "npixels": 5, "localbkg_width": 5},
    {"starfinder": "segmentation", "contrast": 0.01, "nlevels": 8, "multithresh_mode": "linear", "kernel_fwhm": 0},
]


def image_model(nstars=150, shape=(160, 180)):
    image, mask = field(shape, nstars, seed=11)
    dq = np.where(mask, DO_NOT_USE, 0).astype(np.uint32)
    dq[5, 5:40] = 4  # a jump, which is of no account
    return datamodels.ImageModel(data=image, dq=dq, err=np.full(shape, 0.5, np.float32))


def of_jwst(model, p):
    from jwst.tweakreg.tweakreg_catalog import make_tweakreg_catalog

    finder = {
        "sigma_radius": p.sigma_radius, "min_separation": max(2, int(p.minsep_fwhm * p.kernel_fwhm + 0.5)),
        "sharpness_range": (p.sharplo, p.sharphi), "roundness_range": (p.roundlo, p.roundhi), "peak_max": p.peakmax,
        "n_brightest": p.brightest, "n_pixels": p.npixels, "connectivity": int(p.connectivity),
        "n_levels": p.nlevels, "contrast": p.contrast, "mode": p.multithresh_mode, "error": model.err,
        "local_bkg_width": p.localbkg_width, "aperture_mask_method": p.apermask_method,
        "kron_params": p.kron_params, "deblend": p.deblend,
    }  # fmt: skip
    return make_tweakreg_catalog(
        model, p.snr_threshold, p.kernel_fwhm, p.bkg_boxsize, starfinder_name=p.starfinder, starfinder_kwargs=finder
    )


def ours(model, p):
    image, dq, err = (current_backend().asarray(plane) for plane in (model.data, model.dq, model.err))
    return find_sources(image, outside_of_image(dq), p, err)


@pytest.mark.parametrize("changed", CASES)
def test_like_jwst(changed):
    parameters, model = SimpleNamespace(**PARAMETERS | changed), image_model()
    found = ours(model, parameters)
    expected, segments = of_jwst(model, parameters)
    assert len(found) == len(expected) > 15
    np.testing.assert_array_equal(found.columns["id"], expected["id"])
    for name, theirs in {"x": "xcentroid", "y": "ycentroid"}.items():
        np.testing.assert_allclose(found.columns[name], expected[theirs], rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.columns["flux"], expected["flux"], rtol=1e-5)
    if segments is None:
        assert found.segments is None
    else:
        np.testing.assert_array_equal(found.segments, segments.data)
        np.testing.assert_allclose(found.columns["flux_err"], expected["segment_flux_err"], rtol=1e-6)


@pytest.mark.parametrize("starfinder", ["iraf", "dao", "segmentation"])
def test_where_there_is_none(starfinder, caplog):
    parameters, model = SimpleNamespace(**PARAMETERS | {"starfinder": starfinder}), image_model(nstars=0)
    assert len(ours(model, parameters)) == len(of_jwst(model, parameters)[0]) == 0
    model.dq[:] = DO_NOT_USE
    found = ours(model, parameters)
    assert len(found) == 0 and found.columns["x"].shape == (0,)
    assert "No sources are looked for: no part of the image" in caplog.text
