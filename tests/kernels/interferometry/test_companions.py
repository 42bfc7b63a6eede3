"""Sums of squares of companions, against complex visibilities."""

import numpy as np

from gpucal.kernels.interferometry.companions import Baselines, Triangles, chi_squared

RNG = np.random.default_rng(8)


def test_sums_are_those_of_complex_visibilities(backend):
    sides, ends = RNG.normal(0, 1e6, (5, 2, 2)), RNG.normal(0, 1e6, (4, 2))
    phase, phase_error = RNG.uniform(-3, 3, 5), RNG.uniform(0.1, 1, 5)
    value, error = RNG.uniform(0.5, 1, 4), RNG.uniform(0.01, 0.1, 4)
    separations, angles, contrasts = (
        np.array([0.0, 3e-7, 8e-7]),
        np.array([0.3, 2.0, 4.4, 6.0]),
        np.array([0.01, 0.5]),
    )
    asarray = backend.asarray
    triangles = Triangles(*map(asarray, (phase, phase_error, sides)))
    baselines = Baselines(*map(asarray, (value, error, ends)))
    sums = chi_squared(triangles, baselines, *map(asarray, (separations, angles, contrasts)), 0.4)
    expected = np.zeros((3, 4, 2))
    for place in np.ndindex(expected.shape):
        east, north = separations[place[0]] * np.array([np.sin(angles[place[1]]), np.cos(angles[place[1]])])
        contrast = contrasts[place[2]]

        def visibility(uv, east=east, north=north, contrast=contrast):
            return (1 + contrast * np.exp(-2j * np.pi * (uv @ (east, north)))) / (1 + contrast)

        product = visibility(sides[:, 0]) * visibility(sides[:, 1]) * visibility(-sides.sum(1))
        distance = np.angle(np.exp(1j * phase) / product * abs(product)) / phase_error
        expected[place] = (
            0.4 * (distance**2).sum() + (((value - abs(visibility(ends)) ** 2) / error) ** 2).sum()
        )
    np.testing.assert_allclose(backend.asnumpy(sums), expected, rtol=1e-9)
