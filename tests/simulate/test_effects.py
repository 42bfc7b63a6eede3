"""Each effect, alone, shows its number."""

import numpy as np
import pytest
from astropy.io import fits
from numpy.polynomial import polynomial
from scipy.ndimage import correlate

from gpucal.simulate import Effects, ReferenceOptions
from gpucal.simulate.errors import SimulationError

QUANTUM = 1 / 12  # variance of rounding to whole counts


def test_without_effects_there_is_only_a_constant_level(simulated, reference):
    simulation, raw = simulated(Effects.none())
    assert np.unique(raw).tolist() == [11200]
    assert np.unique(reference(simulation, "superbias")).tolist() == [11200]
    assert not simulation.truth.rate.any() and len(simulation.truth.hits) == 0


def test_bias_is_the_superbias(simulated, reference):
    simulation, raw = simulated(Effects.only("bias"))
    superbias = reference(simulation, "superbias")
    assert superbias.std() > 50
    assert np.abs(raw - superbias).max() <= 0.5


def test_read_noise_is_that_of_the_reference(simulated, reference):
    simulation, raw = simulated(Effects.only("read_noise"), ngroups=20)
    difference = raw[0, 1::2] - raw[0, 0::2]
    expected = reference(simulation, "readnoise") ** 2 + 2 * QUANTUM
    assert np.mean(difference**2 / expected) == pytest.approx(1, abs=0.03)


def test_averaging_frames_lowers_the_read_noise(simulated, reference):
    simulation, raw = simulated(Effects.only("read_noise"), readpatt="MEDIUM8")
    difference = raw[0, 1::2] - raw[0, 0::2]
    expected = (reference(simulation, "readnoise") ** 2 + 2 * QUANTUM) / 8 + 2 * QUANTUM
    assert np.mean(difference**2 / expected) == pytest.approx(1, abs=0.05)


def test_shot_noise_has_the_variance_of_its_mean(simulated, reference):
    simulation, raw = simulated(Effects.only("sky", "poisson", sky_rate=3000.0), ngroups=20)
    gain = reference(simulation, "gain")
    mean = simulation.truth.rate * gain * 0.05016
    electrons = np.diff(raw[0], axis=0) * gain
    assert np.mean(electrons) == pytest.approx(np.mean(mean), rel=0.003)
    assert np.mean((electrons - mean) ** 2 / (mean + 2 * QUANTUM * gain**2)) == pytest.approx(1, abs=0.03)


def test_groups_are_the_mean_of_their_frames(simulated, reference):
    simulation, raw = simulated(Effects.only("sky", sky_rate=4000.0), readpatt="SHALLOW4", ngroups=6)
    frames = 5 * np.arange(6) + 2.5  # frames 1 to 4, one dropped, frames 6 to 9, ...
    expected = 11200 + simulation.truth.rate * 0.05016 * frames[:, None, None]
    assert np.abs(raw[0] - expected).max() <= 1
    zero = fits.getdata(simulation.exposure, "ZEROFRAME")
    assert np.abs(zero[0] - 11200 - simulation.truth.rate * 0.05016).max() <= 0.51


def test_dark_and_hot_pixels_are_in_the_dark_reference(simulated, reference):
    simulation, raw = simulated(
        Effects.only("dark", "hot_pixels", hot_pixel_fraction=0.05), subarray="SUB400P"
    )
    dark = reference(simulation, "dark")
    assert np.abs(raw[0] - 11200 - dark).max() <= 0.51
    hot = fits.getdata(simulation.references["mask"], "DQ") & 4
    assert np.mean(hot > 0) == pytest.approx(0.05, abs=0.002)
    assert dark[-1][hot > 0].min() > 2 * dark[-1][hot == 0].mean()
    assert not simulation.truth.rate.any()


def test_stars_are_where_the_truth_says(simulated):
    simulation, raw = simulated(Effects.only("stars", "saturation"), ngroups=10)
    # a peak rate that fills the well 1.5 groups into the ramp, and one that does so at its end
    assert simulation.truth.rate.max() * 0.05016 * 1.5 > 0.5 * 105e3 / 2.0
    signal = raw[0, 1] - raw[0, 0]
    linear = simulation.truth.rate * 0.05016
    faint = linear < 2000
    assert np.abs(signal - linear)[faint].max() <= 1.01


def test_linearity_coefficients_invert_the_response(simulated, reference):
    simulation, raw = simulated(
        Effects.only("sky", "linearity", sky_rate=180e3), references=ReferenceOptions(inverse_linearity=True)
    )
    coefficients = reference(simulation, "linearity", "COEFFS").astype(np.float64)
    measured = raw[0] - 11200
    linear = simulation.truth.rate * 0.05016 * np.arange(1, 11)[:, None, None]
    corrected = polynomial.polyval(measured, coefficients[:, None], tensor=False)
    assert (linear - measured)[-1].min() > 1000
    assert np.abs(corrected - linear).max() < 1
    inverse = reference(simulation, "linearity", "INV_COEFFS").astype(np.float64)
    again = polynomial.polyval(linear, inverse[:, None], tensor=False)
    assert np.abs(again - measured).max() < 1


def test_signal_stops_at_full_well_just_above_the_threshold(simulated, reference):
    simulation, raw = simulated(Effects.only("sky", "saturation", "linearity", sky_rate=600e3))
    threshold = np.minimum(reference(simulation, "saturation"), 65534)
    assert (raw[0, 0] < threshold).all()
    assert (raw[0, -1] > threshold).all() and (raw[0, -1] < 1.05 * threshold).all()
    assert (raw[0, -1] == raw[0, -2]).all()


def test_without_full_well_the_converter_sets_the_limit(simulated, reference):
    simulation, raw = simulated(Effects.only("sky", sky_rate=600e3))
    assert (raw[0, -1] == 65535).all()
    assert (reference(simulation, "saturation") > 65535).all()


def test_hits_are_where_the_truth_says(simulated, reference):
    effects = Effects.only("cosmic_rays", cosmic_ray_rate=0.05)
    simulation, raw = simulated(effects, readpatt="RAPID", nints=2, ngroups=8)
    hits = simulation.truth.hits
    assert len(hits) > 100
    charge = np.zeros(raw.shape)
    np.add.at(charge, (hits["integration"], hits["group"], hits["y"], hits["x"]), hits["electrons"])
    expected = 11200 + np.cumsum(charge, axis=1) / reference(simulation, "gain")
    assert np.abs(raw - np.clip(expected, 0, 65535)).max() <= 0.51
    assert hits["electrons"].min() >= 400 and hits["electrons"].max() <= 2e5


def test_hits_in_dropped_frames_show_in_the_next_group(simulated):
    effects = Effects.only("cosmic_rays", cosmic_ray_rate=0.05)
    simulation, raw = simulated(effects, readpatt="MEDIUM2", ngroups=4)
    dropped = simulation.truth.hits[simulation.truth.hits["frame"] % 10 >= 2]
    assert len(dropped) > 20
    signal = raw[0] - 11200
    group, y, x = dropped["group"], dropped["y"], dropped["x"]
    assert (signal[group, y, x] - signal[group - 1, y, x] > 100).mean() > 0.9  # others are at the limit


def test_snowballs_saturate_their_core_and_have_a_halo(simulated, reference):
    effects = Effects.only("snowballs", "saturation", snowball_rate=2e-6)
    simulation, raw = simulated(effects, "NRCB1", "SUB400P", seed=3)
    snowball = simulation.truth.snowballs[0]
    y, x = np.mgrid[0:400, 0:400]
    distance = np.hypot(y - snowball["y"], x - snowball["x"])
    after = raw[0, snowball["group"]]
    light = reference(simulation, "mask", "DQ") == 0
    core = light & (distance < snowball["radius"] - 1)
    ring = light & (np.abs(distance - 1.5 * snowball["radius"]) < 1)
    assert core.sum() > 10 and ring.sum() > 10
    threshold = np.minimum(reference(simulation, "saturation"), 65534)
    assert (after[core] > threshold[core]).all()
    assert (after[ring] - 11200 > 100).all() and (after[ring] < threshold[ring]).all()


def test_showers_lift_an_ellipse(simulated, reference):
    """Of the imager, whose linear response is that to signal and bias."""
    effects = Effects.only("showers", shower_rate=1e-4, shower_electrons=200.0)
    simulation, raw = simulated(effects, "MIRIMAGE", "SUB256", ngroups=5, seed=3)
    showers = simulation.truth.showers
    assert len(showers) > 0 and len(simulation.truth.snowballs) == 0
    y, x = np.mgrid[0:256, 0:256]
    expected = np.zeros(raw[0].shape)
    for shower in showers:
        turn = np.exp(-1j * shower["angle"]) * ((x - shower["x"]) + 1j * (y - shower["y"]))
        inside = turn.real**2 + (turn.imag / shower["axis_ratio"]) ** 2 < shower["radius"] ** 2
        expected[shower["group"] :, inside] += 200
    signal = raw[0] - 9000
    light = reference(simulation, "mask", "DQ") == 0
    counts = expected / reference(simulation, "gain")
    assert expected.any() and np.mean(np.abs(signal - counts)[:, light] > 0.51) < 1e-3


def test_near_infrared_detectors_have_no_showers(simulated):
    simulation, _ = simulated(Effects.only("showers", "snowballs", shower_rate=1e-3, snowball_rate=1e-2))
    assert len(simulation.truth.showers) == 0 and len(simulation.truth.snowballs) > 0


def test_outputs_have_their_own_offsets(simulated):
    _, raw = simulated(Effects.only("amplifier_offsets"), "NRCALONG", "SUBGRISM64", ngroups=2)
    strips = raw[0].reshape(2, 64, 4, 512)
    assert (strips == strips[:, :1, :, :1]).all()
    assert len(np.unique(strips[0, 0, :, 0])) == 4


@pytest.mark.parametrize(("detector", "axis"), [("NRCB1", 1), ("NRS1", 0)])
def test_odd_and_even_columns_differ_along_the_fast_axis(simulated, detector, axis):
    subarray = {"NRCB1": "SUB64P", "NRS1": "SUB32"}[detector]
    _, raw = simulated(Effects.only("odd_even", odd_even_offset=20.0), detector, subarray, ngroups=1)
    image = np.moveaxis(raw[0, 0], axis, 1)
    assert len(np.unique(image[:, 0::2])) == len(np.unique(image[:, 1::2])) == 1
    assert image[0, 0] != image[0, 1]


def test_coupling_is_undone_by_the_reference_kernel(simulated, reference):
    simulation, raw = simulated(Effects.only("bias", "ipc", ipc_coupling=0.01))
    bias = reference(simulation, "superbias").astype(np.float64)
    corrected = correlate(raw[0, 0], reference(simulation, "ipc").astype(np.float64))
    inside = np.s_[2:-2, 2:-2]
    assert (raw[0, 0] - bias)[inside].std() > 4
    assert (corrected - bias)[inside].std() < 0.5


def test_coupling_off_has_no_reference(simulated):
    simulation, _ = simulated(Effects.none())
    assert "ipc" not in simulation.references


def test_bad_pixels_are_marked_in_the_references(simulated, reference):
    simulation, raw = simulated(Effects.only("bad_pixels", "sky", bad_pixel_fraction=0.05, sky_rate=5000.0))
    shares = {
        "linearity": np.isnan(reference(simulation, "linearity", "COEFFS")).all(axis=0),
        "no correction": reference(simulation, "linearity", "DQ") > 0,
        "threshold": np.isnan(reference(simulation, "saturation")),
        "no check": reference(simulation, "saturation", "DQ") > 0,
        "gain": np.isnan(reference(simulation, "gain")),
        "negative gain": reference(simulation, "gain") < 0,
        "read noise": np.isnan(reference(simulation, "readnoise")),
        "dead": reference(simulation, "mask", "DQ") > 0,
    }
    for share in shares.values():
        assert share.mean() == pytest.approx(0.05, abs=0.015)
    growth = raw[0, -1] - raw[0, 0]
    assert (growth[shares["dead"]] == 0).all() and (growth[~shares["dead"]] > 0).all()


def test_reference_pixels_see_no_light(simulated, reference):
    simulation, raw = simulated(Effects.only("sky", "dark", sky_rate=2000.0), "NIS", "SUB64", ngroups=3)
    marked = reference(simulation, "mask", "DQ") > 0
    expected = np.zeros((64, 64), bool)
    expected[-4:] = expected[:, -4:] = True
    assert (marked == expected).all()
    growth = raw[0, -1] - raw[0, 0]
    assert (growth[expected] == 0).all() and (growth[~expected] > 0).all()
    assert (simulation.truth.rate[expected] == 0).all()


def test_unknown_effect():
    with pytest.raises(SimulationError, match="sparkle"):
        Effects.only("sparkle")
