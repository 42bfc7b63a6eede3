"""On a device, the ramp goes there once, stays between the steps, and only products come back.

CuPy's place is taken by a stand-in that is as strict about where arrays live, so that any hidden transfer, and
any NumPy array that meets a device array, fails here and not first on a user's GPU.
"""

import sys
from types import ModuleType

import numpy as np
import pytest
from scipy import ndimage

from gpucal.backend import selection, use_backend
from gpucal.backend.kernels import PixelKernel
from gpucal.backend.selection import Backend
from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.reference import clear_store
from gpucal.simulate import simulate
from tests.backend.strict_device import DeviceArray, StrictLibrary, to_host

EXPOSURES = {
    "NIRCam SUB160, averaged groups, zero frames": {
        "detector": "NRCB1",
        "subarray": "SUB160",
        "readpatt": "BRIGHT2",
        "ngroups": 5,
        "nints": 2,
    },
    "NIRISS SUB80": {"detector": "NIS", "subarray": "SUB80", "ngroups": 4, "nints": 3},
}
STEPS = {
    "charge_migration": {"skip": False},
    "persistence": {"skip": False, "persistence_time": 10, "dn_threshold": 20000.0},
    "jump": {"expand_large_events": True},
    "ramp_fit": {"save_opt": True},
}


class StrictBackend(Backend):
    """The strict stand-in as a backend; it counts the bytes that cross."""

    crossed = {"to device": 0, "to host": 0}

    def asarray(self, host):
        if isinstance(host, DeviceArray):
            return host
        array = np.ascontiguousarray(host, dtype=host.dtype.newbyteorder("="))
        self.crossed["to device"] += array.nbytes
        return DeviceArray(array)

    def asnumpy(self, array):
        if isinstance(array, np.ndarray):
            return array
        self.crossed["to host"] += array.nbytes
        return array.host

    def synchronize(self):
        pass


@pytest.fixture
def strict_device(monkeypatch):
    cupy = StrictLibrary(np)
    images = ModuleType("cupyx.scipy")
    images.ndimage = StrictLibrary(ndimage)
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    monkeypatch.setitem(sys.modules, "cupyx.scipy", images)
    monkeypatch.setitem(selection._MAKERS, "cuda", lambda: StrictBackend("cuda", cupy, "loop", "strict"))
    launch = PixelKernel.__call__
    monkeypatch.setattr(
        PixelKernel, "__call__", lambda self, shape, *arguments: launch(self, shape, *to_host(arguments))
    )
    StrictBackend.crossed.update({"to device": 0, "to host": 0})
    clear_store()
    with use_backend("cuda") as backend:
        yield backend
    clear_store()


@pytest.mark.parametrize("settings", EXPOSURES.values(), ids=EXPOSURES)
def test_products_are_those_of_the_cpu(settings, tmp_path, request):
    simulation = simulate(tmp_path, seed=1, **settings)
    with simulation.crds():
        with use_backend("cpu"):
            expected = Detector1Pipeline.call(simulation.exposure, output_dir=str(tmp_path), steps=STEPS)
        request.getfixturevalue("strict_device")
        rate = Detector1Pipeline.call(simulation.exposure, output_dir=str(tmp_path), steps=STEPS)
    for name in ("data", "err", "dq", "var_poisson", "var_rnoise"):
        np.testing.assert_array_equal(getattr(rate, name), getattr(expected, name))


def test_the_ramp_crosses_once(tmp_path, strict_device):
    simulation = simulate(tmp_path, detector="NRCB1", subarray="SUB160", ngroups=20, seed=1)
    with simulation.crds():
        Detector1Pipeline.call(simulation.exposure)
        ramp = 20 * 160 * 160 * 4
        references = sum(path.stat().st_size for path in simulation.references.values())
        assert ramp <= strict_device.crossed["to device"] < ramp + references
        products = 2 * 5 * 160 * 160 * 4
        assert strict_device.crossed["to host"] < 1.5 * products
        strict_device.crossed.update({"to device": 0})
        Detector1Pipeline.call(simulation.exposure)
        assert strict_device.crossed["to device"] < 1.2 * ramp
