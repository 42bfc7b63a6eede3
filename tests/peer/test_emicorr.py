"""The emicorr step agrees with the peer."""

import asdf
import numpy as np
import pytest

from bench.agreement import compare
from gpucal.steps.ramps.emicorr import EmiCorrStep
from tests.interference import ramp, reference

pytestmark = pytest.mark.usefixtures("offline")

HZ = (390.625, 218.52055)
WAVES = ((390.625, 20.0), (218.52055, 8.0))


@pytest.fixture
def both(peer_step, tmp_path, monkeypatch):
    """Run both steps on an exposure, with a reference or without one."""
    monkeypatch.chdir(tmp_path)

    def run(exposure, emi=None, **settings):
        source = "N/A"
        if emi is not None:
            source = str(tmp_path / "emicorr.asdf")
            emi.save(source)
        settings = {"override_emicorr": source, **settings}
        return EmiCorrStep.call(exposure, **settings), peer_step("emicorr", exposure, **settings)

    return run


def assert_corrected(ours, theirs, before):
    compare(ours, theirs).assert_agrees()
    assert theirs.meta.cal_step.emicorr == "COMPLETE"
    assert abs(theirs.data - before.data).max() > 1


SETTINGS = [
    {},
    {},
    {"fit_ints_separately": True},
    {"algorithm": "sequential"},
    {"algorithm": "sequential"},
    {"algorithm": "sequential", "nints_to_phase": 2, "nbins": 37},
    {"algorithm": "sequential", "nints_to_phase": 7, "nbins": 600},
    {"algorithm": "sequential", "use_n_cycles": 200, "nbins": 501},
    {"algorithm": "sequential", "use_n_cycles": None, "scale_reference": False},
]


@pytest.mark.parametrize(("seed", "settings"), list(enumerate(SETTINGS)))
def test_known_waves(both, settings, seed):
    exposure = ramp(seed, nints=3, waves=WAVES)
    ours, theirs = both(exposure, reference(HZ), **settings)
    assert_corrected(ours, theirs, exposure)


READOUTS = {
    "SLITLESSPRISM": ("FASTR1", {}),
    "MASK1140": ("FAST", {}),
    "SUB256": ("SLOWR1", {"algorithm": "sequential"}),
    "BRIGHTSKY": ("SLOW", {"onthefly_corr_freq": [218.52055, 390.625]}),
}


@pytest.mark.parametrize("subarray", READOUTS)
def test_subarrays(both, subarray):
    readpatt, settings = READOUTS[subarray]
    exposure = ramp(3, subarray, readpatt, waves=WAVES)
    ours, theirs = both(exposure, reference(HZ[:1]), **settings)
    assert_corrected(ours, theirs, exposure)


@pytest.mark.parametrize("readpatt", ["FAST", "SLOWR1"])
@pytest.mark.parametrize(
    "settings", [{}, {"algorithm": "sequential"}, {"onthefly_corr_freq": [218.52055]}], ids=str
)
def test_full_rows(both, readpatt, settings):
    exposure = ramp(4, "FULL", readpatt, ngroups=4, waves=WAVES)
    ours, theirs = both(exposure, reference(HZ[1:]), **settings)
    assert_corrected(ours, theirs, exposure)


@pytest.mark.parametrize(
    ("ngroups", "settings"),
    [(3, {}), (3, {"algorithm": "sequential", "scale_reference": False}), (4, {"algorithm": "sequential"})],
)
def test_few_groups(both, ngroups, settings):
    exposure = ramp(4, ngroups=ngroups)
    ours, theirs = both(exposure, reference(), **settings)
    assert_corrected(ours, theirs, exposure)


@pytest.mark.parametrize("nsamples", [7, 257])
@pytest.mark.parametrize("algorithm", ["joint", "sequential"])
def test_lengths_of_the_reference_wave(both, nsamples, algorithm):
    exposure = ramp(5)
    ours, theirs = both(exposure, reference(nsamples=nsamples), algorithm=algorithm)
    assert_corrected(ours, theirs, exposure)


@pytest.mark.parametrize("algorithm", ["joint", "sequential"])
def test_nan(both, algorithm):
    exposure = ramp(6)
    exposure.data[0, 3, 5, 6] = np.nan
    compare(*both(exposure, reference(), algorithm=algorithm)).assert_agrees()


@pytest.mark.parametrize(("readpatt", "output_file"), [("FASTR1", None), ("SLOW", "sub/other_rate.fits")])
def test_saved_waves(both, tmp_path, readpatt, output_file):
    exposure = ramp(7, readpatt=readpatt, waves=WAVES)
    settings = {"onthefly_corr_freq": list(HZ), "save_intermediate_results": True, "output_file": output_file}
    folder = tmp_path if output_file is None else tmp_path / "sub"
    folder.mkdir(exist_ok=True)
    path = folder / ("made_emi_ref_waves.asdf" if output_file is None else "other_emi_ref_waves.asdf")

    assert not path.exists()
    ours = EmiCorrStep.call(exposure, override_emicorr="N/A", output_dir=str(folder), **settings)
    mine = contents(path)
    path.unlink()
    _, theirs = both(exposure, output_dir=str(folder), **settings)

    assert_corrected(ours, theirs, exposure)
    its = contents(path)
    assert mine["subarray_cases"] == its["subarray_cases"]
    assert list(mine["frequencies"]) == list(its["frequencies"])
    for name, known in its["frequencies"].items():
        assert mine["frequencies"][name]["frequency"] == known["frequency"]
        np.testing.assert_allclose(
            mine["frequencies"][name]["phase_amplitudes"], known["phase_amplitudes"], rtol=1e-5, atol=1e-6
        )
    same = {"instrument", "model_type", "pedigree", "reftype", "telescope"}
    assert {key: mine["meta"][key] for key in same} == {key: its["meta"][key] for key in same}


def contents(path):
    """The tree of a file, its arrays read."""
    with asdf.open(path, lazy_load=False, memmap=False) as tree:
        return {key: tree[key] for key in ("frequencies", "subarray_cases", "meta")}


def test_the_deprecated_name_of_the_reference(both, tmp_path):
    exposure = ramp(9)
    other = reference()
    other.frequencies.Hz391.phase_amplitudes = other.frequencies.Hz391.phase_amplitudes[::-1]
    path = str(tmp_path / "other.asdf")
    other.save(path)
    ours, theirs = both(exposure, reference(), user_supplied_reffile=path)
    assert_corrected(ours, theirs, exposure)
    compare(*both(exposure, reference(), user_supplied_reffile="N/A")).assert_agrees()


def skipped(both, exposure, emi=None, **settings):
    ours, theirs = both(exposure, emi, **settings)
    compare(ours, theirs).assert_agrees()
    return theirs.meta.cal_step.emicorr == "SKIPPED"


def test_skipped(both):
    assert skipped(both, ramp(10, shape=(8, 16)))
    assert skipped(both, ramp(10, ngroups=2, shape=(8, 16)), reference())
    assert skipped(both, ramp(10, "SUBPRISM"), reference())
    assert skipped(both, ramp(10, "SUBPRISM"), onthefly_corr_freq=[390.625])
    assert skipped(both, ramp(10), onthefly_corr_freq=[])

    of_another_detector = ramp(10, readpatt="SLOW")
    of_another_detector.meta.instrument.detector = "MIRIFULONG"
    assert skipped(both, of_another_detector, reference())
    assert skipped(both, ramp(10, readpatt="DEEP8"), reference())

    of_another_instrument = ramp(10)
    of_another_instrument.meta.instrument.name = "NIRCAM"
    of_another_instrument.meta.instrument.detector = "NRCA1"
    assert skipped(both, of_another_instrument)
