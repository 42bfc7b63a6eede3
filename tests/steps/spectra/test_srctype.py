"""Which sources are points: in what order the header is asked, for each type of exposure."""

import logging

import pytest
from stdatamodels.jwst import datamodels

from gpucal.data import Exposure, InputError
from gpucal.data.slits import Slits
from gpucal.steps.spectra.srctype import SourceTypeStep, type_by_stellarity

TOLD = {
    "told": ({"source_type": "EXTENDED"}, "EXTENDED"),
    "background": ({}, "EXTENDED"),
    "series": ({}, "POINT"),
    "observer": ({}, "EXTENDED"),
    "nod": ({}, "POINT"),
    "nothing": ({}, "POINT"),
}


def image(kind="MIR_LRS-FIXEDSLIT", model_type="ImageModel", **places):
    model = getattr(datamodels, model_type)((4, 5))
    model.meta.exposure.type = kind
    model.meta.filename = "made_cal.fits"
    for place, value in places.items():
        model[f"meta.{place.replace('__', '.')}"] = value
    return model


def multi_slit(kind, slits, **places):
    model = image(kind, **places)
    made = Slits.of_trees(slits)
    exposure = Exposure(model)
    for slit in made:
        slit.data = exposure.data
    return exposure.with_slits(made).to_model()


def header(rank):
    """The keywords of all cases from a rank on: the first of them counts."""
    cases = [
        {},
        {"observation__bkgdtarg": True},
        {"visit__tsovisit": True, "exposure__nints": 2},
        {"target__source_type_apt": "EXTENDED"},
        {"dither__primary_type": "3-POINT-NOD"},
        {},
    ]
    return {place: value for case in cases[rank:] for place, value in case.items()}


@pytest.mark.parametrize("rank", range(6))
def test_what_counts_first(rank):
    parameters, wanted = list(TOLD.values())[rank]
    result = SourceTypeStep.call(image(**header(rank)), **parameters)
    assert result.meta.target.source_type == wanted
    assert result.meta.cal_step.srctype == "COMPLETE"


@pytest.mark.parametrize(
    ("kind", "places", "wanted"),
    [
        ("MIR_MRS", {}, "EXTENDED"),
        ("MIR_MRS", {"dither__optimized_for": "POINT-SOURCE"}, "POINT"),
        ("MIR_MRS", {"dither__primary_type": "NOD"}, "EXTENDED"),
        ("NRS_IFU", {}, "EXTENDED"),
        ("NRS_IFU", {"dither__primary_type": "2-POINT-NOD"}, "POINT"),
        ("NIS_SOSS", {}, "POINT"),
        ("NRS_LAMP", {}, "UNKNOWN"),
        ("NRC_TSIMAGE", {}, "POINT"),
        ("NRC_TSIMAGE", {"exposure__nints": 1}, "UNKNOWN"),
    ],
)
def test_what_is_usual_for_a_type_of_exposure(kind, places, wanted):
    assert SourceTypeStep.call(image(kind, **places)).meta.target.source_type == wanted


def test_without_the_word_of_the_observer_that_of_the_header_counts():
    result = SourceTypeStep.call(image(target__source_type="EXTENDED"))
    assert result.meta.target.source_type == result.meta.target.source_type_apt == "EXTENDED"


@pytest.mark.parametrize(("observer", "position"), [("POINT", 0.3), ("EXTENDED", 0.0)])
def test_the_target_is_in_one_of_the_fixed_slits(observer, position):
    slits = [{"name": name, "source_xpos": 0.3, "source_ypos": 0.3} for name in ("S200A1", "S400A1")]
    places = {"instrument__fixed_slit": "S400A1", "target__source_type_apt": observer}
    result = SourceTypeStep.call(multi_slit("NRS_FIXEDSLIT", slits, **places))
    assert [slit.source_type for slit in result.slits] == ["EXTENDED", observer]
    assert [slit.source_xpos for slit in result.slits] == [0.3, position]
    assert result.meta.target.source_type == observer


def test_a_single_slit_has_the_type_of_the_target():
    model = image("NRS_BRIGHTOBJ", "SlitModel")
    assert SourceTypeStep.call(model).source_type == "POINT"


def test_sources_of_the_msa_are_told_by_their_stellarity():
    slits = [{"name": str(number), "stellarity": value} for number, value in enumerate((-1.0, 0.0, 0.75, 0.8))]
    result = SourceTypeStep.call(multi_slit("NRS_MSASPEC", slits, target__source_type="POINT"))
    assert [slit.source_type for slit in result.slits] == ["POINT", "EXTENDED", "EXTENDED", "POINT"]
    assert result.meta.target.source_type is None
    assert type_by_stellarity(None) == type_by_stellarity(float("nan")) == "EXTENDED"


def test_sources_of_slitless_spectra_are_told_by_the_catalog():
    slits = [{"name": "1", "is_extended": True}, {"name": "2", "is_extended": False}]
    result = SourceTypeStep.call(multi_slit("NIS_WFSS", slits))
    assert [slit.source_type for slit in result.slits] == ["EXTENDED", "POINT"]


def test_the_parameter_is_left_out_where_it_has_no_meaning(caplog):
    with caplog.at_level(logging.WARNING, "gpucal"):
        result = SourceTypeStep.call(image("NIS_SOSS"), source_type="EXTENDED")
    assert result.meta.target.source_type == "POINT"
    assert "source_type is for no exposure of type NIS_SOSS" in caplog.text


def test_an_exposure_of_no_type_is_refused():
    model = image()
    model.meta.exposure.type = None
    with pytest.raises(InputError, match="EXP_TYPE"):
        SourceTypeStep.call(model)
