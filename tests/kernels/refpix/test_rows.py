"""Correction of MIRI by side pixels, against the formula in float64."""

import numpy as np
import pytest

from gpucal.backend.selection import on_backend
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.kernels.refpix.rows import edge_sections, subtract_edge_pixels

SHAPE = (12, 16)
SIGLIMIT = 1.5


def clipped_mean(values):
    values = values[np.isfinite(values)]
    while True:
        kept = values[np.abs(values - values.mean()) <= SIGLIMIT * values.std()]
        if len(kept) == len(values):
            return values.mean()
        values = kept


def expected(ramp, bad, odd_even_rows):
    made = ramp.astype(np.float64)
    step = 2 if odd_even_rows else 1
    for integration in made:
        for group in integration[1:]:
            change = group - integration[0]
            for output in range(4):
                for parity in range(step):
                    rows = slice(parity, None, step)
                    means = [
                        clipped_mean(change[rows, column][~bad[rows, column]])
                        for column in (output, 12 + output)
                    ]
                    group[rows, output::4] -= np.mean(means)
    return made


@pytest.mark.parametrize("odd_even_rows", [True, False])
def test_each_output_and_parity_has_its_drift_removed(backend, odd_even_rows):
    rng = np.random.default_rng(81)
    ramp = rng.normal(1000, 10, (2, 3, *SHAPE)).astype(np.float32)
    ramp[:, 1:, :, [0, 13]] += 5
    bad = rng.random(SHAPE) < 0.1
    sections = on_backend(edge_sections(bad * np.uint32(DO_NOT_USE), odd_even_rows))
    made = backend.asarray(ramp.copy())

    subtract_edge_pixels(made, sections, SIGLIMIT)

    np.testing.assert_allclose(backend.asnumpy(made), expected(ramp, bad, odd_even_rows), rtol=0, atol=2e-3)


def test_the_first_group_stays(backend):
    ramp = np.random.default_rng(82).normal(size=(2, 2, *SHAPE)).astype(np.float32)
    made = backend.asarray(ramp.copy())
    subtract_edge_pixels(made, on_backend(edge_sections(np.zeros(SHAPE, np.uint32), True)), 3.0)
    np.testing.assert_array_equal(backend.asnumpy(made)[:, 0], ramp[:, 0])


def test_a_single_group_stays(backend):
    ramp = np.ones((1, 1, *SHAPE), np.float32)
    made = backend.asarray(ramp.copy())
    subtract_edge_pixels(made, on_backend(edge_sections(np.zeros(SHAPE, np.uint32), True)), 3.0)
    np.testing.assert_array_equal(backend.asnumpy(made), ramp)


@pytest.mark.parametrize(("odd_even_rows", "there"), [(True, False), (False, True)])
def test_a_section_without_pixels_leaves_no_correction(odd_even_rows, there):
    pixeldq = np.zeros(SHAPE, np.uint32)
    pixeldq[::2, 13] = DO_NOT_USE
    assert (edge_sections(pixeldq, odd_even_rows) is not None) == there
