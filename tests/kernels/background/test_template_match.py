"""Templates of a background that is brighter on one side of a step."""

import numpy as np
import pytest

from gpucal.kernels.background.template_match import REACH, left_of_step, match_templates

SHAPE = (40, 1000)
STEP = 700


def template(slope):
    y, x = np.indices(SHAPE)
    step = STEP + y // 10
    return ((1 + slope * x / 1000) * np.where(x < step, 1.0, 1.5)).astype(np.float32)


@pytest.fixture
def scene():
    """Two integrations with the second of three templates in them, 2 times left and 3 times right of its step."""
    templates = np.stack([template(slope) for slope in (0.0, 0.5, 1.0)])
    rng = np.random.default_rng(1)
    factors = np.where(left_of_step(templates[1]), 2.0, 3.0)
    data = templates[1] * factors + 0.01 * rng.standard_normal((2, *SHAPE))
    data[:, 10:20] += 50
    usable = data < 20
    data[0, 3, 5] = np.nan
    return data.astype(np.float32), usable, templates


def factors_by_definition(data, usable, one, percents):
    """Factors on both sides, and the sum of the scatters."""
    found, scatter = [], 0.0
    left = left_of_step(one)
    for side in (left, ~left & (np.arange(SHAPE[1]) <= 950)):
        mask = usable & side & np.isfinite(data)
        values, level = data[mask], np.broadcast_to(one, data.shape)[mask]
        ratio = values / level
        low, high = np.percentile(ratio, percents)
        found.append(np.median(ratio[(ratio > low) & (ratio < high)]))
        scatter += np.sqrt(((values - found[-1] * level) ** 2).mean())
    return found, scatter


def test_the_template_with_the_smallest_residuals_is_found(backend, scene):
    data, usable, templates = scene
    found = match_templates(*map(backend.asarray, scene), (25.0, 50.0))
    assert found.number == 1
    expected, _ = factors_by_definition(data, usable, templates[1], (25.0, 50.0))
    np.testing.assert_allclose(found.factors, expected, rtol=1e-6)
    left = left_of_step(templates[1])
    level = templates[1] * np.where(left, *found.factors)
    np.testing.assert_allclose(backend.asnumpy(found.level), level, rtol=1e-12)
    scatters = [factors_by_definition(data, usable, one, (25.0, 50.0))[1] for one in templates]
    assert np.argmin(scatters) == 1


def test_a_side_without_pixels_fits_no_template(backend, scene):
    data, usable, templates = scene
    usable[:, :, STEP - 20 :] = False
    assert match_templates(*map(backend.asarray, scene), (25.0, 50.0)) is None


def test_the_step_is_where_the_smoothed_template_rises_most():
    y, x = np.indices(SHAPE)
    blurred = np.clip((x - (STEP + y // 10 - 2)) / 4, 0, 1).astype(np.float32)  # a ramp about each step
    edges = left_of_step(blurred).sum(axis=1)
    inner = slice(REACH, -REACH)
    np.testing.assert_allclose(edges[inner], (STEP + np.arange(SHAPE[0]) // 10)[inner], atol=1)
