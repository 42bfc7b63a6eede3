"""The comparison finds each kind of disagreement, and nothing in equal products."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import ERROR_TOLERANCE, compare
from bench.keywords import SIP_KEYWORDS


def rate_model():
    rng = np.random.default_rng(4)
    model = datamodels.ImageModel((8, 8))
    model.data[:] = rng.normal(1.0, 0.1, (8, 8))
    model.err = np.full((8, 8), 0.1, np.float32)
    model.var_rnoise = np.full((8, 8), 0.004, np.float32)
    model.dq = np.zeros((8, 8), np.uint32)
    model.meta.exposure.nframes = 1
    return model


@pytest.fixture
def ours():
    return rate_model()


@pytest.fixture
def theirs():
    return rate_model()


def test_equal_products_agree(ours, theirs):
    agreement = compare(ours, theirs)
    agreement.assert_agrees()
    assert [e.name for e in agreement.extensions] == ["SCI", "DQ", "ERR", "VAR_RNOISE"]
    assert agreement.largest_in_error == 0


def test_models_and_files_compare_alike(ours, theirs, tmp_path):
    ours.data[2, 3] += 0.05
    by_model = compare(ours, theirs)
    ours.save(tmp_path / "ours.fits")
    theirs.save(tmp_path / "theirs.fits")
    assert compare(tmp_path / "ours.fits", tmp_path / "theirs.fits") == by_model
    assert by_model["SCI"].in_error == pytest.approx(0.5, rel=1e-5)


@pytest.mark.parametrize(("errors", "agrees"), [(0.5 * ERROR_TOLERANCE, True), (2.5 * ERROR_TOLERANCE, False)])
def test_values_are_judged_in_units_of_their_error(ours, theirs, errors, agrees):
    theirs.data[:] = 0
    ours.data[:] = 0
    ours.data[1, 1] = errors * 0.1
    agreement = compare(ours, theirs)
    assert agreement["SCI"].in_error == pytest.approx(errors, rel=1e-5)
    assert agreement.agrees is agrees


def test_a_small_relative_difference_agrees_whatever_the_error(ours, theirs):
    theirs.data[:] = 1e6
    ours.data[:] = 1e6 * (1 + 5e-6)
    agreement = compare(ours, theirs)
    assert agreement["SCI"].in_error > 10
    agreement.assert_agrees()


def test_a_variance_is_judged_in_units_of_the_squared_error(ours, theirs):
    ours.var_rnoise[0, 0] += 0.001
    assert compare(ours, theirs)["VAR_RNOISE"].in_error == pytest.approx(0.1, rel=1e-4)


def test_one_flag_disagrees_and_the_value_under_it_is_not_judged(ours, theirs):
    ours.dq[4, 5] = 4
    ours.data[4, 5] = 99
    agreement = compare(ours, theirs)
    assert agreement["DQ"].differing == agreement.differing_flags == 1
    assert (agreement["SCI"].beyond, agreement["SCI"].unjudged) == (0, 1)
    assert agreement.unjudged == 3  # in SCI, ERR and VAR_RNOISE
    assert not agreement["SCI"].agrees
    with pytest.raises(AssertionError, match=r"DQ: 1 of 64 .*worst at \[4, 5\]: ours 4, theirs 0"):
        agreement.assert_agrees()


@pytest.mark.parametrize(("flags", "agrees"), [(1, True), (2, False)])
def test_one_flag_in_a_million_may_differ_and_is_told(flags, agrees):
    products = [datamodels.ImageModel((1000, 1000)) for _ in range(2)]
    for model in products:
        model.dq = np.zeros((1000, 1000), np.uint32)
    products[0].dq[0, :flags] = 4
    products[0].data[0, :flags] = 99
    agreement = compare(*products)
    assert agreement.agrees is agrees
    assert (agreement.differing_flags, agreement["SCI"].unjudged) == (flags, flags)
    assert f"SCI: {flags} of 1000000 not compared, as their flags differ" in str(agreement)


def test_a_flag_of_a_pixel_keeps_all_its_groups_from_being_judged():
    ours, theirs = (datamodels.RampModel((2, 3, 4, 4)) for _ in range(2))
    ours.pixeldq[1, 2] = 1
    ours.groupdq[0, 0, 0, 0] = 2
    agreement = compare(ours, theirs)
    assert (agreement["PIXELDQ"].differing, agreement["GROUPDQ"].differing) == (1, 1)
    assert agreement["SCI"].unjudged == 2 * 3 + 1


def test_misplaced_nan_disagrees(ours, theirs):
    ours.data[0, 7] = np.nan
    theirs.data[0, 6] = np.nan
    agreement = compare(ours, theirs)
    assert agreement["SCI"].misplaced_nan == 2
    with pytest.raises(AssertionError, match="SCI: 2 of 64 are NaN on one side only"):
        agreement.assert_agrees()


def test_keywords_are_listed(ours, theirs):
    ours.meta.exposure.nframes = 4
    ours.meta.exposure.groupgap = 1
    mismatches = {(m.extension, m.keyword): (m.ours, m.theirs) for m in compare(ours, theirs).keywords}
    assert mismatches == {
        ("PRIMARY", "NFRAMES"): (4, 1),
        ("PRIMARY", "GROUPGAP"): (1, "(absent)"),
        ("ASDF", "meta.exposure.nframes"): (4, 1),
        ("ASDF", "meta.exposure.groupgap"): (1, "(absent)"),
    }


def test_missing_extension_and_other_shape_are_structure(ours, theirs):
    del ours.var_rnoise
    ours.data = np.zeros((8, 9), np.float32)
    extensions, shape = compare(ours, theirs).structure
    assert extensions.startswith("extensions: ours ['PRIMARY', 'SCI', 'DQ', 'ERR', 'ASDF'], theirs")
    assert shape == "SCI: ours float32 (8, 9), theirs float32 (8, 8)"


def test_tables_are_compared_column_by_column():
    ours, theirs = (datamodels.RampModel((2, 1, 4, 4)) for _ in range(2))
    for model, end in ((ours, 2.5), (theirs, 2.0)):
        table = np.zeros(2, dtype=model.get_dtype("int_times"))
        table["integration_number"] = 1, 2
        table["int_end_MJD_UTC"] = end
        model.int_times = table
    disagreeing = [e.name for e in compare(ours, theirs).extensions if not e.agrees]
    assert disagreeing == ["INT_TIMES.int_end_MJD_UTC"]


def test_a_ramp_is_judged_in_units_of_read_noise():
    ours, theirs = (datamodels.RampModel((1, 2, 4, 4)) for _ in range(2))
    ours.data[0, 1, 2, 3] = 1e-3
    assert compare(ours, theirs)["SCI"].in_error == pytest.approx(2e-4, rel=1e-5)
    assert compare(ours, theirs, error=100.0).agrees


def test_a_segment_of_a_ramp_is_judged_in_units_of_its_variances():
    ours, theirs = (datamodels.RampFitOutputModel() for _ in range(2))
    for model, slope in ((ours, 10.01), (theirs, 10.0)):
        for name, value in {"slope": slope, "sigslope": 0.1, "yint": 7 * slope, "sigyint": 0.2}.items():
            setattr(model, name, np.full((1, 1, 2, 2), value, np.float32))
        model.var_poisson = np.full((1, 1, 2, 2), 9, np.float32)
        model.var_rnoise = np.full((1, 1, 2, 2), 16, np.float32)
        model.pedestal = np.full((1, 2, 2), slope, np.float32)
    agreement = compare(ours, theirs)
    assert agreement["SLOPE"].in_error == pytest.approx(0.01 / 5, rel=1e-4)
    assert agreement["YINT"].in_error == pytest.approx(0.07 / 10, rel=1e-4)
    assert agreement["PEDESTAL"].in_error == pytest.approx(0.01 / 10, rel=1e-4)


@pytest.mark.parametrize(
    ("keyword", "value", "other", "agrees"),
    [
        ("crpix1", 171.2, 171.2 * (1 + 5e-10), True),
        ("crpix1", 171.2, 171.2001, False),
        ("cdelt1", 1.7e-5, 1.7e-5 * (1 + 5e-9), True),
        ("cdelt1", 1.7e-5, 1.7001e-5, False),
        ("pc1_2", 1e-12, 3e-12, True),
        ("v3yangle", 1.0, 1.0 + 1e-12, False),
    ],
)
def test_roundings_of_what_is_solved_for_are_told_from_other_numbers(ours, theirs, keyword, value, other, agrees):
    setattr(ours.meta.wcsinfo, keyword, value)
    setattr(theirs.meta.wcsinfo, keyword, other)
    assert compare(ours, theirs).agrees is agrees


def test_keywords_can_be_left_out(ours, theirs):
    ours.meta.wcsinfo.cd1_1, theirs.meta.wcsinfo.cd1_1 = 1.0, 1.1
    agreement = compare(ours, theirs)
    assert not agreement.agrees
    agreement.apart_from(SIP_KEYWORDS).assert_agrees()


@pytest.mark.parametrize(
    ("region", "agrees"),
    [
        ("POLYGON ICRS  80.1 -69.2 80.2 -69.2 80.2 -69.300000009", True),
        ("POLYGON ICRS  80.1 -69.2 80.2 -69.2 80.2 -69.30000002", False),
        ("POLYGON ICRS  80.1 -69.2 80.2 -69.2", False),
        ("CIRCLE ICRS  80.1 -69.2 80.2 -69.2 80.2 -69.3", False),
    ],
)
def test_corners_of_regions_are_numbers(ours, theirs, region, agrees):
    theirs.meta.wcsinfo.s_region = "POLYGON ICRS  80.1 -69.2 80.2 -69.2 80.2 -69.3"
    ours.meta.wcsinfo.s_region = region
    assert compare(ours, theirs).agrees is agrees


def spectrum_model(flux):
    model = datamodels.SpecModel()
    table = np.zeros(3, model.get_dtype("spec_table"))
    table["WAVELENGTH"], table["FLUX"], table["FLUX_ERROR"], table["FLUX_VAR_POISSON"] = 2.0, flux, 0.1, 0.01
    table["BACKGROUND"] = 1e-9
    model.spec_table = table
    return model


def test_columns_of_spectra_are_judged_in_units_of_their_errors():
    ours, theirs = spectrum_model([0.0, 1e-6, 1e-3]), spectrum_model([1e-9, 0.0, 0.0])
    ours.spec_table["FLUX_VAR_POISSON"][0] += 0.5 * ERROR_TOLERANCE * 0.01
    ours.spec_table["BACKGROUND"][1] = 2e-9
    agreement = compare(ours, theirs)
    flux = agreement["EXTRACT1D.FLUX"]
    assert (flux.in_error, flux.beyond) == (pytest.approx(1e-2, rel=1e-6), 1)
    variance = agreement["EXTRACT1D.FLUX_VAR_POISSON"]
    assert (variance.in_error, variance.agrees) == (pytest.approx(0.5 * ERROR_TOLERANCE, rel=1e-6), True)
    assert agreement["EXTRACT1D.BACKGROUND"].beyond == 1  # its error is 0
    assert agreement["EXTRACT1D.WAVELENGTH"].agrees


@pytest.mark.parametrize(("off", "agrees"), [(1e-9, True), (1e-8, False)])
def test_places_of_apertures_are_rounded(off, agrees):
    ours, theirs = spectrum_model(1.0), spectrum_model(1.0)
    ours.extraction_ystart, theirs.extraction_ystart = 13.1 + off, 13.1
    assert compare(ours, theirs).agrees is agrees
