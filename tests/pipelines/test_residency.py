"""On a device, the ramp goes there once, stays between the steps, and only products come back.

CuPy's place is taken by a stand-in that is as strict about where arrays live, so that any hidden transfer, and
any NumPy array that meets a device array, fails here and not first on a user's GPU.
"""

import numpy as np
import pytest

from gpucal.backend import use_backend
from gpucal.backend.traffic import EXPOSURE, PRODUCTS, REFERENCES, TABLES, traffic
from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.reference import clear_store
from gpucal.simulate import simulate

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


def crossed(simulation, directory):
    """What crosses while stage 1 runs once, with all products saved."""
    before = traffic()
    Detector1Pipeline.call(simulation.exposure, output_dir=str(directory), save_results=True)
    return traffic().since(before)


@pytest.fixture(scope="module")
def simulation(tmp_path_factory):
    directory = tmp_path_factory.mktemp("residency")
    return simulate(
        directory, detector="NRCB1", subarray="SUB160", readpatt="BRIGHT2", ngroups=8, nints=2, seed=1
    )


# Pixels of an image; bytes of the ramp with its zero frames, two a value as in the file; rate and rateints with five
# arrays each.
IMAGE = 160 * 160
RAMP = 2 * (8 + 1) * IMAGE * 2
RATES = (1 + 2) * 5 * IMAGE * 4


def test_the_ramp_crosses_once_and_so_do_the_products(simulation, tmp_path, strict_device):
    with simulation.crds():
        first, second = crossed(simulation, tmp_path), crossed(simulation, tmp_path)
    for run in (first, second):
        assert run.to_device[EXPOSURE] == RAMP
        assert run.to_host[EXPOSURE] == run.to_host[REFERENCES] == 0
        assert run.to_host[PRODUCTS] == RATES
        assert run.to_device[TABLES] + run.to_host[TABLES] < RAMP / 2
    files = sum(path.stat().st_size for path in simulation.references.values())
    assert 0 < first.to_device[REFERENCES] < files
    assert second.to_device[REFERENCES] == 0


def test_the_cpu_counts_what_would_cross(simulation, tmp_path, request):
    with simulation.crds():
        clear_store()
        with use_backend("cpu"):
            on_cpu = crossed(simulation, tmp_path)
        request.getfixturevalue("strict_device")
        assert on_cpu == crossed(simulation, tmp_path)


def test_each_thread_counts_by_itself(simulation, tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool, use_backend("cpu") as backend:
        before = traffic()
        assert pool.submit(
            lambda: (backend.asarray(np.zeros(3), EXPOSURE), traffic())[1]
        ).result().to_device == {EXPOSURE: 24}
        assert traffic() == before
