"""Spectra of cubes: what is done beyond jwst, and what is told where something cannot be done."""

import logging

import numpy as np
import pytest

from gpucal.errors import GpucalError
from gpucal.steps import Extract1dStep
from tests.cube_cases import SOURCE, circles, corrections, cube, references


def extracted(exposure, folder, reference=None, **parameters):
    overrides = references(folder, exposure.meta.exposure.type, **(reference or {}))
    return Extract1dStep.call(exposure.to_model(), **(overrides | {"ifu_rfcorr": False} | parameters))


def table_of(product):
    (spectrum,) = product.spec
    return spectrum.spec_table


def test_the_aperture_is_where_the_target_is(tmp_path, monkeypatch):
    product = extracted(cube(), tmp_path)
    (spectrum,) = product.spec
    assert (spectrum.extraction_x, spectrum.extraction_y) == pytest.approx(SOURCE, abs=1e-4)
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    (spectrum,) = extracted(cube(), tmp_path).spec
    assert (spectrum.extraction_x, spectrum.extraction_y) == (11, 9)


@pytest.mark.parametrize(("variable", "place"), [("0", (12.0, 10.0)), ("1", (12.5, 10.5))])
def test_without_a_target_the_aperture_is_in_the_middle(variable, place, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("GPUCAL_AS_PEER", variable)
    for told in ({"target.ra": None}, {"target.dec": -69.51}):
        with caplog.at_level(logging.WARNING):
            (spectrum,) = extracted(cube(**told), tmp_path).spec
        assert (spectrum.extraction_x, spectrum.extraction_y) == place
        assert "The aperture is in the middle of the field" in caplog.text


def test_an_annulus_that_is_none_counts_for_its_plane_alone(tmp_path):
    inner = 0.16 * np.linspace(2.0, 6.0, 9)
    # Beyond the outer radius before 4.93 micron.
    inner[5], inner[6] = 0.23 * 4.5 + 0.4, 0.23 * 5.0 - 0.065
    table = table_of(extracted(cube(), tmp_path, {"inner_bkg": inner}))
    np.testing.assert_array_equal(table["BACKGROUND"] != 0, table["WAVELENGTH"] > 4.93)


def test_fluxes_and_background_are_those_of_the_source(tmp_path, monkeypatch):
    """The annulus begins in the wings of the source, which are outliers of the background."""
    reference = {"radius": np.full(9, 0.13 * 5), "inner_bkg": np.full(9, 0.13 * 3), "outer_bkg": np.full(9, 0.13 * 8)}
    exposure = cube(is_level=True)
    table = table_of(extracted(exposure, tmp_path, reference, apply_apcorr=False))
    # 400 at the top of a Gaussian of 1.4 spaxels, 1 to 1.5 along the planes.
    wanted = 400 * 2 * np.pi * 1.4**2 * np.linspace(1, 1.5, 40) * 4e-13 * 1e6
    np.testing.assert_allclose(table["FLUX"], wanted, rtol=0.02)
    np.testing.assert_allclose(table["BACKGROUND"], 12, atol=0.5)
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    assert table_of(extracted(cube(is_level=True), tmp_path, reference))["BACKGROUND"].max() < 11


@pytest.mark.parametrize("kind", ["MIR_MRS", "NRS_IFU"])
def test_references_with_binary_blocks_are_read(kind, tmp_path):
    inline = table_of(extracted(cube(kind), tmp_path))
    blocks = table_of(extracted(cube(kind), tmp_path, {"inline": False}))
    for name in inline.dtype.names:
        np.testing.assert_array_equal(blocks[name], inline[name])


def test_an_extended_source_needs_no_reference(tmp_path):
    exposure = cube(source_type="EXTENDED")
    without = extracted(exposure, tmp_path, override_extract1d="N/A", override_apcorr="N/A")
    assert table_of(without)["NPIXELS"][0] > 0
    skipped = Extract1dStep.call(cube().to_model(), override_extract1d="N/A", override_apcorr="N/A")
    assert skipped.meta.cal_step.extract_1d == "SKIPPED"


def test_the_cube_stays_as_it_is(tmp_path):
    model = cube().to_model()
    before = {name: getattr(model, name).copy() for name in ("data", "err", "weightmap", "dq")}
    Extract1dStep.call(model, **references(tmp_path), ifu_autocen=True, ifu_rfcorr=False)
    for name, values in before.items():
        np.testing.assert_array_equal(getattr(model, name), values)


def test_a_step_keeps_its_parameters(tmp_path):
    step = Extract1dStep(**references(tmp_path))
    step.run(cube(**{"instrument.band": "MULTIPLE"}).to_model())
    assert step.ifu_rfcorr
    assert np.isfinite(table_of(step.run(cube().to_model()))["RF_FLUX"]).any()


@pytest.mark.parametrize(
    ("keys", "message"),
    [({"method": "best"}, "its method 'best'"), ({"method": "subpixel", "subpixels": 0}, "with 0 subpixels"),
     ({"radius": np.zeros(9)}, "has no radius"), ({"radius": np.ones(4)}, "not of one length"),
     ({"radius": np.full(9, np.nan)}, "has no radius"), ({"wavelength": np.full(9, 5.0)}, "or all the same"),
     ({"outer_bkg": None}, "holds no outer_bkg")],
)  # fmt: skip
def test_a_reference_that_is_none_is_refused(keys, message, tmp_path):
    with pytest.raises(GpucalError, match=f"extract1d.*{message}"):
        extracted(cube(), tmp_path, keys)


def test_a_reference_of_another_kind_is_refused(tmp_path):
    for kind, other in (("extract1d", corrections(tmp_path / "b.asdf")), ("apcorr", circles(tmp_path / "a.asdf"))):
        with pytest.raises(GpucalError, match="holds no"):
            extracted(cube(), tmp_path, **{f"override_{kind}": other})
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(GpucalError, match="has to be an ASDF file"):
        extracted(cube(), tmp_path, override_extract1d=str(tmp_path / "a.json"))


def test_a_centre_beyond_the_cube_is_refused(tmp_path):
    with pytest.raises(GpucalError, match="center_xy 25, 3 is not in the cube, which has 25 columns and 21 rows"):
        extracted(cube(), tmp_path, center_xy=[25, 3])


@pytest.mark.parametrize("name", ["ifu_rscale", "ifu_covar_scale", "bkg_sigma_clip"])
def test_a_number_that_is_none_is_refused(name, tmp_path):
    with pytest.raises(GpucalError, match=f"{name} is nan"):
        extracted(cube(), tmp_path, **{name: np.nan})


def test_a_cube_that_is_not_calibrated_is_told(tmp_path, caplog):
    extracted(cube(bunit_data="DN/s"), tmp_path)
    assert "values are in DN/s, not in MJy/sr" in caplog.text


def test_infinite_values_are_no_warnings_of_numpy(tmp_path, recwarn):
    exposure = cube()
    exposure.data[20] = np.inf
    table = table_of(extracted(exposure, tmp_path))
    assert np.isnan(table["FLUX"][20])
    assert np.isfinite(table["FLUX"][21])
    assert not [one for one in recwarn if one.category is RuntimeWarning]


def test_a_cube_without_wavelengths_is_refused(tmp_path):
    exposure = cube(is_linear=False)
    wcs = exposure.get_wcs()
    wcs.transforms[0]["forward"][1]["lookup_table"][:] = np.nan
    exposure.set_wcs(wcs.to_tree())
    with pytest.raises(GpucalError, match="no plane of the cube has a wavelength"):
        extracted(exposure, tmp_path)
