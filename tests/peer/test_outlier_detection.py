"""Outliers of images, and of integrations, are those of jwst."""

import numpy as np
import pytest

from bench.agreement import compare
from gpucal.kernels.flags.dqflags import OUTLIER
from gpucal.steps.mosaics.outlier_detection import OutlierDetectionStep
from tests.dithered_stars import integrations, observed


@pytest.fixture
def flagged(monkeypatch, without_parameter_references, offline, tmp_path):
    """Both run the step on copies: ``flagged(models, **parameters)`` gives lists of models, ours and theirs."""
    from jwst.datamodels import ModelLibrary
    from jwst.step import OutlierDetectionStep as TheirStep

    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    monkeypatch.chdir(tmp_path)

    def run(models, **parameters):
        library = TheirStep.call(ModelLibrary([model.copy() for model in models]), **parameters)
        with library:
            theirs = list(library)
            for place, model in enumerate(theirs):
                library.shelve(model, place, modify=False)
        return OutlierDetectionStep.call([model.copy() for model in models], **parameters), theirs

    return run


def assert_agree(ours, theirs):
    """All extensions and keywords agree, but for what jwst leaves in the metadata tree alone."""
    for our, their in zip(ours, theirs, strict=True):
        their._instance.pop("wht", None)  # weights of coronagraphs, left behind
        compare(our, their).assert_agrees()
    found = np.array([model.dq & OUTLIER != 0 for model in ours])
    assert 0.002 < found.mean() < 0.1
    return found


@pytest.mark.parametrize(
    "parameters",
    [
        {"weight_type": "exptime", "kernel": "turbo", "pixfrac": 0.6, "maskpt": 0.9},
        {"resample_data": False, "snr": "60.0 4.0"},
    ],
    ids=["turbo", "pixels"],
)
def test_images_with_parameters(parameters, flagged):
    models = observed()[0]
    models[1].meta.observation.exposure_number = models[0].meta.observation.exposure_number  # taken together
    assert_agree(*flagged(models, **parameters))


def test_images(flagged):
    assert_agree(*flagged(observed((300, 280))[0]))


def test_levels_of_the_sky_and_other_limits(flagged):
    others = {"kernel": "point", "snr": "6.0 3.0", "scale": "1.5 0.5", "good_bits": "~DO_NOT_USE+NON_SCIENCE"}
    assert_agree(*flagged(observed(sky=1.5)[0], backg=7.0, **others))


@pytest.mark.parametrize("kind", ["NRC_TSIMAGE", "NRC_CORON"])
@pytest.mark.parametrize("parameters", [{}, {"rolling_window_width": 6, "good_bits": "~JUMP_DET", "snr": "4.0 3.0"}])
def test_integrations(kind, parameters, without_parameter_references, offline, peer_step, monkeypatch):
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    model = integrations(kind)
    (ours,) = OutlierDetectionStep.call(model.copy(), **parameters)
    del ours.meta.asn.exptype  # of members, which a time series by itself is for gpucal, too
    theirs = peer_step("outlier_detection", model, **parameters)
    assert_agree([ours], [theirs])
