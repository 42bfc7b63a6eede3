"""The emicorr step."""

import asdf
import numpy as np
import pytest

from gpucal.core.config.parameters import ParameterError
from gpucal.data import InputError
from gpucal.kernels.emicorr.clock import ReadoutClock
from gpucal.reference import ReferenceFileError
from gpucal.steps.parts.ramps.emicorr_cases import SUBARRAY_CLOCKS
from gpucal.steps.ramps.emicorr import EmiCorrStep
from tests.interference import ramp, reference

ROWS = {"FULL_FAST": 1024, "FULL_SLOW": 1024, "BRIGHTSKY": 512, "SUB64": 64, "SUB128": 128, "SUB256": 256}
ROWS |= {"SLITLESSPRISM": 416, "MASK1065": 224, "MASK1140": 224, "MASK1550": 224, "MASKLYOT": 304}


@pytest.mark.parametrize(("algorithm", "left"), [("joint", 0.4), ("sequential", 1.5)])
def test_what_was_put_in_is_taken_out(algorithm, left):
    """But for the wave, the exposure with interference has the pixels of that without."""
    exposure = ramp(1, waves=((390.625, 0.0),))
    disturbed = ramp(1)
    added = disturbed.data - exposure.data
    found = EmiCorrStep.call(disturbed, override_emicorr=reference(), algorithm=algorithm)
    rest = found.data - exposure.data
    assert added.std() > 8
    assert rest.std() < left


def test_reference_of_another_amplitude_is_not_scaled_when_not_asked_for():
    exposure = ramp(2)
    settings = {"override_emicorr": reference(), "algorithm": "sequential"}
    scaled = EmiCorrStep.call(exposure, **settings).data - exposure.data
    unscaled = EmiCorrStep.call(exposure, scale_reference=False, **settings).data - exposure.data
    assert abs(scaled).max() == pytest.approx(20, rel=0.1)
    assert abs(unscaled).max() == pytest.approx(2, rel=0.01)


def test_waves_of_given_frequencies_are_saved(tmp_path):
    settings = {"onthefly_corr_freq": [390.625], "override_emicorr": "N/A", "output_dir": str(tmp_path)}
    EmiCorrStep.call(ramp(3), nbins=50, **settings)
    assert list(tmp_path.iterdir()) == []
    EmiCorrStep.call(ramp(3), nbins=50, save_intermediate_results=True, **settings)
    with asdf.open(tmp_path / "made_emi_ref_waves.asdf") as tree:
        assert tree["subarray_cases"]["SUB64"]["freqs"] == {"FASTR1": ["390.625"]}
        assert tree["frequencies"]["390.625"]["phase_amplitudes"].shape == (50,)
        assert np.ptp(tree["frequencies"]["390.625"]["phase_amplitudes"][:]) > 30


def test_frame_clocks_are_those_of_all_rows():
    assert {
        name: ReadoutClock(1, clocks.row).group(ROWS[name]) for name, clocks in SUBARRAY_CLOCKS.items()
    } == {name: clocks.frame for name, clocks in SUBARRAY_CLOCKS.items()}


def test_a_keyword_that_is_missing_is_named():
    exposure = ramp(4)
    exposure.meta.exposure.nsamples = None
    with pytest.raises(InputError, match="NSAMPLES"):
        EmiCorrStep.call(exposure, override_emicorr=reference())
    exposure.meta.exposure.nsamples, exposure.meta.subarray.xstart = 1, None
    with pytest.raises(InputError, match="SUBSTRT1"):
        EmiCorrStep.call(exposure, override_emicorr=reference(), algorithm="sequential")


def test_columns_that_four_outputs_do_not_read():
    with pytest.raises(InputError, match="70 columns"):
        EmiCorrStep.call(ramp(4, shape=(8, 70)), override_emicorr=reference())


@pytest.mark.parametrize(
    ("settings", "words"), [({"nbins": 0}, "0 bins"), ({"onthefly_corr_freq": [-3.0]}, "-3 Hz")]
)
def test_bad_parameters(settings, words):
    settings = {"override_emicorr": "N/A", "onthefly_corr_freq": [390.625], **settings}
    with pytest.raises(ParameterError, match=words):
        EmiCorrStep.call(ramp(4), **settings)


@pytest.mark.parametrize(
    ("wave", "words"),
    [
        ({"frequency": 390.625}, "no wave of Hz391"),
        ({"frequency": 390.625, "phase_amplitudes": np.full(9, np.nan)}, "not one of numbers"),
        ({"frequency": 390.625, "phase_amplitudes": np.ones(1)}, "not one of numbers"),
        ({"frequency": 0.0, "phase_amplitudes": np.ones(9)}, "no frequency"),
    ],
)
def test_a_bad_reference_is_named(wave, words):
    bad = reference()
    bad.frequencies.Hz391 = wave
    with pytest.raises(ReferenceFileError, match=words):
        EmiCorrStep.call(ramp(4), override_emicorr=bad)


def test_a_reference_file_that_is_not_there():
    with pytest.raises(ReferenceFileError, match="no such file"):
        EmiCorrStep.call(ramp(4), override_emicorr="N/A", user_supplied_reffile="none.asdf")
