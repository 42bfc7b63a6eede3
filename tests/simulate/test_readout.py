"""Frame times, windows and orientation."""

import numpy as np
import pytest

from gpucal.simulate.detectors import DETECTORS, detector_named
from gpucal.simulate.effects import Effects
from gpucal.simulate.errors import SimulationError
from gpucal.simulate.orientation import readout_shape, to_science
from gpucal.simulate.pixels import make_pixels
from gpucal.simulate.readout import Readout, ReadPattern, frame_time, pattern_named
from gpucal.simulate.subarrays import Subarray, subarray_named, subarrays_of

# Seconds: TFRAME of flight headers, and the subarray tables of the JWST user documentation.
FRAME_TIMES = {
    ("NRCA2", "FULL"): 10.73677,
    ("NRCB1", "SUB64P"): 0.05016,
    ("NRCB1", "SUB160"): 0.27864,
    ("NRCALONG", "SUBGRISM256"): 1.34669,
    ("NRCA1", "SUB41STRIPE1_DHS"): 0.22009,
    ("NIS", "SUB80"): 0.07544,
    ("NIS", "SUBSTRIP256"): 5.49132,
    ("NIS", "WFSS64R"): 0.34061,
    ("NRS1", "ALLSLITS"): 5.49132,
    ("NRS1", "SUB512"): 0.22572,
    ("NRS2", "SUB2048"): 0.90156,
    ("GUIDER1", "SUB128CNTR"): 0.182,
    ("MIRIFULONG", "FULL"): 2.77504,
    ("MIRIMAGE", "SLITLESSPRISM"): 0.15904,
}


@pytest.mark.parametrize(("detector", "subarray"), FRAME_TIMES)
def test_frame_times(detector, subarray):
    detector = detector_named(detector)
    time = frame_time(detector, subarray_named(detector, subarray))
    assert time == pytest.approx(FRAME_TIMES[detector.name, subarray], abs=2e-5)


@pytest.mark.parametrize("name", DETECTORS)
def test_windows_lie_on_their_detector(name):
    detector = detector_named(name)
    for subarray in subarrays_of(detector).values():
        readout = Readout(detector, subarray, pattern_named(detector.instrument), 2, 1, 1.0)
        assert detector.reference_pixels()[readout.subarray.window].shape == subarray.shape
        assert readout_shape(detector, subarray.shape)[1] % subarray.noutputs == 0


@pytest.mark.parametrize(
    ("name", "first", "along_fast"),
    [
        ("NRCA1", (0, -1), (0, -2)),
        ("NRCA2", (-1, 0), (-1, 1)),
        ("NIS", (-1, -1), (-2, -1)),
        ("NRS1", (0, 0), (1, 0)),
        ("GUIDER2", (0, -1), (1, -1)),
        ("MIRIMAGE", (0, 0), (0, 1)),
    ],
)
def test_first_pixels_read(name, first, along_fast):
    """The pixel read first, and the one after it: signs of FASTAXIS and SLOWAXIS."""
    order = np.arange(12).reshape(3, 4)
    image = to_science(detector_named(name), order)
    assert image[first] == 0 and image[along_fast] == 1


def test_a_subarray_has_the_pixels_of_the_frame_it_is_cut_from():
    detector = detector_named("NRCA1")
    whole = make_pixels(detector, subarray_named(detector, "SUB320").window, Effects())
    part = make_pixels(detector, subarray_named(detector, "SUB160").window, Effects())
    for name in ("gain", "read_noise", "bias", "dark_rate", "full_well", "reference", "hot"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[160:, 160:], err_msg=name)
    assert not np.array_equal(part.gain, make_pixels(detector, (slice(0, 160),) * 2, Effects()).gain)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: detector_named("NRCC1"),
        lambda: subarray_named(detector_named("NIS"), "SUB64P"),
        lambda: pattern_named("NIRSPEC", "RAPID"),
        lambda: frame_time(DETECTORS["MIRIMAGE"], subarray_named(DETECTORS["MIRIMAGE"], "SUB64"), nsamples=9),
        lambda: Readout(DETECTORS["NIS"], subarray_named(DETECTORS["NIS"], "SUB64"), None, 0, 1, 1.0),
        lambda: Readout(
            DETECTORS["NIS"], Subarray("X", 2040, 1, 64, 64, 1), ReadPattern("NIS", 4, 0), 2, 1, 1.0
        ),
    ],
    ids=["detector", "subarray", "pattern", "samples", "no groups", "window"],
)
def test_what_cannot_be_simulated(ask):
    with pytest.raises(SimulationError):
        ask()
