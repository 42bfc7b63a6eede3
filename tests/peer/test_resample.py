"""Mosaics agree with those of jwst: of one exposure, and of several that are shifted and turned."""

import re
from functools import partial

import asdf
import gwcs
import numpy as np
import pytest
from astropy.io import fits

from bench.agreement import compare
from gpucal.data import open_exposure
from gpucal.steps import ResampleStep
from gpucal.wcs.world import Wcs
from tests.dithered_images import calibrated

# Held in pixels and by relative differences below: jwst has rounding errors of 1e-9 in the side of a pixel, and of 2e-6
# in the area of all.
ROUNDED = re.compile(
    r"(?i)(meta.wcsinfo.)?c(rpix[12]|delt[12]|d[12]_[12])|pixar_\w+|.*pixelarea_\w+|pxsclrt|.*pixel_scale_ratio"
)

# Edges of pixels agree within a millionth of a pixel, hence weights within that part of the usual one: ten thousandths
# of this "error".
SLIVER = 1e-2

# Where jwst keeps what it knows of the members of a product; and the count of groups, which it does not begin anew.
MEMBERSHIP = {"meta.asn.exptype", "meta.group_id"}
GROUPS = {"NDRIZ", "meta.resample.pointings"}


@pytest.fixture(autouse=True)
def as_peer(monkeypatch):
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")


def both(numbers, folder, peer_step, change=lambda model: None, **parameters):
    """Files of both products of the same exposures."""
    made = []
    for run in (ResampleStep.call, partial(peer_step, "resample")):
        models = [calibrated(number).copy() for number in numbers]
        for model in models:
            change(model)
        made.append(run(models if len(models) > 1 else models[0], **parameters))
    paths = [folder / name for name in ("ours.fits", "theirs.fits")]
    for product, path in zip(made, paths, strict=True):
        product.save(path)
    return paths


def assert_agree(ours, theirs, but_for=frozenset()):
    agreement = compare(ours, theirs, error=SLIVER * float(np.nanmedian(fits.getdata(theirs, "WHT"))))
    told = [one for one in agreement.keywords if one.keyword not in MEMBERSHIP | but_for]
    rounded = [one for one in told if ROUNDED.fullmatch(one.keyword)]
    assert [str(one) for one in told if one not in rounded] == []
    for one in rounded:
        keyword = one.keyword.lower()
        relative = 5e-6 if keyword.endswith(("ratio", "rt")) else 1e-8
        assert one.ours == pytest.approx(one.theirs, rel=relative, abs=1e-6 if "crpix" in keyword else 0), one
    assert agreement.structure == ()
    assert [str(extension) for extension in agreement.extensions if not extension.agrees] == []
    return agreement


@pytest.mark.usefixtures("offline")
def test_one_exposure(tmp_path, peer_step):
    ours, theirs = both([0], tmp_path, peer_step)
    agreement = assert_agree(ours, theirs)
    assert {one.name for one in agreement.extensions} == {
        "SCI", "ERR", "CON", "WHT", "VAR_POISSON", "VAR_RNOISE", "VAR_FLAT"
    }  # fmt: skip


@pytest.mark.usefixtures("offline")
def test_several_exposures(tmp_path, peer_step):
    ours, theirs = both([0, 1, 2], tmp_path, peer_step)
    agreement = assert_agree(ours, theirs)
    assert sum(one.name.startswith("HDRTAB") for one in agreement.extensions) > 30
    with open_exposure(ours).to_model() as model:
        assert model.meta.exposure.start_time == 60000.0 and model.meta.resample.pointings == 3
        assert np.unique(model.con).tolist() == list(range(8))
        wcs = Wcs.of_kept(model.meta.wcs)
        assert wcs.pixel_shape == model.data.shape[::-1]


PARAMETERS = {
    "point": {"kernel": "point", "fillval": "-1", "pixel_scale_ratio": 2.0},
    "gaussian": {"kernel": "gaussian", "report_var": False},
    "lanczos": {"kernel": "lanczos3", "fillval": "INDEF", "propagate_dq": True},
    "fine": {"pixel_scale_ratio": 0.5, "pixfrac": 0.7, "propagate_dq": True},
    "by time": {"weight_type": "exptime", "kernel": "turbo", "pixfrac": 0.8},
    "placed": {"crpix": (10.0, 20.0), "crval": (53.1012, -27.7995), "output_shape": (70, 60), "rotation": 20.0,
               "pixel_scale": 0.05},
    "without": {"enable_ctx": False, "enable_err": False, "blendheaders": False},
}  # fmt: skip


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("parameters", PARAMETERS.values(), ids=PARAMETERS)
def test_parameters(parameters, tmp_path, peer_step):
    ours, theirs = both([0, 2], tmp_path, peer_step, **parameters)
    if "lanczos" in parameters.get("kernel", ""):
        clear_slivers(ours, theirs)
    assert_agree(ours, theirs)


def with_sky(model):
    """A sky that was measured and not subtracted; NaN in one array alone; what is not there; a narrow bounding box."""
    model.meta.background.level, model.meta.background.subtracted = 1.25, False
    model.err[20, 20], model.var_poisson[21, 5] = np.nan, np.nan
    del model.var_flat
    del model.meta.exposure.measurement_time
    model.meta.wcs.bounding_box = ((3.5, 55.5), (-0.5, 47.5))


@pytest.mark.usefixtures("offline")
def test_the_sky_is_subtracted_and_what_is_missing_is_left_out(tmp_path, peer_step):
    assert_agree(*both([0, 3], tmp_path, peer_step, with_sky))


@pytest.mark.usefixtures("offline")
def test_a_mosaic_for_each_group(tmp_path, peer_step):
    numbers, made = (0, 2), []
    for run in (ResampleStep.call, partial(peer_step, "resample")):
        made.append(run([calibrated(number).copy() for number in numbers], single=True, pixel_scale_ratio=0.8))
    ours, theirs = made
    with theirs:
        for number, one in enumerate(ours):
            other = theirs.borrow(number)
            paths = [tmp_path / f"{name}{number}.fits" for name in ("ours", "theirs")]
            one.save(paths[0])
            other.save(paths[1])
            theirs.shelve(other, number, modify=False)
            assert_agree(*paths, but_for=GROUPS)
            assert one.meta.resample.pointings == 1


@pytest.mark.usefixtures("offline")
def test_a_grid_from_a_file(tmp_path, peer_step):
    made = ResampleStep.call(calibrated(1).copy(), rotation=10.0, pixel_scale=0.05).meta.wcs
    asdf.AsdfFile({"wcs": made, "pixel_scale": 0.05}).write_to(tmp_path / "grid.asdf")
    assert_agree(*both([1, 2], tmp_path, peer_step, output_wcs=str(tmp_path / "grid.asdf")))
    pipeline = made.pipeline
    plain = gwcs.WCS([gwcs.Step(pipeline[0].frame, pipeline[0].transform.forward), gwcs.Step(pipeline[1].frame, None)])
    plain.bounding_box = made.bounding_box.bounding_box(order="F")
    asdf.AsdfFile({"wcs": plain, "pixel_area": 0.0025}).write_to(tmp_path / "chain.asdf")
    paths = both([1, 2], tmp_path, peer_step, output_wcs=str(tmp_path / "chain.asdf"))
    assert_agree(*paths, but_for={"meta.wcsinfo.sipmxerr"})  # rounding errors


def clear_slivers(*paths):
    """Forget pixels with next to no weight: their means are quotients of rounding errors."""
    for path in paths:
        with fits.open(path, mode="update") as hdus:
            weight = abs(hdus["WHT"].data)
            for name in ("SCI", "ERR", "VAR_POISSON", "VAR_RNOISE", "VAR_FLAT"):
                hdus[name].data[weight < 0.01 * np.nanmedian(weight)] = 0
