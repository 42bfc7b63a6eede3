"""Cubes that are off by known amounts are told to be."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from bench.truth.cubes.measures import measure_field
from gpucal.simulate import CubeObservation, CubeScene, ExtendedField, PointSource
from gpucal.simulate.spectra.spectrum import Line, Spectrum

FIELD = ExtendedField(Spectrum(3.0), Spectrum(4.0, lines=(Line(3.3, 1.0, 4e-3),)), 0.4, 0.2, 0.7)
SCENE = CubeScene(PointSource(Spectrum(1e-3)), FIELD)
TARGET = (53.12, -27.8)
SPAXEL, STEP, FIRST = 0.1, 2e-3, 3.2


@pytest.fixture
def observation():
    return CubeObservation((), (), (), (), SCENE, TARGET, {}, Path(), "")


def cube(path, level, offset):
    """Write a cube of the scene: its brightness times a level, and an offset; empty at two edges."""
    y, x = np.indices((31, 31)) - 15
    wavelengths = FIRST + STEP * np.arange(100)
    seen = SCENE.brightness(-SPAXEL * x, SPAXEL * y, wavelengths[:, None, None], 0.07)
    data = (level * sum(seen) + offset).astype(np.float32)
    data[:, :2], data[:, :, -2:] = 0, np.nan
    header = {
        "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CTYPE3": "WAVE", "CUNIT1": "deg", "CUNIT2": "deg",
        "CRVAL1": TARGET[0], "CRVAL2": TARGET[1], "CRVAL3": FIRST, "CRPIX1": 16.0, "CRPIX2": 16.0, "CRPIX3": 1.0,
        "CDELT1": -SPAXEL / 3600, "CDELT2": SPAXEL / 3600, "CDELT3": STEP,
    }  # fmt: skip
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(data, fits.Header(header), name="SCI")]).writeto(path)
    return path


def test_a_true_cube(observation, tmp_path):
    found = measure_field(observation, cube(tmp_path / "s3d.fits", 1.0, 0.0))
    assert (found.brightness, found.slope) == pytest.approx((1, 1), abs=1e-5)
    assert found.scatter < 1e-5


def test_a_level_and_an_offset_are_told_apart(observation, tmp_path):
    found = measure_field(observation, cube(tmp_path / "s3d.fits", 1.02, 0.5))
    assert found.slope == pytest.approx(1.02, abs=1e-4)
    assert 1.10 < found.brightness < 1.19
