"""Jumps that spread to the pixels beside them."""

import numpy as np
import pytest

from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET, SATURATED
from gpucal.kernels.jump import neighbors
from gpucal.kernels.jump.neighbors import flag_neighbors
from tests.kernels.jump.jump_ramps import first_differences, noise_of, noisy_ramps, pixel_maps

BESIDE = [(-1, 0), (1, 0), (0, -1), (0, 1)]


def flagged(backend, ramp, groupdq, gain, read_noise, nframes, smallest, largest):
    edited = backend.asarray(groupdq.copy())
    maps = backend.asarray(gain), backend.asarray(read_noise)
    flag_neighbors(backend.asarray(ramp), edited, *maps, nframes, smallest, largest)
    return backend.asnumpy(edited)


def with_jumps(rng, nints, ngroups, ny, nx):
    ramp, groupdq = noisy_ramps(rng, nints, ngroups, ny, nx)
    groupdq[(rng.random(ramp.shape) < 0.15)] |= JUMP_DET
    return ramp, groupdq


@pytest.mark.filterwarnings("ignore:All-NaN slice encountered")
@pytest.mark.parametrize(("smallest", "largest"), [(0.3, 1.5), (2.0, 1e9)])
def test_jumps_of_the_right_size_spread(backend, smallest, largest):
    rng = np.random.default_rng(6)
    ramp, groupdq = with_jumps(rng, 2, 6, 5, 6)
    gain, read_noise = pixel_maps(rng, 5, 6)

    result = flagged(backend, ramp, groupdq, gain, read_noise, 2, smallest, largest)

    differences = first_differences(ramp, groupdq, gain)
    median = np.nanmedian(differences, axis=(0, 1))
    size = np.abs(differences - median) / noise_of(median, read_noise, gain, 2)
    expected = groupdq.copy()
    spread = (groupdq[:, 1:] & JUMP_DET != 0) & (size > smallest) & (size < largest)
    for integration, group, y, x in np.argwhere(spread):
        for dy, dx in BESIDE:
            if 0 <= y + dy < 5 and 0 <= x + dx < 6:
                place = integration, group + 1, y + dy, x + dx
                if not groupdq[place] & (DO_NOT_USE | SATURATED):
                    expected[place] |= JUMP_DET
    np.testing.assert_array_equal(result, expected)
    assert (result != groupdq).any()


@pytest.mark.parametrize(("y", "x", "neighbors"), [(2, 2, 4), (0, 2, 3), (2, 0, 3), (4, 4, 2)])
def test_edges_have_fewer_neighbors(backend, y, x, neighbors):
    ramp = np.zeros((1, 5, 5, 5), np.float32)
    ramp[0, 3:, y, x] = 100
    groupdq = np.zeros(ramp.shape, np.uint8)
    groupdq[0, 3, y, x] = JUMP_DET
    ones = np.ones((5, 5), np.float32)

    result = flagged(backend, ramp, groupdq, ones, ones, 1, 10.0, 1000.0)

    expected = [[0, 3, y + dy, x + dx] for dy, dx in BESIDE if 0 <= y + dy < 5 and 0 <= x + dx < 5]
    assert len(expected) == neighbors
    assert np.argwhere(result).tolist() == sorted([*expected, [0, 3, y, x]])


@pytest.mark.parametrize("rows", [1, 2, 4])
def test_blocks_of_rows_do_not_show(backend, monkeypatch, rows):
    rng = np.random.default_rng(7)
    ramp, groupdq = with_jumps(rng, 1, 5, 7, 5)
    settings = *pixel_maps(rng, 7, 5), 1, 0.5, 100.0
    whole = flagged(backend, ramp, groupdq, *settings)
    blocks = [slice(start, min(start + rows, 7)) for start in range(0, 7, rows)]
    monkeypatch.setattr(neighbors, "row_tiles", lambda nrows, bytes_per_row: iter(blocks))
    np.testing.assert_array_equal(flagged(backend, ramp, groupdq, *settings), whole)
    assert (whole != groupdq).any()
