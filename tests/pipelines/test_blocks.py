"""An exposure that the device cannot hold is done some integrations at a time, and its products are the same.

The size of blocks is set by hand here, or follows from GPUCAL_DEVICE_BYTES; both work on the cpu backend, too.
"""


import numpy as np
import pytest
from astropy.io import fits

from gpucal.backend import use_backend
from gpucal.core.memory_plan import MemoryPlan
from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.simulate import simulate

EXPOSURES = {
    "NIRCam, averaged groups, zero frames": {
        "detector": "NRCB1",
        "subarray": "SUB160",
        "readpatt": "BRIGHT2",
        "ngroups": 4,
        "nints": 5,
    },
    "MIRI": {"detector": "MIRIMAGE", "subarray": "SUB64", "readpatt": "FAST", "ngroups": 8, "nints": 5},
    "NIRSpec IRS2": {"detector": "NRS1", "readpatt": "NRSIRS2RAPID", "ngroups": 3, "nints": 2},
}
STEPS = {
    "charge_migration": {"skip": False, "signal_threshold": 20000.0},
    "firstframe": {"skip": False},
    "jump": {"expand_large_events": True},
    "persistence": {"skip": False, "persistence_time": 60, "dn_threshold": 20000.0},
    "ramp_fit": {"save_opt": True},
}
VARYING = ("DATE", "FILENAME", "CHECKSUM", "DATASUM")


def set_block_size(monkeypatch, size):
    """Say that the device is too small for the whole exposure, and that it holds ``size`` integrations."""
    monkeypatch.setenv("GPUCAL_DEVICE_BYTES", "1")
    monkeypatch.setattr(MemoryPlan, "largest_block", lambda *_args, **_kwargs: size)


def stage_1(simulation, directory, **steps):
    with simulation.crds():
        Detector1Pipeline.call(
            simulation.exposure,
            output_dir=str(directory),
            save_results=True,
            save_calibrated_ramp=True,
            steps=STEPS | steps,
        )
    return {path.name: path for path in sorted(directory.glob("*.fits"))}


def assert_same(products, expected):
    assert list(products) == list(expected)
    for name, path in products.items():
        with fits.open(path) as ours, fits.open(expected[name]) as theirs:
            assert [hdu.name for hdu in ours] == [hdu.name for hdu in theirs]
            for mine, other in zip(ours, theirs, strict=True):
                if mine.name == "ASDF":
                    continue
                assert {card: mine.header[card] for card in mine.header if card not in VARYING} == {
                    card: other.header[card] for card in other.header if card not in VARYING
                }
                if isinstance(mine, fits.BinTableHDU):
                    assert mine.data.tobytes() == other.data.tobytes()
                elif mine.data is not None:
                    np.testing.assert_array_equal(mine.data, other.data, err_msg=f"{name} {mine.name}")


@pytest.fixture(scope="module", params=EXPOSURES.values(), ids=EXPOSURES)
def whole(request, tmp_path_factory):
    """An exposure, and its products in one piece."""
    place = tmp_path_factory.mktemp("whole")
    simulation = simulate(place, seed=2, **request.param)
    (place / "products").mkdir()
    with use_backend("cpu"):
        return simulation, stage_1(simulation, place / "products")


@pytest.mark.parametrize("size", [1, 2, 100])
def test_products_do_not_depend_on_the_size_of_blocks(whole, size, tmp_path, monkeypatch):
    simulation, expected = whole
    set_block_size(monkeypatch, size)
    with use_backend("cpu"):
        assert_same(stage_1(simulation, tmp_path), expected)
