"""The guide star pipeline: rates are those of the star, tables stay, products have their names."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.backend import use_backend
from gpucal.cli.main import main
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.pipelines.guider import GuiderPipeline
from gpucal.simulate.guider import TABLES, simulate_guide_star

HEADERS = Path(__file__).parents[1] / "files" / "headers"

# Shape and integrations of a small exposure of each function.
FUNCTIONS = {
    "id-image": ((64, 48), None),
    "id-stack": ((64, 48), None),
    "acq1": ((32, 32), 40),
    "acq2": ((32, 32), 40),
    "track": ((32, 32), 100),
    "fineguide": ((8, 8), 400),
}


@pytest.fixture
def simulation(request, tmp_path, monkeypatch):
    monkeypatch.setenv("STPIPE_DISABLE_CRDS_STEPPARS", "true")
    shape, nints = FUNCTIONS[request.param]
    made = simulate_guide_star(tmp_path, HEADERS / f"fgs_{request.param}_guider2.fits", nints, shape, seed=4)
    with made.crds():
        yield made


def flat_fielded(simulation):
    """The rates, and where their flat field is known."""
    rates = GuiderPipeline.call(simulation.exposure)
    return rates, (rates.dq & DO_NOT_USE) == 0


@pytest.mark.parametrize("simulation", ["acq1", "acq2", "track", "fineguide"], indirect=True)
def test_rates_are_unbiased(simulation):
    rates, good = flat_fielded(simulation)
    residual = rates.data[:, good].astype(float) - simulation.rate[good]
    residual = residual[:, ~np.isnan(residual).any(axis=0)]
    nints, npixels = residual.shape
    assert npixels > 0.6 * good.size
    pull = residual.mean(axis=0) / (residual.std(axis=0) / np.sqrt(nints))
    assert abs(pull.mean()) < 4 / np.sqrt(npixels)
    assert pull.std() == pytest.approx(1, abs=4 / np.sqrt(2 * npixels))


@pytest.mark.parametrize("simulation", ["id-image", "id-stack"], indirect=True)
def test_the_smaller_of_two_rates_is_low_by_its_expectation(simulation):
    rates, good = flat_fielded(simulation)
    group_time = rates.meta.exposure.group_time
    dark = good & (simulation.rate < 1e-3) & ~np.isnan(rates.data[0])
    residual = rates.data[0][dark] - simulation.rate[dark]
    sigma = np.sqrt(2) * 15.0 / 1.94 / group_time  # read noise in electrons over gain, as simulated
    assert residual.mean() == pytest.approx(-sigma / np.sqrt(np.pi), rel=0.1)


@pytest.mark.parametrize("simulation", FUNCTIONS, indirect=True)
def test_tables_are_those_of_the_raw_file(simulation, tmp_path):
    GuiderPipeline.call(simulation.exposure, output_file="made", output_dir=str(tmp_path), save_results=True)
    names = TABLES.get(fits.getval(simulation.exposure, "EXP_TYPE"), ())
    with fits.open(simulation.exposure) as raw, fits.open(tmp_path / "made_cal.fits") as product:
        tables = [hdu.name for hdu in product[1:] if hdu.name not in ("SCI", "ERR", "DQ", "ASDF")]
        assert len(tables) == len(names)
        for table in tables:
            assert len(raw[table].data) == 5
            for column in raw[table].columns.names:
                np.testing.assert_array_equal(product[table].data[column], raw[table].data[column])


@pytest.mark.parametrize("simulation", ["id-stack", "acq1", "fineguide"], indirect=True)
def test_products_of_a_device_are_those_of_the_cpu(simulation, request):
    with use_backend("cpu"):
        expected = GuiderPipeline.call(simulation.exposure)
    request.getfixturevalue("strict_device")
    rates = GuiderPipeline.call(simulation.exposure)
    for name in ("data", "err", "dq", "var_flat"):
        np.testing.assert_array_equal(getattr(rates, name), getattr(expected, name))


@pytest.mark.parametrize("simulation", ["track"], indirect=True)
def test_from_the_command_line(simulation, tmp_path):
    source = tmp_path / "made_uncal.fits"
    simulation.exposure.rename(source)
    folder = tmp_path / "products"
    arguments = ["--output_dir", str(folder), "--steps.guider_cds.save_results=true"]
    assert main(["strun", "calwebb_guider", str(source), *arguments]) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["made_cal.fits", "made_guider_cds.fits"]
    header = fits.getheader(folder / "made_cal.fits")
    assert header["DATAMODL"] == "GuiderCalModel"
    assert {header[f"S_{step}"] for step in ("DQINIT", "GUICDS", "FLAT")} == {"COMPLETE"}
    assert header["R_GAIN"] == f"crds://{simulation.references['gain'].name}"
    assert header["R_DFLAT"] == "N/A"
    rates = folder / "made_guider_cds.fits"
    assert main(["strun", "guider.cfg", str(rates)]) == 1
    skipped = [f"--steps.{step}.skip=true" for step in ("dq_init", "guider_cds")]
    assert (
        main(["strun", "calwebb_guider.cfg", str(rates), "--output_dir", str(folder / "again"), *skipped])
        == 0
    )
    with (
        datamodels.open(folder / "again" / "made_cal.fits") as again,
        datamodels.open(folder / "made_cal.fits") as all_,
    ):
        np.testing.assert_array_equal(again.data, all_.data)


def test_a_science_exposure_is_refused(tmp_path, capsys):
    model = datamodels.Level1bModel((1, 2, 8, 8))
    model.meta.exposure.type = "FGS_IMAGE"
    model.save(tmp_path / "made_uncal.fits")
    assert main(["strun", "calwebb_guider", str(tmp_path / "made_uncal.fits")]) == 1
    assert "is of type RampModel; GuiderPipeline takes GuiderRawModel or GuiderCalModel" in capsys.readouterr().err
