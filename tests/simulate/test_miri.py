"""The mid-infrared detectors: what a reset leaves, the outputs, the response, and the modes."""

import numpy as np
import pytest
from astropy.io import fits
from numpy.polynomial import polynomial

from gpucal.simulate import Effects, simulate

BIAS = 9000


@pytest.fixture
def imager(simulated):
    """Function: simulate an effect of the imager alone, and return the simulation and the raw signal."""

    def run(*effects, ngroups=20, nints=3, levels=(), **options):
        made = Effects.only(*effects, **dict(levels))
        simulation, raw = simulated(made, "MIRIMAGE", "SUB64", ngroups=ngroups, nints=nints, **options)
        return simulation, raw - BIAS

    return run


def test_the_reset_anomaly_is_that_of_the_reference(imager, reference):
    simulation, signal = imager("reset_anomaly", levels={"reset_anomaly_level": 500.0}.items())
    anomaly = reference(simulation, "reset")
    assert anomaly.shape == (2, 15, 64, 72) and not anomaly[:, -1].any()
    np.testing.assert_allclose(signal[:, :15], anomaly[[0, 1, 1]], atol=0.51)
    assert not signal[:, 15:].any()
    assert signal[1, 0].mean() == pytest.approx(500, rel=0.02) and signal[0, 0].mean() < 260


def test_the_decay_of_the_switches_is_over_after_the_groups_of_the_reference(imager):
    simulation, signal = imager("switch_decay")
    table = fits.getdata(simulation.references["rscd"], "RSCD_GROUP_SKIP")
    row = table[(table["subarray"] == "SUB64") & (table["readpatt"] == "FASTR1")][0]
    assert signal[1, 0].mean() == pytest.approx(60, rel=0.02)
    for integration, spoiled in enumerate([row["group_skip1"], row["group_skip"], row["group_skip"]]):
        assert signal[integration, :spoiled].mean(axis=(1, 2)).min() > 0
        assert np.abs(signal[integration, spoiled:]).mean() < 0.1


@pytest.mark.parametrize(("effect", "group", "offset"), [("first_frame", 0, 40), ("last_frame", -1, -30)])
def test_the_first_and_the_last_group_are_off(imager, effect, group, offset):
    _, signal = imager(effect)
    assert (signal[:, group] == offset).all()
    signal[:, group] = 0
    assert not signal.any()


def test_the_dark_of_the_first_integration_settles(imager, reference):
    simulation, signal = imager("dark", "dark_settling", readpatt="FASTGRPAVG", ngroups=6)
    dark = reference(simulation, "dark")
    assert dark.shape == (2, 24, 64, 72) and reference(simulation, "dark", "DQ").shape == (2, 1, 64, 72)
    averaged = dark.reshape(2, 6, 4, 64, 72).mean(axis=2)
    np.testing.assert_allclose(signal, averaged[[0, 1, 1]], atol=1)
    assert dark[0, -1].mean() > dark[1, -1].mean() + 4


def test_other_detectors_do_not_settle(simulated):
    effects = Effects.only("reset_anomaly", "switch_decay", "first_frame", "last_frame", "dark_settling")
    _, raw = simulated(effects)
    assert np.unique(raw).size == 1


def test_linearity_acts_on_signal_and_bias(imager, reference):
    simulation, signal = imager("sky", "linearity", levels={"sky_rate": 1.5e5}.items(), nints=1, ngroups=15)
    coefficients = reference(simulation, "linearity", "COEFFS").astype(np.float64)
    corrected = polynomial.polyval(signal[0] + BIAS, coefficients[:, None], tensor=False)
    expected = BIAS + simulation.truth.rate * 0.08512 * np.arange(1, 16)[:, None, None]
    lit = reference(simulation, "mask", "DQ") == 0
    assert (expected - signal[0] - BIAS)[-1][lit].min() > 1000
    assert np.abs(corrected - expected)[:, lit].max() < 1


def test_outputs_take_turns_along_a_row(imager):
    _, signal = imager("amplifier_offsets", nints=1, ngroups=1)
    image = signal[0, 0]
    assert (image == np.tile(image[0, :4], 18)).all() and len(np.unique(image)) == 4


def test_odd_and_even_rows_differ(imager):
    _, signal = imager("odd_even", levels={"odd_even_offset": 200.0}.items(), nints=1, ngroups=1)
    image = signal[0, 0]
    assert (image[::2] == image[0]).all() and (image[1::2] == image[1]).all()
    assert (image[0] != image[1]).all()


def test_columns_at_the_left_edge_are_reference_pixels(imager, reference):
    simulation, signal = imager("sky", levels={"sky_rate": 5e4}.items())
    marked = reference(simulation, "mask", "DQ") > 0
    assert marked[:, :4].all() and not marked[:, 4:].any()
    assert not signal[..., :4].any() and (signal[:, -1, :, 4:] > 0).all()


def test_the_reference_output_is_there(imager):
    simulation, _ = imager("bias", nints=2, ngroups=5)
    output = fits.getdata(simulation.exposure, "REFOUT")
    assert output.shape == (2, 5, 64, 18) and output.dtype == np.uint16


@pytest.mark.parametrize(
    ("detector", "subarray", "readpatt", "expected"),
    [
        ("MIRIMAGE", "SLITLESSPRISM", None, ("MIR_LRS-SLITLESS", "P750L", None, 0.15904, 1)),
        ("MIRIMAGE", "MASK1065", None, ("MIR_4QPM", "F1065C", None, 0.23968, 1)),
        ("MIRIFUSHORT", None, "SLOWR1", ("MIR_MRS", None, "12", 23.88992, 9)),
    ],
)
def test_modes(tmp_path, detector, subarray, readpatt, expected):
    simulation = simulate(
        tmp_path, detector=detector, subarray=subarray, readpatt=readpatt, ngroups=1, effects=Effects.none()
    )
    header = fits.getheader(simulation.exposure)
    keywords = ("EXP_TYPE", "FILTER", "CHANNEL", "TFRAME", "NSAMPLES")
    assert tuple(header.get(keyword) for keyword in keywords) == expected
