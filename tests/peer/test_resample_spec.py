"""Resampled spectra agree with those of jwst: slits of one exposure and of several, sources, and all parameters."""

from functools import partial

import asdf
import numpy as np
import pytest
from astropy.io import fits

from bench.agreement import compare
from gpucal.steps import ResampleSpecStep
from tests.slit_spectra import several_slits, spectrum

# Where jwst keeps what it knows of the members of a product.
MEMBERSHIP = ("exptype", "group_id", "EXPTYPE", "meta.date", "filename")

# Edges of pixels agree within a millionth of a pixel, hence weights within that part of the usual one.
SLIVER = 1e-2


@pytest.fixture(autouse=True)
def as_peer(monkeypatch):
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")


def both(make, folder, peer_step, **parameters):
    """Files of both products of the same exposures."""
    paths = [folder / name for name in ("ours.fits", "theirs.fits")]
    for run, path in zip((ResampleSpecStep.call, partial(peer_step, "resample_spec")), paths, strict=True):
        models = make()
        run(models if len(models) > 1 else models[0], **parameters).save(path)
    return paths


def assert_agree(ours, theirs, but_for=()):
    weights = [fits.getdata(theirs, "WHT")]
    agreement = compare(ours, theirs, error=SLIVER * float(np.nanmedian(weights[0])))
    told = [str(one) for one in agreement.keywords if not any(name in one.keyword for name in (*MEMBERSHIP, *but_for))]
    assert told == []
    assert agreement.structure == ()
    assert [str(extension) for extension in agreement.extensions if not extension.agrees] == []
    return agreement


@pytest.mark.usefixtures("offline")
def test_slits_of_one_exposure(tmp_path, peer_step):
    agreement = assert_agree(*both(lambda: [several_slits()], tmp_path, peer_step))
    assert len(agreement.extensions) == 3 * 8


NODS = (-3.0, 0.0, 4.5)


@pytest.mark.usefixtures("offline")
def test_slits_of_several_exposures(tmp_path, peer_step):
    make = lambda: [several_slits(number, offset) for number, offset in enumerate(NODS)]  # noqa: E731
    agreement = assert_agree(*both(make, tmp_path, peer_step, blendheaders=False))
    assert {one.name for one in agreement.extensions} >= {"SCI", "SCI,2", "SCI,3"}


def sources():
    return [spectrum(number, offset=offset) for number, offset in enumerate(NODS)]


@pytest.mark.usefixtures("offline")
def test_exposures_of_one_source(tmp_path, peer_step):
    agreement = assert_agree(*both(sources, tmp_path, peer_step))
    assert any(one.name.startswith("HDRTAB") for one in agreement.extensions)


PARAMETERS = {
    "points": {"kernel": "point", "fillval": "-1", "pixel_scale_ratio": 2.0},
    "coarse": {"pixel_scale_ratio": 0.5, "pixfrac": 0.7, "propagate_dq": True},
    "by time": {"weight_type": "exptime"},
    "scale": {"pixel_scale": 0.15, "blendheaders": False},
}


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("parameters", PARAMETERS.values(), ids=PARAMETERS)
def test_parameters(parameters, tmp_path, peer_step):
    assert_agree(*both(sources, tmp_path, peer_step, **parameters))


@pytest.mark.usefixtures("offline")
def test_each_by_itself(tmp_path, peer_step):
    make = lambda: [several_slits()]  # noqa: E731
    assert_agree(*both(make, tmp_path, peer_step, single=True))


@pytest.mark.usefixtures("offline")
def test_given_coordinates(tmp_path, peer_step):
    wcs = ResampleSpecStep.call(spectrum(), pixel_scale_ratio=0.7).meta.wcs
    path = tmp_path / "wcs.asdf"
    asdf.AsdfFile({"wcs": wcs}).write_to(path)
    assert_agree(*both(sources, tmp_path, peer_step, output_wcs=str(path), output_shape=(80, 20)))
