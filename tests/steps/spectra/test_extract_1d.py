"""Extraction of slits: where apertures come from, and what is told where something cannot be done."""

import logging

import numpy as np
import pytest

from gpucal.data import Exposure
from gpucal.errors import GpucalError
from gpucal.steps import Extract1dStep
from tests.extraction_cases import apertures, corrections, one_slit, slits

NOTHING = {"override_apcorr": "N/A", "override_psf": "N/A"}


def extracted(model, reference, **parameters):
    return Extract1dStep.call(model, override_extract1d=str(reference), **(NOTHING | parameters))


def heights(product):
    return {one.name: one.extraction_ystop - one.extraction_ystart + 1 for one in product.spec}


@pytest.mark.parametrize("ending", ["csv", "ecsv"])
def test_a_table_tells_an_aperture_for_each_source(ending, tmp_path):
    table = tmp_path / f"apertures.{ending}"
    rows = "id,source_id,extract_width,ystart,ystop,bkg_coeff,use_source_posn\n,,4,,,,false\n,2,7.5,,,,false\n"
    rows += 'S2,,,3,8,"[[-0.5],[1.5]]",false\n'
    if ending == "ecsv":
        names = rows.splitlines()[0].split(",")
        kinds = "".join(f"# - {{name: {name}, datatype: string}}\n" for name in names)
        rows = f"# %ECSV 1.0\n# ---\n# delimiter: ','\n# datatype:\n{kinds}# schema: astropy-2.0\n{rows}"
    table.write_text(rows)
    product = extracted(slits(), table)
    assert heights(product) == {"S0": 4.0, "S1": 7.5, "S2": 4.0}
    table.write_text(rows.replace(",,4,,,,false\n", ""))
    product = extracted(slits(), table)
    assert heights(product) == {"S1": 7.5, "S2": 6.0}
    assert product.spec[1].spec_table["BACKGROUND"].max() > 0


def test_an_aperture_of_the_reference_may_be_for_one_source(tmp_path):
    every, one = {"id": "ANY", "extract_width": 4}, {"id": "ANY", "source_id": 3, "extract_width": 9}
    assert heights(extracted(slits(), apertures(tmp_path / "a.json", every, one)))["S2"] == pytest.approx(9)


@pytest.mark.parametrize(
    ("content", "message"),
    [("width\n3\n", "has no use for the column width"), ("extract_width\n3\n", "needs a column id or source_id"),
     ("id,extract_width\nS0,wide\n", "extract_width cannot be 'wide'")],
)  # fmt: skip
def test_a_bad_table_is_refused(content, message, tmp_path):
    table = tmp_path / "apertures.csv"
    table.write_text(content)
    with pytest.raises(GpucalError, match=f"apertures.csv: .*{message}"):
        extracted(slits(), table)


def test_a_reference_that_is_none_is_refused(tmp_path):
    (tmp_path / "a.json").write_text('{"apertures": 3}')
    with pytest.raises(GpucalError, match="a.json: has no list of apertures"):
        extracted(slits(), tmp_path / "a.json")
    (tmp_path / "b.json").write_text("{")
    with pytest.raises(GpucalError, match="b.json: cannot be read"):
        extracted(slits(), tmp_path / "b.json")


def test_a_slit_without_aperture_is_told_and_the_others_are_extracted(tmp_path, caplog):
    only = [{"id": name, "extract_width": 5} for name in ("S0", "S2")]
    with caplog.at_level(logging.WARNING, "gpucal"):
        product = extracted(slits(), apertures(tmp_path / "a.json", *only), configure_log=False)
    assert [one.name for one in product.spec] == ["S0", "S2"]
    assert "Slit S1 goes on without a spectrum: the reference has no aperture for it (none of that name)" in caplog.text
    skipped = extracted(slits(), apertures(tmp_path / "b.json", {"id": "other"}))
    assert skipped.meta.cal_step.extract_1d == "SKIPPED" and len(skipped.slits) == 3


def test_a_slit_without_correction_is_told(tmp_path, caplog):
    reference = apertures(tmp_path / "a.json")
    corrected = corrections(tmp_path / "apcorr.fits", slits=("S0", "S1"))
    with caplog.at_level(logging.WARNING, "gpucal"):
        product = extracted(slits(), reference, override_apcorr=corrected, configure_log=False)
    told = [line for line in caplog.messages if "not corrected" in line]
    assert len(told) == 1 and told[0].startswith("Slit S2: what the aperture leaves out is not corrected")
    assert "has no row for filter F170LP, grating G235M, slit S2" in told[0]
    plain = extracted(slits(), reference)
    pairs = zip(product.spec, plain.spec, strict=True)
    factors = [np.nanmedian(one.spec_table["FLUX"] / other.spec_table["FLUX"]) for one, other in pairs]
    assert factors[2] == 1.0 and factors[0] > 1.05 and factors[1] > factors[0]


def test_a_source_whose_place_is_not_known_is_told(tmp_path, caplog):
    model = one_slit()
    model.source_xpos = model.source_ypos = None
    with caplog.at_level(logging.WARNING, "gpucal"):
        product = extracted(model, apertures(tmp_path / "a.json", ystart=2, ystop=7), configure_log=False)
    assert "Slit S200A1: the place of the source is not known: the aperture is where the" in caplog.text
    assert product.spec[0].extraction_ystart == 3.0


def test_rates_are_told(tmp_path, caplog):
    model = one_slit()
    model.meta.cal_step.photom = None
    with caplog.at_level(logging.WARNING, "gpucal"):
        product = extracted(model, apertures(tmp_path / "a.json"), configure_log=False)
    assert "photom has not been run" in caplog.text
    assert product.spec[0].spec_table.columns["FLUX"].unit == "DN/s"


def test_slits_beside_shutters_are_extracted_as_fixed_slits(tmp_path):
    model = slits()
    model.meta.exposure.type = "NRS_MSASPEC"
    for slit, name in zip(model.slits, ("12", "S200A1", "3"), strict=True):
        slit.name = name
    product = extracted(model, apertures(tmp_path / "a.json"))
    assert [one.name for one in product.spec] == ["12", "3", "S200A1"]
    assert product.meta.exposure.type == "NRS_MSASPEC"


def test_the_input_stays_as_it_is(tmp_path):
    model = one_slit()
    kept = model.copy()
    extracted(model, apertures(tmp_path / "a.json", bkg_coeff=[[-0.5], [3.5]]))
    np.testing.assert_array_equal(model.data, kept.data)
    assert Exposure(model).meta.wcs is not None


def test_an_offset_that_is_no_number_is_refused(tmp_path):
    with pytest.raises(GpucalError, match="position_offset is nan; it has to be from -1e\\+06 to 1e\\+06"):
        extracted(slits(), apertures(tmp_path / "a.json", {"id": "ANY"}), position_offset=float("nan"))
