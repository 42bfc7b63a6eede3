"""Which reference pixels correct which columns."""

import numpy as np

from gpucal.kernels.flags.dqflags import DO_NOT_USE, REFERENCE_PIXEL
from gpucal.kernels.readout.detector_frame import Window
from gpucal.kernels.refpix.sections import four_output_sections, single_output_sections


def numbers_of(window):
    shape = len(window.slow), len(window.fast)
    return np.arange(shape[0] * shape[1], dtype=np.int32).reshape(shape), np.zeros(shape, np.uint32)


def members(sections, fast):
    """For one column, the sets of pixels of the two sections that correct it."""
    pixels, starts, columns = sections
    return [set(pixels[starts[section] : starts[section + 1]].tolist()) for section in columns[:, fast]]


def expected(window, numbers, rows, columns):
    held = np.ix_(np.array(rows) - window.slow.start, np.array(columns) - window.fast.start)
    return set(numbers[held].ravel().tolist())


def test_a_column_is_corrected_by_its_output_and_parity_at_both_edges():
    window = Window(range(2048), range(508, 516))
    numbers, pixeldq = numbers_of(window)

    sections = four_output_sections(numbers, pixeldq, window, odd_even_columns=True)

    for column in window.fast:
        alike = [other for other in window.fast if other // 512 == column // 512 and other % 2 == column % 2]
        assert members(sections, column - 508) == [
            expected(window, numbers, range(4), alike),
            expected(window, numbers, range(2044, 2048), alike),
        ]


def test_parities_pool_when_asked_for():
    window = Window(range(4), range(508, 516))
    numbers, pixeldq = numbers_of(window)

    sections = four_output_sections(numbers, pixeldq, window, odd_even_columns=False)

    pooled = expected(window, numbers, range(4), range(508, 512))
    assert members(sections, 0) == members(sections, 1) == [pooled, pooled]


def test_an_edge_without_good_pixels_is_left_out():
    window = Window(range(2048), range(4))
    numbers, pixeldq = numbers_of(window)
    pixeldq[:4] = DO_NOT_USE
    pixeldq[2045, 0] = DO_NOT_USE

    sections = four_output_sections(numbers, pixeldq, window, odd_even_columns=True)

    top = expected(window, numbers, range(2044, 2048), [0, 2]) - {2045 * 4}
    assert members(sections, 0) == [top, top]


def test_an_output_that_lacks_a_parity_is_not_corrected():
    window = Window(range(4), range(508, 516))
    numbers, pixeldq = numbers_of(window)
    pixeldq[:, [0, 2]] = DO_NOT_USE

    sections = four_output_sections(numbers, pixeldq, window, odd_even_columns=True)

    assert all(members(sections, fast) == [set(), set()] for fast in range(4))
    assert all(members(sections, fast)[0] for fast in range(4, 8))


def test_four_outputs_without_edges_are_not_corrected():
    window = Window(range(100, 104), range(508, 516))

    sections = four_output_sections(*numbers_of(window), window, odd_even_columns=True)

    assert len(sections.pixels) == 0
    assert members(sections, 3) == [set(), set()]


def test_one_output_takes_all_flagged_pixels_of_a_parity():
    window = Window(range(100, 108), range(509, 517))
    numbers, pixeldq = numbers_of(window)
    pixeldq[:, :2] = REFERENCE_PIXEL
    pixeldq[3, 0] |= DO_NOT_USE
    pixeldq[5, 5] = DO_NOT_USE

    sections = single_output_sections(numbers, pixeldq, window, odd_even_columns=True)

    odd = expected(window, numbers, window.slow, [509]) - {3 * 8}
    even = expected(window, numbers, window.slow, [510])
    assert [members(sections, fast) for fast in (0, 1, 6)] == [[odd, odd], [even, even], [odd, odd]]


def test_one_output_that_lacks_a_parity_is_not_corrected():
    window = Window(range(100, 104), range(8))
    numbers, pixeldq = numbers_of(window)
    pixeldq[:, 0] = REFERENCE_PIXEL

    apart = single_output_sections(numbers, pixeldq, window, odd_even_columns=True)
    pooled = single_output_sections(numbers, pixeldq, window, odd_even_columns=False)

    assert members(apart, 0) == members(apart, 1) == [set(), set()]
    assert members(pooled, 1)[0] == {0, 8, 16, 24}
