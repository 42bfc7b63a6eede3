"""Level-1b files and references are valid; templates; determinism."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.simulate import Effects, Truth, simulate
from gpucal.simulate.errors import SimulationError
from gpucal.simulate.references import types_of

HEADERS = Path(__file__).parents[1] / "files" / "headers"
EXAMPLES = [
    ("NRCB1", "SUB64P", "BRIGHT2", True),
    ("NRCALONG", "SUBGRISM64", "RAPID", False),
    ("NIS", "SUB80", "NIS", False),
    ("NRS2", "SUB32", "NRSRAPIDD2", False),
    ("GUIDER2", "SUB32CNTR", None, False),
    ("MIRIMAGE", "SLITLESSPRISM", "FASTGRPAVG", False),
]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("detector", "subarray", "readpatt", "zero_frame"), EXAMPLES)
def test_exposures_are_valid(tmp_path, detector, subarray, readpatt, zero_frame):
    simulation = simulate(
        tmp_path, detector=detector, subarray=subarray, readpatt=readpatt, ngroups=3, nints=2
    )
    with datamodels.open(simulation.exposure, strict_validation=True) as model:
        model.validate()
        assert isinstance(model, datamodels.Level1bModel)
        exposure, window = model.meta.exposure, model.meta.subarray
        shape = (2, 3, window.ysize, window.xsize)
        assert model.data.shape == shape and model.data.dtype == np.uint16
        assert model.hasattr("zeroframe") == exposure.zero_frame == zero_frame
        frames = exposure.nframes + exposure.groupgap
        assert exposure.group_time == pytest.approx(frames * exposure.frame_time)
        assert model.group["group_number"].tolist() == [1, 2, 3, 1, 2, 3]
        assert model.int_times["integration_number"].tolist() == [1, 2]
        length = 86400 * (model.int_times["int_end_MJD_UTC"] - model.int_times["int_start_MJD_UTC"])
        assert length == pytest.approx(exposure.integration_time, abs=1e-5)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("detector", "subarray"), [("NRS2", "SUB32"), ("MIRIMAGE", "SUB64")])
def test_references_are_valid(tmp_path, detector, subarray):
    simulation = simulate(tmp_path, detector=detector, subarray=subarray, ngroups=2)
    window = fits.getheader(simulation.exposure)
    types = types_of(window["INSTRUME"])
    for kind, path in simulation.references.items():
        with getattr(datamodels, types[kind].model)(path, strict_validation=True) as model:
            model.validate()
            assert model.meta.instrument.detector == detector
            assert model.meta.reftype == (kind if path.suffix == ".asdf" else kind.upper())
            assert kind in ("ipc", "rscd", "emicorr") or (model.meta.subarray.xstart, model.meta.subarray.ystart) == (
                window["SUBSTRT1"],
                window["SUBSTRT2"],
            )


def test_flags_have_their_meaning_in_the_models(tmp_path):
    effects = Effects.only("bad_pixels", "hot_pixels", hot_pixel_fraction=0.1, bad_pixel_fraction=0.1)
    simulation = simulate(tmp_path, detector="NIS", subarray="SUB64", effects=effects)
    with datamodels.MaskModel(simulation.references["mask"]) as mask:
        assert set(np.unique(mask.dq)) == {0, 1 + 1024, 2048, 1 + 1024 + 2048, 2**31}
    with datamodels.LinearityModel(simulation.references["linearity"]) as linearity:
        assert set(np.unique(linearity.dq)) == {0, 1048576}
    with datamodels.SaturationModel(simulation.references["saturation"]) as saturation:
        assert set(np.unique(saturation.dq)) == {0, 2097152}


def test_template_gives_its_keywords(tmp_path):
    template = HEADERS / "jw01075001001_03105_00009_nrca3_uncal.fits"
    simulation = simulate(tmp_path, template=template, subarray="SUB64P", ngroups=2, effects=Effects.none())
    assert simulation.exposure.name == template.name
    expected, found = fits.getheader(template), fits.getheader(simulation.exposure)
    kept = set(expected) - {"", "COMMENT", "HISTORY"} - {
        "SUBARRAY", "SUBSTRT1", "SUBSTRT2", "SUBSIZE1", "SUBSIZE2", "NOUTPUTS", "NGROUPS",
        "TFRAME", "TGROUP", "EFFINTTM", "EFFEXPTM", "DURATION",
    }
    assert {key: found[key] for key in kept} == {key: expected[key] for key in kept}
    assert (found["SUBARRAY"], found["NGROUPS"], found["NOUTPUTS"]) == ("SUB64P", 2, 1)
    science = fits.getheader(simulation.exposure, "SCI")
    assert science["PA_V3"] == fits.getheader(template, "SCI")["PA_V3"]
    with datamodels.open(simulation.exposure, strict_validation=True) as model:
        assert model.data.shape == (1, 2, 64, 64)
        assert model.meta.exposure.start_time_mjd == expected["EXPSTART"]


def test_template_of_a_guide_star_acquisition(tmp_path):
    simulation = simulate(tmp_path, template=HEADERS / "fgs_acq1_guider2.fits")
    with datamodels.open(simulation.exposure) as model:
        assert model.data.shape == (model.meta.exposure.nints, 2, 128, 128)
        assert model.meta.exposure.frame_time == 0.182


def test_template_that_is_none(tmp_path):
    nothing = tmp_path / "nothing.fits"
    nothing.write_text("not a FITS file")
    with pytest.raises(SimulationError, match="nothing.fits"):
        simulate(tmp_path, template=nothing)


def test_a_seed_gives_the_same_files(tmp_path):
    def bytes_of(name, seed):
        simulation = simulate(tmp_path / name, detector="NRCB1", subarray="SUB64P", ngroups=3, seed=seed)
        data = fits.getdata(simulation.exposure)
        return data.tobytes(), {kind: path.read_bytes() for kind, path in simulation.references.items()}

    first, again, other = bytes_of("a", 1), bytes_of("b", 1), bytes_of("c", 2)
    assert first == again
    assert first[0] != other[0] and first[1] == other[1]


def test_threads_do_not_change_the_noise(tmp_path, monkeypatch):
    def groups(name, processors):
        monkeypatch.setattr("os.cpu_count", lambda: processors)
        simulation = simulate(tmp_path / name, detector="NRCB1", subarray="SUB400P", ngroups=2)
        return fits.getdata(simulation.exposure)

    np.testing.assert_array_equal(groups("one", 1), groups("two", 2))


def test_truth_is_saved(tmp_path):
    effects = Effects(cosmic_ray_rate=0.01, snowball_rate=2e-3)
    simulation = simulate(tmp_path, detector="NRCB1", subarray="SUB64P", effects=effects)
    saved = Truth.load(simulation.truth_path)
    assert saved.rate.dtype == np.float64 and len(saved.hits) > 0 and len(saved.snowballs) > 0
    for name in ("rate", "hits", "snowballs"):
        np.testing.assert_array_equal(getattr(saved, name), getattr(simulation.truth, name))
