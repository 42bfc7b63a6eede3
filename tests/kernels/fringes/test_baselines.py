"""Baselines, envelopes, and lines that are no fringes."""

import numpy as np
import pytest

from gpucal.kernels.fringes.baseline import baseline, place_knots
from gpucal.kernels.fringes.envelopes import envelopes, without_runaways
from gpucal.kernels.fringes.lines import clip_lines, outside_lines
from gpucal.kernels.fringes.no_fit import NoFit

NUMBERS = 1e4 / np.linspace(4.9, 5.74, 600)
CURVE = 2.0 + 0.3 * ((NUMBERS - 1900) / 150) ** 2


@pytest.mark.parametrize("direction", [1, -1])
def test_a_parabola_is_its_own_baseline(direction):
    fit, knots = baseline(CURVE[::direction], np.ones(600), NUMBERS[::direction], 2.9)
    np.testing.assert_allclose(fit, CURVE[::direction], rtol=1e-9)
    assert knots[0] == 0 and knots[-1] == 599 and len(knots) == int(np.ptp(NUMBERS) / 2.9) + 2


def test_fringes_are_no_part_of_a_baseline():
    fringes = 1 + 0.02 * np.sin(2 * np.pi * NUMBERS / 2.9)
    fit, _ = baseline(CURVE * fringes, np.ones(600), NUMBERS, 2.9)
    assert np.std(fit / CURVE - 1) < 0.004 < np.std(fringes - 1) / 3


def test_gaps_are_bridged():
    weights = np.ones(600)
    weights[300:320] = 1e-8
    spoiled = CURVE.copy()
    spoiled[300:320] = 50.0
    fit, knots = baseline(spoiled, weights, NUMBERS, 2.9)
    np.testing.assert_allclose(fit[300:320], np.interp(np.arange(300, 320), [299, 320], CURVE[[299, 320]]), rtol=1e-3)
    assert {299, 320} <= set(knots)


def test_short_periods_have_straight_pieces():
    fit, _ = baseline(np.abs(NUMBERS - 1900), np.ones(600), NUMBERS, 1.2)
    np.testing.assert_allclose(fit, np.abs(NUMBERS - 1900), rtol=0, atol=0.5)


def test_outliers_do_not_pull_a_robust_baseline():
    spoiled = CURVE.copy()
    spoiled[250] += 3.0
    fit, _ = baseline(spoiled, np.ones(600), NUMBERS, 9.0)
    np.testing.assert_allclose(fit, CURVE, rtol=1e-3)


def test_spectra_without_room_for_a_baseline_are_refused():
    with pytest.raises(NoFit, match="shorter than 5 periods"):
        baseline(CURVE, np.ones(600), NUMBERS, 70.0)
    with pytest.raises(NoFit, match="more pieces than there are data"):
        baseline(CURVE, np.full(600, 0.1), NUMBERS, 2.9)
    with pytest.raises(NoFit, match="too few points"):
        baseline(CURVE, np.ones(600), np.where(np.abs(np.arange(600) - 300) < 30, NUMBERS[300], NUMBERS), 2.9)


def test_knots():
    np.testing.assert_array_equal(place_knots(np.ones(100), np.ones(100), 10), [0, *range(4, 95, 10), 99])
    weights = np.ones(100)
    weights[31:37] = 0.0
    edges = set(place_knots(np.ones(100), weights, 10)) - set(place_knots(np.ones(100), np.ones(100), 10))
    assert edges == {30, 37}


def test_envelopes_go_through_peaks_and_troughs():
    signal = np.sin(np.arange(200) / 5.0)
    lower, upper = envelopes(signal)
    assert np.abs(upper[10:-10] - 1).max() < 0.01 and np.abs(lower[25:-25] + 1).max() < 0.01
    np.testing.assert_allclose([lower[[0, -1]], upper[[0, -1]]], [signal[[0, -1]]] * 2, rtol=1e-12)


def test_peaks_have_to_surpass_more_neighbors_if_that_is_asked():
    signal = np.zeros(30)
    signal[[10, 12]] = 1.0, 2.0
    assert envelopes(signal, 1)[1][[10, 12]].tolist() == [1.0, 2.0]
    assert envelopes(signal, 2)[1][10] > 1.5 and envelopes(signal, 2)[1][12] == 2.0


def test_a_beat_that_swings_too_far_is_left_out():
    places = np.arange(400)
    beats = np.where(places < 200, 0.02, 0.3) * np.sin(np.pi * places / 200) * np.sin(places / 3.0)
    kept, rejected = without_runaways(beats, 0.2)
    assert rejected[220:380].all() and not rejected[:190].any()
    np.testing.assert_array_equal(kept, np.where(rejected, 0.0, beats))
    np.testing.assert_array_equal(without_runaways(beats, np.full(400, 1.0))[0], beats)


def test_points_far_above_the_others_are_lines():
    excess = np.abs(np.random.default_rng(2).normal(0, 0.01, 500))
    excess[[100, 101, 300]] = 0.2, 0.5, np.nan
    assert set(np.flatnonzero(~clip_lines(excess, 5.0))) == {100, 101, 300}


def test_a_peak_takes_what_is_between_its_troughs():
    excess = np.tile([0.0, 0.1, 0.05, 0.1], 10)
    excess[17] = 1.0
    free = outside_lines(excess, np.full(40, 0.5))
    assert set(np.flatnonzero(~free)) == {14, 15, 16, 17}  # of the troughs at 14 and 18, as near to 16, it is the first
    excess[30:32] = 1.2  # flat, so no peak
    assert not outside_lines(excess, np.full(40, 0.5))[[17, 30, 31]].any()
