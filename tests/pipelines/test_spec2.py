"""Stage 2 of spectra: which steps run, products and their names, what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.peer_tests.offline import cache_without_rules
from gpucal.associations import AssociationError
from gpucal.cli.main import main
from gpucal.core import GpucalError
from gpucal.data import Exposure, InputError
from gpucal.data.membership import Membership
from gpucal.kernels.flags.dqflags import FLUX_ESTIMATED
from gpucal.pipelines import Spec2Pipeline, spec2_modes
from gpucal.simulate.crds_cache import crds_environment
from gpucal.steps.parts.lrs_types import SLITLESS_TYPE
from tests.lrs_exposures import exposure, flat_reference, overrides, photom_reference, specwcs, with_rates
from tests.nirspec_slits import exposure as nirspec_exposure
from tests.nirspec_slits import overrides as nirspec_overrides


def of_type(kind, members=(), model="ImageModel", **instrument):
    made = getattr(datamodels, model)()
    made.meta.exposure.type = kind
    for name, value in instrument.items():
        setattr(made.meta.instrument, name, value)
    given = Exposure(made, "made_rate.fits")
    given.membership = Membership(others={role: [Path(f"{role}.fits")] for role in members})
    return given


def steps_of(exposure):
    every = (*spec2_modes.calls(exposure), *spec2_modes.PRODUCTS, *spec2_modes.calls_on_spectra(exposure))
    return " ".join(name for name in every if spec2_modes.applies(name, exposure))


BEFORE, AFTER = "assign_wcs badpix_selfcal", "adaptive_trace_model pixel_replace"
SLITS = "extract_2d srctype wavecorr flat_field"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            of_type("NRS_FIXEDSLIT", ["background"]),
            f"{BEFORE} clean_flicker_noise bkg_subtract {SLITS} pathloss photom {AFTER} resample_spec extract_1d",
        ),
        (
            of_type("NRS_MSASPEC", ["imprint"]),
            f"{BEFORE} msa_flagging clean_flicker_noise imprint_subtract extract_2d srctype master_background_mos "
            f"wavecorr flat_field pathloss barshadow photom {AFTER} resample_spec extract_1d",
        ),
        (
            of_type("MIR_MRS", ["background"]),
            f"{BEFORE} bkg_subtract srctype straylight flat_field fringe photom residual_fringe {AFTER} "
            "cube_build extract_1d",
        ),
        (
            of_type("NRS_BRIGHTOBJ", model="CubeModel"),
            f"{BEFORE} clean_flicker_noise {SLITS} photom {AFTER} extract_1d",
        ),
        (
            of_type("NRS_LAMP", lamp_mode="FIXEDSLIT", lamp_state="LINE1"),
            f"{BEFORE} msa_flagging {SLITS} photom {AFTER} resample_spec extract_1d",
        ),
        (
            of_type("NRS_AUTOFLAT", lamp_mode="MSASPEC", lamp_state="FLAT4"),
            f"{BEFORE} msa_flagging {SLITS} photom {AFTER} extract_1d",
        ),
        (
            of_type("NRS_LAMP", ["imprint"], lamp_mode="IFU", lamp_state="FLAT4"),
            f"{BEFORE} msa_flagging imprint_subtract srctype flat_field photom {AFTER} extract_1d",
        ),
        (
            of_type("NRS_LAMP", lamp_mode="IFU", lamp_state="REF"),
            f"{BEFORE} msa_flagging srctype flat_field photom {AFTER} cube_build extract_1d",
        ),
        (
            of_type("NRS_IFU"),
            f"{BEFORE} msa_flagging clean_flicker_noise srctype flat_field pathloss photom {AFTER} cube_build "
            "extract_1d",
        ),
        (
            of_type("MIR_LRS-FIXEDSLIT", ["background"]),
            f"{BEFORE} bkg_subtract srctype targ_centroid flat_field pathloss photom {AFTER} resample_spec extract_1d",
        ),
        (
            of_type("MIR_LRS-SLITLESS", model="CubeModel"),
            f"{BEFORE} srctype targ_centroid flat_field photom {AFTER} extract_1d",
        ),
        (
            of_type("MIR_MRS"),
            f"{BEFORE} srctype straylight flat_field fringe photom residual_fringe {AFTER} cube_build extract_1d",
        ),
        (
            of_type("NIS_WFSS"),
            f"{BEFORE} bkg_subtract flat_field extract_2d srctype wfss_contam photom {AFTER} extract_1d",
        ),
        (of_type("MIR_WFSS"), f"{BEFORE} bkg_subtract flat_field extract_2d srctype photom {AFTER} extract_1d"),
        (of_type("NIS_SOSS"), f"{BEFORE} bkg_subtract srctype flat_field pathloss {AFTER} extract_1d photom"),
    ],
    ids=lambda value: value.meta.exposure.type if isinstance(value, Exposure) else "",
)
def test_the_order_of_steps(given, expected):
    assert steps_of(given) == expected


def test_steps_that_gpucal_lacks_are_named(monkeypatch):
    monkeypatch.setattr(Spec2Pipeline, "step_defs", {"assign_wcs": Spec2Pipeline.step_defs["assign_wcs"]})
    with pytest.raises(GpucalError, match="made_rate.fits: exposures of type NIS_WFSS need bkg_subtract, flat_field"):
        Spec2Pipeline().order(of_type("NIS_WFSS"))


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    """Integrations without slit in a file, and the references that calibrate them."""
    folder = tmp_path_factory.mktemp("series")
    model = with_rates(exposure(SLITLESS_TYPE))
    model.meta.target.source_type = "POINT"
    model.save(folder / "jw01000001001_02101_00001_mirimage_rateints.fits")
    wcs = overrides(specwcs(folder))
    flat = {"override_flat": flat_reference(folder / "flat.fits")}
    flat |= dict.fromkeys((f"override_{kind}" for kind in ("fflat", "sflat", "dflat")), "N/A")
    photom = {"override_photom": photom_reference(folder / "photom.fits", "GENERIC"), "override_area": "N/A"}
    skipped = {name: {"skip": True} for name in ("extract_1d",) if name in Spec2Pipeline.step_defs}
    with crds_environment(cache_without_rules(folder / "crds")):
        path = folder / "jw01000001001_02101_00001_mirimage_rateints.fits"
        yield path, {"assign_wcs": wcs, "flat_field": flat, "photom": photom, **skipped}


def association(series, folder, *products):
    listed = [
        {"name": name, "members": [{"expname": str(path), "exptype": role} for path, role in members]}
        for name, members in products
    ]
    path = folder / "mine_asn.json"
    path.write_text(json.dumps({"asn_rule": "DMSLevel2bBase", "asn_id": "a3001", "products": listed}))
    return str(path)


def test_integrations_become_a_slit_of_the_whole_frame(series, tmp_path):
    path, steps = series
    (result,) = Spec2Pipeline.call(str(path), steps=steps, output_dir=str(tmp_path), save_results=True)
    assert [one.name for one in tmp_path.iterdir()] == ["jw01000001001_02101_00001_mirimage_calints.fits"]
    assert isinstance(result, datamodels.SlitModel) and result.data.shape == (2, 416, 72)
    assert (result.xstart, result.ystart, result.xsize, result.ysize) == (1, 529, 72, 416)
    status = result.meta.cal_step.instance
    done = {name for name, value in status.items() if value == "COMPLETE"}
    assert done == {"assign_wcs", "srctype", "flat_field", "photom"}
    left_out = {"badpix_selfcal", "msa_flagging", "clean_flicker_noise", "imprint", "bkg_subtract", "targ_centroid",
                "straylight", "fringe", "pathloss", "barshadow", "residual_fringe"}  # fmt: skip
    assert {name for name, value in status.items() if value == "SKIPPED"} == left_out
    assert result.meta.asn.table_name == "singleton"
    assert np.isfinite(result.data).sum() > 10000


def test_pixels_are_estimated_for_what_is_extracted_alone(series, tmp_path):
    path, steps = series
    replaced = {"pixel_replace": {"skip": False, "save_results": True}}
    (result,) = Spec2Pipeline.call(str(path), steps=steps | replaced, output_dir=str(tmp_path), save_results=True)
    assert sorted(one.name.rpartition("mirimage_")[2] for one in tmp_path.iterdir()) == [
        "calints.fits",
        "pixel_replace.fits",
    ]
    assert result.meta.cal_step.pixel_replace is None
    with datamodels.open(tmp_path / "jw01000001001_02101_00001_mirimage_pixel_replace.fits") as made:
        assert made.meta.cal_step.pixel_replace == "COMPLETE" and made.meta.cal_step.photom == "COMPLETE"
        estimated = made.dq & FLUX_ESTIMATED != 0
        assert estimated.any() and not (result.dq & FLUX_ESTIMATED).any()
        assert np.isfinite(made.data[estimated]).all() and np.isnan(result.data[estimated]).all()
        np.testing.assert_array_equal(made.data[~estimated], result.data[~estimated])


def test_the_calibrated_exposure_is_saved_if_what_is_made_of_it_fails(series, tmp_path, monkeypatch):
    def fail(*_):
        raise GpucalError("no pixel can be estimated")

    path, steps = series
    monkeypatch.setattr(Spec2Pipeline.step_defs["pixel_replace"], "process", fail)
    replaced = {"pixel_replace": {"skip": False}}
    with pytest.raises(GpucalError, match="no pixel can be estimated"):
        Spec2Pipeline.call(str(path), steps=steps | replaced, output_dir=str(tmp_path), save_results=True)
    (saved,) = tmp_path.iterdir()
    with datamodels.open(saved) as made:
        assert saved.name.endswith("_calints.fits") and made.meta.cal_step.photom == "COMPLETE"


def test_what_bkg_subtract_makes_is_saved(series, tmp_path):
    path, steps = series
    other = path.with_name("jw01000001001_02101_00002_mirimage_rateints.fits")
    if not other.exists():
        with datamodels.open(path) as model:
            model.save(other)
    listed = association(series, tmp_path, ("mine", [(path, "science"), (other, "background")]))
    (result,) = Spec2Pipeline.call(listed, steps=steps, output_dir=str(tmp_path), save_bsub=True)
    assert sorted(one.name for one in tmp_path.glob("*.fits")) == ["mine_bsubints.fits"]
    assert result.meta.cal_step.bkg_subtract == "COMPLETE" and result.meta.asn.table_name == "mine_asn.json"


def test_one_bad_product_ends_the_run_with_an_error_unless_it_is_not_to(series, tmp_path, caplog):
    path, steps = series
    with datamodels.open(path) as model:
        model.meta.cal_step.flat_field = "COMPLETE"
        model.save(tmp_path / "bad_rateints.fits")
    products = ("good", [(path, "science")]), ("bad", [(tmp_path / "bad_rateints.fits", "science")])
    listed = association(series, tmp_path, *products)
    with pytest.raises(AssociationError, match="1 of 2 products could not be made, as told above: bad"):
        Spec2Pipeline.call(listed, steps=steps)
    results = Spec2Pipeline.call(listed, steps=steps, fail_on_exception=False)
    assert len(results) == 1 and "bad_rateints.fits: is calibrated already (flat_field are COMPLETE)" in caplog.text
    alone = str(tmp_path / "bad_rateints.fits")
    assert Spec2Pipeline.call(alone, steps=steps, fail_on_exception=False) == []


def test_without_coordinates_nothing_is_calibrated(series):
    path, steps = series
    with pytest.raises(InputError, match="without assign_wcs nothing can be calibrated"):
        Spec2Pipeline.call(str(path), steps=steps | {"assign_wcs": {"skip": True}})


def test_a_spectrum_of_the_sky_without_its_light_is_refused():
    given = of_type("NRS_MSASPEC", filter="OPAQUE")
    with pytest.raises(InputError, match="made_rate.fits: EXP_TYPE is NRS_MSASPEC, but FILTER is OPAQUE"):
        Spec2Pipeline().check(given)
    Spec2Pipeline().check(of_type("NRS_LAMP", filter="OPAQUE"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (of_type("MIR_MRS"), "EXP_TYPE is MIR_MRS, but DATAMODL is ImageModel"),
        (of_type("NRS_IFU", model="CubeModel"), "EXP_TYPE is NRS_IFU, but DATAMODL is CubeModel"),
        (of_type("NRS_LAMP", lamp_mode="IFU"), "EXP_TYPE is NRS_LAMP, but DATAMODL is ImageModel"),
        (of_type("NRS_IFU", model="IFUImageModel", filter="OPAQUE"), "but FILTER is OPAQUE"),
    ],
)
def test_an_integral_field_that_is_no_image_of_one_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        Spec2Pipeline().check(given)


@pytest.mark.parametrize("name", ["assign_wcs", "extract_2d"])
def test_steps_that_all_others_need_are_not_skipped(name):
    pipeline = Spec2Pipeline(steps={name: {"skip": True}})
    with pytest.raises(InputError, match=f"made_rate.fits: without {name} nothing can be calibrated"):
        pipeline.check(of_type("NRS_FIXEDSLIT"))


def test_no_slit_on_the_detector_ends_with_exit_code_64(tmp_path, capsys):
    model = nirspec_exposure("NRS_BRIGHTOBJ", "PRISM", "NRS2", ("SUB512", (1, 945), (512, 32)))
    model.save(tmp_path / "jw01000001001_02101_00001_nrs2_rateints.fits")
    rate = str(tmp_path / "jw01000001001_02101_00001_nrs2_rateints.fits")
    needed = ("assign_wcs", "extract_2d")
    skipped = [f"--steps.{name}.skip=true" for name in Spec2Pipeline.step_defs if name not in needed]
    named = [f"--steps.assign_wcs.{name}={value}" for name, value in nirspec_overrides(tmp_path, "PRISM").items()]
    with crds_environment(cache_without_rules(tmp_path / "crds")):
        assert main(["strun", "calwebb_spec2", rate, f"--output_dir={tmp_path / 'out'}", *named, *skipped]) == 64
    assert "no open slit falls on detector NRS2" in capsys.readouterr().err
    assert not list((tmp_path / "out").iterdir())
