"""Stage 3 of spectra: which steps run, what is refused; slits sorted by source."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core import GpucalError, SkipStep, Step
from gpucal.core.run.execution import Placed, execute
from gpucal.core.run.references import RunReferences
from gpucal.data import Exposure, InputError, Members
from gpucal.data.membership import Membership
from gpucal.data.slits import Slits
from gpucal.pipelines import Spec3Pipeline, spec3_modes
from gpucal.steps.parts.exp_to_source import by_source, source_name


def members_of(kind, members=(), model="SlitModel", target="FIXED"):
    made = getattr(datamodels, model)()
    made.meta.exposure.type, made.meta.target.type = kind, target
    return Members([Exposure(made, "made_cal.fits")], Membership("made", others=dict.fromkeys(members, ["one"])))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (members_of("MIR_LRS-FIXEDSLIT"), "outlier_detection resample_spec extract_1d combine_1d"),
        (members_of("MIR_MRS"), "outlier_detection cube_build extract_1d spectral_leak"),
        (members_of("NRS_IFU"), "outlier_detection cube_build extract_1d"),
        (
            members_of("NRS_FIXEDSLIT", target="MOVING"),
            "assign_mtwcs outlier_detection resample_spec extract_1d combine_1d",
        ),
    ],
)
def test_the_order_of_steps(given, expected):
    optional = spec3_modes.OPTIONAL
    assert " ".join(name for name in Spec3Pipeline().order(given) if name not in optional) == expected


def test_steps_that_gpucal_lacks_are_named(monkeypatch):
    lacking = ("cube_build", "spectral_leak")
    there = {name: step for name, step in Spec3Pipeline.step_defs.items() if name not in lacking}
    monkeypatch.setattr(Spec3Pipeline, "step_defs", there)
    with pytest.raises(GpucalError, match="exposures of type MIR_MRS need cube_build, spectral_leak, which"):
        Spec3Pipeline().order(members_of("MIR_MRS", model="ImageModel"))


@pytest.mark.parametrize(
    ("gratings", "statuses", "reason"),
    [
        (("G395M", "G395H"), ("COMPLETE", "COMPLETE"), "two_cal.fits: GRATING is G395H, and G395M in one_cal.fits"),
        (("G395M", "G395M"), ("COMPLETE", None), "two_cal.fits: has no world coordinates: .*what calwebb_spec2 makes"),
    ],
)
def test_exposures_that_cannot_be_combined_are_refused_before_anything_is_saved(gratings, statuses, reason):
    exposures = []
    for name, grating, status in zip(("one", "two"), gratings, statuses, strict=True):
        made = Exposure(datamodels.MultiSlitModel(), f"{name}_cal.fits")
        made.meta.instrument.grating, made.meta.cal_step.assign_wcs = grating, status
        exposures.append(made)
    with pytest.raises(InputError, match=reason):
        Spec3Pipeline().process(Members(exposures, Membership("made")), None)


def exposure(number, *slits):
    """An exposure of slits, each a name, the number and the name of its source."""
    made = Exposure(datamodels.MultiSlitModel(), f"jw01000001001_02101_0000{number}_nrs1_cal.fits")
    made.meta.exposure.type, made.meta.exposure.exposure_time = "NRS_FIXEDSLIT", 10.0 * number
    made.meta.instrument.name, made.meta.cal_step.photom = "NIRSPEC", "COMPLETE"
    trees = [
        {"name": name, "source_id": source, "source_name": called, "meta": {"bunit_data": "MJy", "wcsinfo": {"a": 1}}}
        for name, source, called in slits
    ]
    result = made.with_slits(Slits.of_trees(trees))
    for place, slit in enumerate(result.slits):
        slit.data = np.full((2, 3), 10 * number + place, np.float32)
    return result


def test_slits_are_sorted_by_source(backend):
    first = exposure(1, ("S200A1", 1, None), ("S400A1", 13, " "))
    second = exposure(2, ("S400A1", 13, None), ("S200A1", 1, None))
    sources = list(by_source(Members([first, second], Membership("jw01000-o001_t001_nirspec"))))
    assert [one.name for one in sources] == [
        "jw01000-o001_t001_nirspec_s200a1_s000000001",
        "jw01000-o001_t001_nirspec_s400a1_s000000013",
    ]
    assert [[float(one.data[0, 0]) for one in source] for source in sources] == [[10, 21], [11, 20]]
    one = sources[0][1]
    assert one.model_type == "SlitModel" and one.meta.exposure.exposure_time == 20
    assert (one.meta.bunit_data, one.meta.cal_step.photom, one.name) == ("MJy", "COMPLETE", "S200A1")
    assert one.model._instance["meta"]["wcsinfo"] == {"a": 1}
    one.meta.cal_step.photom = "SKIPPED"
    assert second.meta.cal_step.photom == first.meta.cal_step.photom == "COMPLETE"


def test_the_slits_of_a_source_in_one_file(backend):
    given = Members([exposure(1, ("S200A1", 1, None)), exposure(2, ("S200A1", 1, None))], Membership("made"))
    (source,) = by_source(given)
    with source.lease(0) as first:
        first.data[0, 0] = 7.0
    joined = source.joined(source)
    assert joined.model_type == "MultiExposureModel" and joined.source == "made_s200a1_s000000001"
    assert [float(slit.data[0, 0]) for slit in joined.slits] == [7, 20]
    assert [slit["meta.exposure.exposure_time"] for slit in joined.slits] == [10, 20]
    assert joined.meta.exposure.type == "NRS_FIXEDSLIT" and joined.meta.filename is None


@pytest.mark.parametrize(
    ("product", "kind", "key", "slit", "expected"),
    [
        ("a_{source_id}_b", "NRS_MSASPEC", "star", ("5", 17, "star"), "a_s000000017_b"),
        ("a_{source_id}_b", "NRS_MSASPEC", "1_BKG4", ("6", 4, "1_BKG4"), "a_b000000004_b"),
        ("a_{source_id}_b", "NRS_MSASPEC", "1_VRT6", ("7", -6, "1_VRT6"), "a_v000000006_b"),
        ("a", "NRS_FIXEDSLIT", "12", ("S200A2", 12, None), "a_s200a2_s000000012"),
        ("a_{slit_name}-{source_id}", "NRS_FIXEDSLIT", "12", ("S200A2", 12, None), "a_s200a2-s000000012"),
        ("a", "NIS_WFSS", "8", ("8", 8, None), "a_s000000008"),
    ],
)
def test_the_names_of_products_tell_the_source(product, kind, key, slit, expected):
    name, source, called = slit
    slits = Slits.of_trees([{"name": name, "source_id": source, "source_name": called, "meta": {}}])
    assert source_name(product, kind, key, list(slits)) == expected


class Doubled(Step):
    """Doubles the pixels of an exposure; it is not for those that are 11 or more."""

    spec = ""

    def process(self, exposure, references):
        if float(exposure.data[0, 0]) > 10:
            raise SkipStep("too large")
        exposure.data[:] *= 2
        return exposure


class Blank(Doubled):
    """Makes new exposures."""

    def process(self, exposure, references):
        return super().process(exposure, references).blank("SlitModel")


def after(step, *values):
    slits = [Exposure(datamodels.SlitModel(data=np.full((2, 3), value, np.float32))) for value in values]
    members = Members(slits, Membership("made"))
    return members, execute(Placed(step), members, RunReferences.find([], slits[0]))


@pytest.mark.parametrize(("values", "expected"), [((1, 20, 3), [2, 20, 6]), ((20,), [20])])
def test_a_step_for_one_exposure_is_done_to_each_member(values, expected, backend):
    members, result = after(Doubled(), *values)
    assert result is members and [float(one.data[0, 0]) for one in members] == expected


def test_what_a_step_makes_of_each_member_is_named_after_the_product(backend):
    _, result = after(Blank(), 1, 20, 3)
    assert len(result) == 2 and result.name == "made"
    assert [one.membership.product for one in result] == ["made", "made"] and result[0].membership.is_alone
