"""Outliers of slit spectra are those of jwst: on resampled pixels, pixel by pixel, and of series of integrations."""

import numpy as np
import pytest

from gpucal.steps import OutlierDetectionStep
from tests.slit_spectra import spectrum

OUTLIER = 16


@pytest.fixture(autouse=True)
def as_peer(monkeypatch):
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")


def nods(offsets=(-3.0, 0.0, 4.5), scale=1.0):
    """Exposures of a source with cosmic rays; ``scale`` is that of their unit."""
    models = [spectrum(number, offset=offset) for number, offset in enumerate(offsets)]
    for number, model in enumerate(models):
        places = np.random.default_rng(number).integers(2, 20, (2, 9))
        model.data[places[0], 3 * places[1]] += 60
        unusable = np.isnan(model.data) | np.isnan(model.err) | (model.dq & 1 > 0)
        model.dq[unusable] |= 1
        for name, power in (("data", 1), ("err", 1), ("var_poisson", 2), ("var_rnoise", 2), ("var_flat", 2)):
            scaled = (getattr(model, name) * np.float32(scale) ** power).astype(np.float32)
            setattr(model, name, np.where(unusable, np.float32(np.nan), scaled))
    return models


def assert_same(peer_step, make, least, **parameters):
    """Both flag the same pixels of all exposures, and so many at least."""
    from jwst.datamodels import ModelContainer

    ours = OutlierDetectionStep.call(make(), **parameters)
    theirs = peer_step("outlier_detection", ModelContainer(make()), **parameters)
    for own, other in zip(ours, theirs, strict=True):
        assert np.array_equal(own.dq, other.dq)
        assert np.array_equal(own.data, other.data, equal_nan=True)
        assert np.array_equal(own.err, other.err, equal_nan=True)
        assert own.meta.cal_step.outlier_detection == other.meta.cal_step.outlier_detection == "COMPLETE"
        assert ((own.dq & OUTLIER) > 0).sum() >= least


PARAMETERS = {
    "usual": {},
    "by time": {"weight_type": "exptime", "snr": "6.0 3.0", "scale": "1.0 0.5", "maskpt": 0.4},
    "points": {"kernel": "point", "fillval": "0", "good_bits": "~DO_NOT_USE+JUMP_DET", "backg": 0.5},
    "by pixels": {"resample_data": False},
}


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("parameters", PARAMETERS.values(), ids=PARAMETERS)
def test_exposures_of_one_source(parameters, peer_step):
    assert_same(peer_step, nods, 5, **parameters)


@pytest.mark.usefixtures("offline")
def test_fluxes_whose_weights_are_too_large_for_single_precision(peer_step):
    assert_same(peer_step, lambda: nods(scale=1e-13), 5)


@pytest.mark.usefixtures("offline")
def test_one_exposure_is_compared_with_nothing(peer_step):
    (made,) = OutlierDetectionStep.call(nods((0.0,))[0])
    assert made.meta.cal_step.outlier_detection == "SKIPPED"


@pytest.mark.usefixtures("offline")
def test_a_series_of_one_slit(peer_step):
    def series():
        model = nods((0.0,))[0]
        noise = np.random.default_rng(3)
        for name in ("data", "err", "var_poisson", "var_rnoise", "var_flat", "dq"):
            setattr(model, name, np.repeat(getattr(model, name)[None], 7, 0))
        model.data += noise.normal(0, 0.1, model.data.shape).astype(np.float32)
        model.data[3, 8, 40] += 90
        model.meta.exposure.type, model.meta.exposure.nints, model.meta.visit.tsovisit = "NRS_BRIGHTOBJ", 7, True
        return model

    (own,), other = OutlierDetectionStep.call(series()), peer_step("outlier_detection", series())
    assert np.array_equal(own.dq, other.dq) and (own.dq[3, 8, 40] & OUTLIER) > 0
    assert np.array_equal(own.data, other.data, equal_nan=True)
