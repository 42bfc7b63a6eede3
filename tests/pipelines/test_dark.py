"""The pipeline of dark exposures: its steps, its product, what it refuses."""

import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.cli.main import main
from gpucal.data import Exposure
from gpucal.pipelines.dark import DarkPipeline
from gpucal.simulate import Effects, simulate

NEAR_INFRARED = ("group_scale", "dq_init", "saturation", "ipc", "superbias", "refpix", "linearity")
MID_INFRARED = (
    *("group_scale", "dq_init", "emicorr", "saturation", "ipc"),
    *("firstframe", "lastframe", "reset", "linearity", "rscd"),
)


@pytest.mark.parametrize(
    ("instrument", "steps"),
    [("NIRCAM", NEAR_INFRARED), ("NIRSPEC", NEAR_INFRARED), ("FGS", NEAR_INFRARED), ("MIRI", MID_INFRARED)],
)
def test_steps_stop_before_the_dark(instrument, steps):
    model = datamodels.RampModel((1, 2, 4, 4))
    model.meta.instrument.name = instrument
    pipeline = DarkPipeline()
    assert pipeline.order(Exposure(model)) == steps
    assert set(pipeline.step_defs) == {*NEAR_INFRARED, *MID_INFRARED}


@pytest.fixture
def simulation(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STPIPE_DISABLE_CRDS_STEPPARS", "true")
    effects = Effects.only("bias", "dark", "read_noise", "linearity", "saturation", "bad_pixels")
    made = simulate(
        "in", detector="NRCB1", subarray="SUB64P", ngroups=6, effects=effects, exp_type="NRC_DARK", seed=1
    )
    with made.crds():
        yield made


def test_the_product_is_a_corrected_ramp(simulation):
    assert main(["strun", "calwebb_dark.cfg", str(simulation.exposure), "--output_dir", "out"]) == 0
    name = simulation.exposure.name.replace("uncal", "dark")
    with fits.open(f"out/{name}") as product:
        header = product[0].header
        assert header["DATAMODL"] == "RampModel"
        assert {header[f"S_{step}"] for step in ("DQINIT", "SATURA", "SUPERB", "REFPIX", "LINEAR")} == {
            "COMPLETE"
        }
        assert not {"S_DARK", "S_JUMP", "S_RAMP"} & set(header)
        usable = (product["PIXELDQ"].data == 0) & (product["GROUPDQ"].data == 0).all(axis=(0, 1))
        signal = product["SCI"].data[0][:, usable]
    assert usable.mean() > 0.9
    read_noise = 10.4 / 2.0  # electrons of the simulated detector, over its gain
    assert abs(signal.mean()) < 4 * read_noise / np.sqrt(signal.size)
    assert np.std(signal[1] - signal[0]) == pytest.approx(np.sqrt(2) * read_noise, rel=0.05)


def test_the_user_chooses_the_suffix(simulation):
    assert main(["strun", "calwebb_dark", str(simulation.exposure), "--suffix", "mine"]) == 0
    assert simulation.exposure.parent.parent.joinpath(
        simulation.exposure.name.replace("uncal", "mine")
    ).exists()


def test_a_keyword_is_missing(simulation, capsys):
    fits.delval(simulation.exposure, "NFRAMES")
    assert main(["strun", "calwebb_dark", str(simulation.exposure)]) == 1
    assert "the header lacks NFRAMES, which DarkPipeline needs" in capsys.readouterr().err
