"""Sorting networks: a sequence of comparisons that sorts all zeros and ones sorts everything."""

from itertools import product

import numpy as np
import pytest

from gpucal.backend import strip_kernel
from gpucal.backend.strips import Scratch, strip_at
from gpucal.kernels.sorting_network import comparators, sort_planes


@strip_kernel
def sort_pixels(y, begin, end, _samples, scratch, samples, pairs, ordered):
    strip = strip_at(y, begin, end)
    for place in range(samples.shape[0]):
        for lane in range(strip.count):
            scratch[place, lane] = samples[place, strip.y, strip.first + lane]
    sort_planes(scratch, 0, pairs, strip)
    for place in range(samples.shape[0]):
        for lane in range(strip.count):
            ordered[place, strip.y, strip.first + lane] = scratch[place, lane]


def applied(count, samples):
    for low, high in comparators(count):
        samples[[low, high]] = np.sort(samples[[low, high]], axis=0)
    return samples


@pytest.mark.parametrize("count", range(1, 13))
def test_zeros_and_ones_are_sorted(count):
    samples = np.array(list(product((0, 1), repeat=count)), np.int8).T.reshape(count, -1)
    assert (np.diff(applied(count, samples), axis=0) >= 0).all()


@pytest.mark.parametrize("count", [13, 16, 31, 49, 100, 200])
def test_random_samples_are_sorted(count):
    samples = np.random.default_rng(count).integers(0, count, (count, 50))
    np.testing.assert_array_equal(applied(count, samples.copy()), np.sort(samples, axis=0))


def test_the_number_of_comparisons_is_that_of_batcher():
    """(p**2 - p + 4) * 2**(p - 2) - 1 for 2**p values."""
    assert [len(comparators(2**p)) for p in range(1, 7)] == [1, 5, 19, 63, 191, 543]


def test_pixels_are_sorted(backend):
    samples = np.random.default_rng(1).normal(size=(11, 3, 37))
    samples[4:6, 1] = np.inf
    ordered = backend.asarray(np.zeros_like(samples))
    sort_pixels((3, 37), Scratch(state=11), backend.asarray(samples), backend.asarray(comparators(11)), ordered)
    np.testing.assert_array_equal(backend.asnumpy(ordered), np.sort(samples, axis=0))
