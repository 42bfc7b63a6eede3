"""The guider_cds step: what is subtracted in which function, tables, references that do not cover a stack."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.data import Exposure, InputError
from gpucal.kernels.flags.dqflags import HOT
from gpucal.reference import Reference, ReferenceFileError
from gpucal.steps.ramps.guider_cds import GuiderCdsStep
from tests.transfer import on_host

ROWS, COLUMNS = 4, 6
GROUP_TIME = 0.5


def described(model, columns=COLUMNS):
    model.meta.instrument.name = "FGS"
    model.meta.instrument.detector = "GUIDER1"
    subarray = model.meta.subarray
    subarray.xstart, subarray.ystart, subarray.xsize, subarray.ysize = 1, 1, columns, ROWS
    return model


def raw(kind, nints=2, ngroups=2):
    """Each group is 10 DN above the one before, and each integration rises faster than the one before."""
    model = datamodels.GuiderRawModel((nints, ngroups, ROWS, COLUMNS))
    rise = 10.0 * (1 + np.arange(nints))[:, None] * np.arange(ngroups)
    model.data[:] = 1000 + rise[:, :, None, None]
    model.dq[1, 2] = HOT
    model.meta.exposure.type = kind
    model.meta.exposure.group_time = GROUP_TIME
    model.pointing_table = [(1.0, *range(10), "MOVING")]
    return Exposure(described(model), "made_uncal.fits")


def references(columns=COLUMNS):
    values = np.arange(ROWS * columns, dtype=np.float32).reshape(ROWS, columns)
    return {
        "gain": Reference("gain", described(datamodels.GainModel(data=1 + values), columns)),
        "readnoise": Reference("readnoise", described(datamodels.ReadnoiseModel(data=values), columns)),
    }


@pytest.mark.parametrize(
    ("kind", "ngroups", "expected"),
    [
        ("FGS_ID-IMAGE", 2, [20]),
        ("FGS_ID-STACK", 2, [20]),
        ("FGS_ACQ1", 2, [20, 40]),
        ("FGS_ACQ2", 2, [20, 40]),
        ("FGS_TRACK", 2, [20, 40]),
        ("FGS_FINEGUIDE", 8, [80, 160]),
    ],
)
def test_rates_of_each_function(kind, ngroups, expected):
    product = GuiderCdsStep().process(raw(kind, ngroups=ngroups), references())
    assert product.model_type == "GuiderCalModel"
    rates = np.broadcast_to(np.array(expected)[:, None, None], product.data.shape)
    np.testing.assert_array_equal(on_host(product.data), rates)
    noise = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)
    poisson = np.array(expected)[:, None, None] / (1 + noise)
    error = np.sqrt(2 * (noise / GROUP_TIME) ** 2 + poisson)
    np.testing.assert_allclose(on_host(product.err), error, rtol=1e-6)
    assert product.dq[1, 2] == HOT and product.dq.sum() == HOT
    assert product.meta.bunit_data == "DN/s"


def test_tables_stay_and_no_others_are_made():
    product = GuiderCdsStep().process(raw("FGS_TRACK"), references())
    assert product.pointing_table["HGA_motion"] == ["MOVING"]
    assert not product.has("centroid_table") and not product.has("planned_star_table")


def test_the_mean_of_a_reference_stands_for_a_stack_that_it_does_not_cover():
    product = GuiderCdsStep().process(raw("FGS_ID-STACK"), references(columns=5))
    gain, noise = 1 + 19 / 2, 19 / 2
    error = np.sqrt(2 * (noise / GROUP_TIME) ** 2 + 20 / gain)
    np.testing.assert_allclose(on_host(product.err), error, rtol=1e-6)


def test_a_reference_must_cover_all_else():
    with pytest.raises(ReferenceFileError, match="does not match the exposure"):
        GuiderCdsStep().process(raw("FGS_ID-IMAGE"), references(columns=5))


@pytest.mark.parametrize(
    ("kind", "nints", "ngroups"), [("FGS_ID-IMAGE", 1, 2), ("FGS_TRACK", 2, 1), ("FGS_FINEGUIDE", 1, 1)]
)
def test_too_few_reads(kind, nints, ngroups):
    with pytest.raises(InputError, match=f"has {nints} integrations of {ngroups} groups; {kind} needs"):
        GuiderCdsStep().process(raw(kind, nints, ngroups), references())


def test_another_exposure_type():
    with pytest.raises(InputError, match="FGS_IMAGE, which is no guide star function"):
        GuiderCdsStep().process(raw("FGS_IMAGE"), references())


def test_a_ramp_is_refused():
    with pytest.raises(InputError, match="is of type RampModel; GuiderCdsStep takes GuiderRawModel"):
        GuiderCdsStep.call(datamodels.RampModel((1, 2, 3, 3)), override_gain="N/A", override_readnoise="N/A")
