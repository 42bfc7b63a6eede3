"""How outliers are marked, against jwst's own, and at pixels where the answer is known."""

import numpy as np
import pytest

from gpucal.backend import current_backend
from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET, OUTLIER
from gpucal.kernels.outliers.marking import Planes, mark_outliers, pack_bits

SHAPE = (9, 11)


def marked(mask, dq, planes):
    """Flags and planes after marking, in the shape of the mask."""
    backend = current_backend()
    flags = backend.asarray(dq.ravel().copy())
    held = Planes(*(backend.asarray(plane.ravel().copy()) for plane in planes))
    mark_outliers(backend.asarray(pack_bits(backend.asarray(mask))), flags, held)
    return [backend.asnumpy(array).reshape(mask.shape if array.size else 0) for array in (flags, *held)]


def exposure(seed):
    rng = np.random.default_rng(seed)
    planes = rng.normal(1, 1, (5, *SHAPE)).astype(np.float32)
    planes[rng.random(planes.shape) < 0.05] = np.nan
    dq = rng.choice([0, 0, JUMP_DET, JUMP_DET | DO_NOT_USE], SHAPE).astype(np.uint32)
    return rng.random(SHAPE) < 0.2, dq, planes


@pytest.mark.parametrize("seed", range(3))
def test_like_jwst(seed):
    datamodels = pytest.importorskip("stdatamodels.jwst.datamodels")
    peer = pytest.importorskip("jwst.lib.pipe_utils", reason="the peer is not installed: pip install .[peer]")
    mask, dq, planes = exposure(seed)
    model = datamodels.ImageModel(dq=dq | mask * np.uint32(DO_NOT_USE | OUTLIER))
    for name, plane in zip(Planes._fields, planes, strict=True):
        setattr(model, name, plane.copy())
    peer.match_nans_and_flags(model)
    flags, *ours = marked(mask, dq, planes)
    np.testing.assert_array_equal(flags, model.dq)
    for name, plane in zip(Planes._fields, ours, strict=True):
        np.testing.assert_array_equal(plane, getattr(model, name))


def test_planes_that_are_not_there_stay_so(backend):
    mask, dq, planes = exposure(5)
    planes, mask[0, :2], dq[0, :2], planes[:, 0, :2] = planes.copy(), (True, False), (4, 4), 1
    none = np.zeros(0, np.float32)
    flags, data, err, *others = marked(mask, dq, [planes[0], none, planes[2], none, none])
    assert flags[0, :2].tolist() == [4 | DO_NOT_USE | OUTLIER, 4]
    assert np.isnan(data[0, 0]) and data[0, 1] == 1
    assert [plane.size for plane in (err, *others)] == [0, data.size, 0, 0]


def test_pixels_too_few_are_refused(backend):
    mask, dq, planes = exposure(1)
    with pytest.raises(ValueError, match="104 bits do not tell of 88 pixels"):
        marked(mask, dq[:-1], planes)
    with pytest.raises(ValueError, match="data has 88 pixels, the flags 99"):
        marked(mask, dq, planes[:, :-1])
