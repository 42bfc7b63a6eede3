"""Outliers of integral fields are those of jwst."""

import re
from pathlib import Path

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.kernels.flags.dqflags import DO_NOT_USE, OUTLIER
from gpucal.steps.mosaics.outlier_detection import OutlierDetectionStep

SHAPE = (70, 84)

# Members of products tell their role; those of integral fields do not in jwst.
ROLE = re.compile("meta.asn.exptype")


def field(number, instrument="MIRI", detector="MIRIFUSHORT"):
    """An exposure with pixels that are too bright in all of them, and some that are not to be used."""
    rng = np.random.default_rng(number)
    model = datamodels.IFUImageModel(data=rng.gamma(2, 5, SHAPE).astype(np.float32))
    for name in ("err", "var_poisson", "var_rnoise"):
        setattr(model, name, rng.uniform(0.1, 3, SHAPE).astype(np.float32))
    model.data[tuple(np.random.default_rng(77).integers(0, 60, (2, 30)))] += 300
    model.dq = rng.choice([0, 0, 0, 0, 4, DO_NOT_USE], SHAPE).astype(np.uint32)
    model.data[rng.random(SHAPE) < 0.02] = np.nan
    model.data[20:32, 20:32] = np.nan
    model.meta.filename = f"field{number}_{detector.lower()}_cal.fits"
    model.meta.instrument.name, model.meta.instrument.detector = instrument, detector
    model.meta.exposure.type = {"MIRI": "MIR_MRS", "NIRSPEC": "NRS_IFU"}[instrument]
    model.meta.wcsinfo.dispersion_direction = {"MIRI": 2, "NIRSPEC": 1}[instrument]
    return model


def mrs():
    return [*(field(number) for number in range(3)), field(3, detector="MIRIFULONG"), field(4, detector="MIRIFULONG")]


def nirspec():
    return [field(number, "NIRSPEC", "NRS1") for number in range(2)]


@pytest.fixture
def flagged(offline, without_parameter_references, monkeypatch, tmp_path):
    """Both run the step on copies, each in a folder of its own: lists of models, ours and theirs."""
    from jwst.datamodels import ModelContainer
    from jwst.step import OutlierDetectionStep as TheirStep

    def run(models, **parameters):
        results = []
        for name, step, container in (("ours", OutlierDetectionStep, list), ("theirs", TheirStep, ModelContainer)):
            (tmp_path / name).mkdir()
            monkeypatch.chdir(tmp_path / name)
            results.append(list(step.call(container([model.copy() for model in models]), **parameters)))
        return results

    return run


@pytest.mark.parametrize("make", [mrs, nirspec])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"kernel_size": "4 9", "threshold_percent": 97.5, "ifu_second_check": True},
    ],
    ids=["usual", "other"],
)
def test_flags(make, parameters, flagged):
    ours, theirs = flagged(make(), **parameters)
    for our, their in zip(ours, theirs, strict=True):
        compare(our, their).apart_from(ROLE).assert_agrees()
    found = np.mean([model.dq & OUTLIER > 0 for model in ours])
    assert 0.001 < found < 0.12


def test_what_is_saved_on_the_way(flagged, tmp_path):
    flagged(mrs(), save_intermediate_results=True)
    names = sorted(path.name for path in Path(tmp_path / "theirs").glob("*.fits"))
    assert names == sorted(path.name for path in Path(tmp_path / "ours").glob("*.fits")) and len(names) == 2
    for name in names:
        compare(tmp_path / "ours" / name, tmp_path / "theirs" / name).assert_agrees()


def test_a_single_exposure(flagged):
    (ours,), (theirs,) = flagged([field(1)])
    compare(ours, theirs).apart_from(ROLE).assert_agrees()
