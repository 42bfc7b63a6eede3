"""Profiles of point sources, against scipy's interpolation of their model."""

import numpy as np
from scipy import ndimage

from gpucal.kernels.spectra.psf_profile import PsfModel, psf_profiles
from tests.kernels.spectra.slits import packed_slits


def test_a_profile_is_the_model_between_its_pixels(backend):
    slits = packed_slits()
    image = np.random.default_rng(3).random((12, 60))
    places = [np.linspace(-1, 12, slit["wavelength"].size).reshape(slit["wavelength"].shape) for slit in slits.slits]
    places[0][2, 2] = np.nan
    shift = np.linspace(-3, 20, slits.lines.count)
    model = PsfModel(backend.asarray(image), 4.5)
    found = psf_profiles(slits.lines, model, slits.pack(places), backend.asarray(shift))
    for number, weights in enumerate(slits.unpack(found)):
        rows = np.arange(weights.shape[0])[:, None]
        across = slits.of_slit(shift, number) + rows * 4.5
        expected = ndimage.map_coordinates(image, [places[number], across], order=1)
        total = expected.sum(0)
        total[total == 0] = 1
        np.testing.assert_allclose(weights, expected / total, atol=1e-12)
        assert weights.any()
