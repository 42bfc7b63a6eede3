"""The steps of MIRI alone: what they do, what they record, and when they are skipped."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core import SkipStep
from gpucal.data import Exposure
from gpucal.kernels.flags.dqflags import DO_NOT_USE, FLUX_ESTIMATED, SATURATED
from gpucal.reference import Reference, ReferenceFileError
from gpucal.steps.ramps.dark_current import DarkCurrentStep
from gpucal.steps.ramps.firstframe import FirstFrameStep
from gpucal.steps.ramps.lastframe import LastFrameStep
from gpucal.steps.ramps.reset import ResetStep
from gpucal.steps.ramps.rscd import RscdStep
from tests.transfer import on_host

COLUMNS = [("subarray", "S17"), ("readpatt", "S12"), ("group_skip1", "i4"), ("group_skip", "i4")]


def described(model):
    model.meta.instrument.name, model.meta.instrument.detector = "MIRI", "MIRIMAGE"
    subarray = model.meta.subarray
    subarray.name = "SUB64"
    subarray.xstart, subarray.ystart, subarray.xsize, subarray.ysize = 1, 779, 4, 3
    return model


def exposure(nints=3, ngroups=8, **keywords):
    model = described(datamodels.RampModel((nints, ngroups, 3, 4)))
    model.data[:] = 9000
    described_by = {"nints": nints, "ngroups": ngroups, "nframes": 1, "groupgap": 0, "readpatt": "FASTR1"}
    for name, value in {**described_by, **keywords}.items():
        setattr(model.meta.exposure, name, value)
    return Exposure(model, "made_uncal.fits")


def of_another_instrument(exposure):
    exposure.meta.instrument.name, exposure.meta.instrument.detector = "NIRCAM", "NRCA1"
    return exposure


@pytest.fixture
def anomaly():
    """After the first reset 10 DN in two groups, after later ones 20 DN."""
    model = described(datamodels.ResetModel((2, 2, 3, 4)))
    model.data[0], model.data[1] = 10, 20
    model.meta.exposure.nints, model.meta.exposure.ngroups = 2, 2
    return {"reset": Reference("reset", model)}


@pytest.fixture
def table():
    model = datamodels.RSCDModel()
    model.rscd_group_skip_table = np.array([("FULL", "FASTR1", 9, 9), ("SUB64", "FASTR1", 1, 3)], COLUMNS)
    return {"rscd": Reference("rscd", model)}


@pytest.fixture
def dark():
    """2 DN a group in the first integration, 3 DN in later ones; a pixel is flagged in each."""
    model = described(datamodels.DarkMIRIModel((2, 8, 3, 4)))
    model.data[:] = np.array([2, 3])[:, None, None, None] * np.arange(8)[:, None, None]
    model.dq = np.zeros((2, 1, 3, 4), np.uint32)
    model.dq[0, 0, 0, 0], model.dq[1, 0, 0, 1] = 2048, 1024
    model.meta.exposure.nframes, model.meta.exposure.groupgap = 1, 0
    return {"dark": Reference("dark", model)}


def test_reset_of_each_integration(anomaly):
    data = ResetStep().process(exposure(), anomaly).data
    expected = np.full((3, 8), 9000.0)
    expected[:, :2] -= np.array([10, 20, 20])[:, None]
    np.testing.assert_array_equal(on_host(data)[:, :, 1, 1], expected)


def test_reset_of_a_segment(anomaly):
    data = ResetStep().process(exposure(integration_start=2, integration_end=4), anomaly).data
    assert (data[:, :2] == 8980).all() and (data[:, 2:] == 9000).all()


def test_reset_of_another_subarray_is_refused(anomaly):
    given = exposure()
    given.meta.subarray.ystart = 1
    with pytest.raises(ReferenceFileError, match="does not match the exposure"):
        ResetStep().process(given, anomaly)


def test_rscd_flags_and_keywords(table):
    given = exposure()
    given.groupdq[2, 4:, 0, 0] = SATURATED
    result = RscdStep().process(given, table)
    flagged = on_host((result.groupdq & DO_NOT_USE).sum(axis=1))
    np.testing.assert_array_equal(flagged[:, 1, 1], [1, 3, 3])
    np.testing.assert_array_equal(flagged[:, 0, 0], [1, 3, 2])
    assert result.pixeldq[0, 0] == FLUX_ESTIMATED and np.count_nonzero(result.pixeldq) == 1
    record = result.meta.rscd
    assert (record.ngroups_skip_int1, record.ngroups_skip_int2p) == (1, 3)
    assert (record.keep_groups_saturation_int1, record.keep_groups_saturation_int2p) == (0, 1)
    assert (record.keep_bright_firstgroup_int1, record.keep_bright_firstgroup_int2p) == (0, 0)


def test_rscd_of_a_later_segment(table):
    result = RscdStep().process(exposure(nints=2, integration_start=3, integration_end=4), table)
    assert ((result.groupdq & DO_NOT_USE).sum(axis=1) == 3).all()
    assert result.meta.rscd.ngroups_skip_int1 is None


def test_rscd_without_a_row(table):
    with pytest.raises(SkipStep, match="no row for subarray SUB64 and read pattern SLOWR1"):
        RscdStep().process(exposure(readpatt="SLOWR1"), table)


def test_rscd_without_a_table():
    references = {"rscd": Reference("rscd", datamodels.RSCDModel())}
    with pytest.raises(ReferenceFileError, match="no table RSCD_GROUP_SKIP"):
        RscdStep().process(exposure(), references)


def test_darks_of_each_integration(dark):
    result = DarkCurrentStep().process(exposure(), dark)
    expected = 9000 - np.array([2, 3, 3])[:, None] * np.arange(8)
    np.testing.assert_array_equal(on_host(result.data)[:, :, 2, 2], expected)
    np.testing.assert_array_equal(on_host(result.pixeldq)[0, :3], [2048, 1024, 0])


def test_dark_of_a_segment(dark):
    result = DarkCurrentStep().process(exposure(nints=2, integration_start=3), dark)
    assert (result.data[:, -1] == 9000 - 21).all()


@pytest.mark.parametrize(("step_class", "fewest"), [(FirstFrameStep, 4), (LastFrameStep, 3), (RscdStep, 3)])
def test_too_few_groups(step_class, fewest, table):
    def apply(exposure):
        step_class().check_applies(exposure)
        step_class().process(exposure, table)

    apply(exposure(ngroups=fewest))
    few = exposure(ngroups=fewest - 1)
    with pytest.raises(SkipStep, match=f"{fewest - 1} groups, and {fewest} are needed"):
        apply(few)
    assert not few.groupdq.any()


@pytest.mark.parametrize("step_class", [FirstFrameStep, LastFrameStep, ResetStep, RscdStep])
def test_other_instruments(step_class):
    with pytest.raises(SkipStep, match="NRCA1 is not of MIRI"):
        step_class().check_applies(of_another_instrument(exposure()))


def test_first_and_last_group():
    given = exposure()
    given.groupdq[:, 2:, 0, 0] = SATURATED
    result = FirstFrameStep().process(LastFrameStep().process(given, {}), {})
    np.testing.assert_array_equal(on_host(result.groupdq)[0, [0, 1, 7], 1, 1], [DO_NOT_USE, 0, DO_NOT_USE])
    assert result.groupdq[0, 0, 0, 0] == 0 and result.pixeldq[0, 0] == FLUX_ESTIMATED
    result = FirstFrameStep(bright_use_group1=False).process(exposure(), {})
    assert (result.groupdq[:, 0] == DO_NOT_USE).all()
