"""Simulated IRS2 exposures: their shape, and correlated noise that their reference pixels tell."""

import numpy as np
import pytest
from astropy.io import fits

from gpucal.kernels.readout.irs2_layout import irs2_layout, normal_rows
from gpucal.simulate import Effects, simulate
from gpucal.simulate.detectors import detector_named
from gpucal.simulate.errors import SimulationError
from gpucal.simulate.irs2 import optimal_weights
from gpucal.simulate.readout import frame_time, pattern_named
from gpucal.simulate.subarrays import FULL
from gpucal.steps.ramps.dq_init import DQInitStep
from gpucal.steps.ramps.refpix import RefPixStep
from gpucal.steps.ramps.superbias import SuperBiasStep

BLOCK_ROWS = 64


@pytest.fixture(scope="module")
def noisy(tmp_path_factory):
    """Two groups with nothing in them but the noise of the electronics and of the reads."""
    effects = Effects.only("one_over_f", "amplifier_offsets", "odd_even", "read_noise", "bias")
    return simulate(
        tmp_path_factory.mktemp("irs2"),
        detector="NRS2",
        readpatt="NRSIRS2RAPID",
        ngroups=2,
        seed=3,
        effects=effects,
    )


@pytest.fixture
def ramps(noisy, monkeypatch):
    """Normal pixels before refpix and after it, (1, 2, 2048, 2048) each."""
    monkeypatch.setenv("STPIPE_DISABLE_CRDS_STEPPARS", "true")
    with noisy.crds():
        before = SuperBiasStep.call(DQInitStep.call(str(noisy.exposure)))
        after = RefPixStep.call(before)
    return before.data[:, :, normal_rows(irs2_layout("NRS2"))], after.data


def drift(ramp):
    """Spread of the medians of runs of pixels along the fast axis, of the difference of two groups."""
    change = (ramp[0, 1] - ramp[0, 0]) / np.sqrt(2)
    return np.median(change.reshape(-1, BLOCK_ROWS, change.shape[-1]), axis=1).std()


def test_what_is_stored(noisy):
    with fits.open(noisy.exposure) as hdus:
        header = hdus[0].header
        assert hdus["SCI"].data.shape == (1, 2, 3200, 2048)
    assert header["READPATT"] == "NRSIRS2RAPID"
    assert (header["NRS_NORM"], header["NRS_REF"], header["NOUTPUTS"]) == (16, 4, 5)
    assert (header["SUBSIZE1"], header["SUBSIZE2"]) == (2048, 2048)
    assert noisy.truth.rate.shape == (2048, 2048)
    shapes = {
        kind: fits.getdata(noisy.references[kind], 1).shape for kind in ("mask", "superbias", "saturation")
    }
    assert shapes == {"mask": (3200, 2048), "superbias": (3200, 2048), "saturation": (2048, 2048)}
    assert len(fits.getdata(noisy.references["refpix"], "IRS2")) == 2 * 712 * 2048


def test_interleaved_pixels_are_reference_pixels(noisy):
    mask = fits.getdata(noisy.references["mask"], "DQ")
    bits = {
        name.strip(): value for _bit, value, name, _text in fits.getdata(noisy.references["mask"], "DQ_DEF")
    }
    reference = mask & bits["REFERENCE_PIXEL"] != 0
    rows = normal_rows(irs2_layout("NRS2"))
    assert np.delete(reference, rows, axis=0).all()
    assert reference[rows].sum() == 2048**2 - 2040**2


def test_reference_pixels_take_most_of_the_drift_out(noisy, ramps):
    """Of 4 DN of correlated noise less than half is left, once the read noise of the medians is taken off."""
    read_noise = np.median(fits.getdata(noisy.references["readnoise"], "SCI")) / np.sqrt(2)
    of_medians = read_noise * np.sqrt(np.pi / 2 / BLOCK_ROWS)
    raw, left = (drift(ramp) for ramp in ramps)
    assert np.sqrt(raw**2 - of_medians**2) > 3
    assert np.sqrt(left**2 - of_medians**2) < 0.5 * np.sqrt(raw**2 - of_medians**2)


def test_the_mean_of_a_group_is_taken_out(ramps):
    """The means of the outputs drift by DN; what is left of it is the read noise of 128 x 2048 interleaved pixels."""
    before, after = (
        np.diff(ramp[0], axis=0)[0].reshape(4, 512, 2048)[:, 4:-4, 4:-4].mean(axis=(1, 2)) for ramp in ramps
    )
    assert np.abs(before).max() > 1
    of_interleaved = detector_named("NRS2").read_noise / detector_named("NRS2").gain / np.sqrt(128 * 2048)
    assert np.abs(after).max() < 4 * np.sqrt(2) * of_interleaved


def test_weights_are_those_of_the_best_estimate():
    """Noise of 4 DN whose power falls as 1/f is seen in the reads of 640 samples of 2048 rows, each with its noise."""
    detector, level = detector_named("NRS1"), 4.0
    alpha, beta = optimal_weights(detector, level)
    frequency = np.arange(1, 20000)
    power = level**2 / (2 * frequency * np.sum(1 / np.arange(1, 712 * 2048 // 16 + 1)))
    of_reads = (detector.read_noise / detector.gain) ** 2 / (640 * 2048)
    of_interleaved = beta[frequency] * 8 * 32 / 712  # eight of 712 / 32 pixel times are filled
    np.testing.assert_allclose(alpha[frequency] + of_interleaved, power / (power + of_reads), rtol=1e-6)
    np.testing.assert_allclose(alpha[frequency] / of_interleaved, 512 / 128, rtol=1e-6)
    assert alpha[0] == 0 and beta[0] * 8 * 32 / 712 == 1
    np.testing.assert_array_equal(alpha[1:], alpha[:0:-1])


def test_frame_time():
    """Seconds: TFRAME of flight headers."""
    assert frame_time(detector_named("NRS1"), FULL, interleaved=True) == pytest.approx(14.58888, abs=1e-4)
    assert pattern_named("NIRSPEC", "NRSIRS2").nframes == 5


def test_subarrays_are_not_read_so(tmp_path):
    with pytest.raises(SimulationError, match="NRSIRS2 reads full frames, not SUB2048"):
        simulate(tmp_path, detector="NRS1", subarray="SUB2048", readpatt="NRSIRS2")
