"""An exposure that the device cannot hold is done some integrations at a time, and its products are the same.

The size of blocks is set by hand here, or follows from GPUCAL_DEVICE_BYTES; both work on the cpu backend, too.
"""

import logging

import numpy as np
import pytest
from astropy.io import fits

from gpucal.backend import use_backend
from gpucal.backend.traffic import EXPOSURE, PRODUCTS, traffic
from gpucal.core.log.events import observe
from gpucal.core.run.memory_plan import MemoryPlan
from gpucal.core.run.references import RunReferences
from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.simulate import simulate
from gpucal.steps.ramps.saturation import SaturationStep
from tests.stripe_exposures import SUPERSTRIPES, raw_exposure, stripe_ramp, write_references

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


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """An exposure of five integrations, and its products in one piece."""
    place = tmp_path_factory.mktemp("small")
    simulation = simulate(
        place, detector="NRCB1", subarray="SUB64P", readpatt="BRIGHT2", ngroups=4, nints=5, seed=2
    )
    (place / "products").mkdir()
    with use_backend("cpu"):
        return simulation, stage_1(simulation, place / "products")


def test_the_size_of_blocks_follows_from_the_room_on_the_device(small, tmp_path, monkeypatch, strict_device):
    """Ramps go to the device in three blocks and come back once; steps that need the whole run on the host."""
    simulation, expected = small
    monkeypatch.setattr(RunReferences, "nbytes", lambda *_args: 10**6)
    image, ngroups = 64 * 64, 4
    integration = (ngroups * (4 + 1) + 4) * image
    room = 10**6 + strict_device.scratch_bytes + 4 * image + 2 * integration
    monkeypatch.setenv("GPUCAL_DEVICE_BYTES", str(room + integration // 2))
    seen = []
    with observe(seen.append):
        before = traffic()
        products = stage_1(simulation, tmp_path)
    assert_same(products, expected)
    blocks = {event.step: event.blocks for event in seen if event.kind == "done"}
    assert blocks["superbias"] == blocks["charge_migration"] == 3
    assert blocks["jump"] == blocks["ramp_fit"] == 1
    crossed = traffic().since(before)
    assert crossed.to_device[EXPOSURE] == 5 * (ngroups + 1) * 4 * image
    average_dark_current = 3 * 4 * image
    pixel_flags = 3 * 4 * image
    assert crossed.to_host[EXPOSURE] == 5 * integration + pixel_flags + average_dark_current
    assert crossed.to_host[PRODUCTS] == 0


def test_each_step_is_logged_once_and_blocks_say_which_they_are(small, tmp_path, monkeypatch, caplog):
    simulation, _ = small
    set_block_size(monkeypatch, 2)
    caplog.set_level(logging.INFO)
    with use_backend("cpu"):
        stage_1(simulation, tmp_path)
    lines = [record.getMessage() for record in caplog.records]
    for step in ("dq_init", "saturation", "superbias", "jump"):
        assert len([line for line in lines if line.startswith(f"Step {step} running")]) == 1
        assert len([line for line in lines if line.startswith(f"Step {step} done")]) == 1
    assert len([line for line in lines if line.startswith("Charge migrates above")]) == 1
    assert len([line for line in lines if "pixels saturate" in line]) in (1, 3)
    assert len([line for line in lines if line.startswith("Step group_scale skipped")]) == 1


def test_a_step_that_saves_ends_a_chain_and_saves_the_whole(small, tmp_path, monkeypatch):
    simulation, _ = small
    for name, size in (("whole", None), ("blocks", 2)):
        (tmp_path / name).mkdir()
        with monkeypatch.context() as patched, use_backend("cpu"):
            if size:
                set_block_size(patched, size)
            stage_1(simulation, tmp_path / name, superbias={"save_results": True})
    products = {
        place: {path.name: path for path in (tmp_path / place).glob("*.fits")}
        for place in ("whole", "blocks")
    }
    assert any(name.endswith("_superbias.fits") for name in products["whole"])
    assert_same(*({name: each[name] for name in sorted(each)} for each in products.values()))


def test_hooks_see_the_whole_exposure(small, tmp_path, monkeypatch):
    simulation, expected = small
    seen = []
    hooks = {"pre_hooks": [lambda model: seen.append(model.data.shape[0])]}
    set_block_size(monkeypatch, 1)
    with use_backend("cpu"):
        products = stage_1(
            simulation, tmp_path, superbias=hooks, linearity={"post_hooks": hooks["pre_hooks"]}
        )
    assert seen == [5, 5]
    assert_same(products, expected)


def test_a_step_that_is_skipped_in_a_chain_is_skipped_for_all(small, tmp_path, monkeypatch):
    simulation, _ = small
    set_block_size(monkeypatch, 2)
    events = []
    with use_backend("cpu"), observe(events.append):
        products = stage_1(simulation, tmp_path, superbias={"override_superbias": "N/A"})
    assert [event.kind for event in events if event.step == "superbias"] == ["started", "skipped"]
    rate = next(path for name, path in products.items() if name.endswith("_rate.fits"))
    assert fits.getval(rate, "S_SUPERB") == "SKIPPED"
    assert fits.getval(rate, "S_LINEAR") == "COMPLETE"


def test_a_step_alone_works_in_blocks(small, monkeypatch):
    simulation, _ = small
    with simulation.crds(), use_backend("cpu"):
        whole = SaturationStep.call(simulation.exposure)
        set_block_size(monkeypatch, 2)
        events = []
        with observe(events.append):
            in_blocks = SaturationStep.call(simulation.exposure)
    assert {event.blocks for event in events} == {3}
    np.testing.assert_array_equal(in_blocks.groupdq, whole.groupdq)
    np.testing.assert_array_equal(in_blocks.pixeldq, whole.pixeldq)
    assert in_blocks.meta.exposure.integration_start == whole.meta.exposure.integration_start
    assert in_blocks.meta.cal_step.saturation == "COMPLETE"


def test_a_block_is_as_large_as_the_room_allows():
    """In units of one integration, or of three; the exposure holds seven."""
    plan = MemoryPlan(7, pixels=700, group_flags=70, pixel_flags=30, references=100, scratch=50, results=9)
    assert plan.total == 959
    assert plan.largest_block(100 + 50 + 30 + 5 * 110) == 5
    assert plan.largest_block(100 + 50 + 30 + 5 * 110, unit=3) == 3
    assert plan.largest_block(100 + 50 + 30 + 109) == 0
    assert plan.largest_block(10**6) == 7


def test_superstripes_go_in_whole_rounds(tmp_path, monkeypatch):
    """Integrations of superstripes share references in turn: blocks of any size but whole rounds would mix them."""
    stripes = SUPERSTRIPES["soss"]
    paths = write_references(tmp_path, stripes)
    steps = {
        name: {f"override_{kind}": paths.get(kind, "N/A") for kind in step.reference_file_types}
        | ({"skip": True} if name == "ipc" else {})
        for name, step in Detector1Pipeline.step_defs.items()
    }
    raw = raw_exposure(stripe_ramp(stripes, 12, nints=3, ngroups=5), tmp_path / "jw1_uncal.fits")
    products, sizes = {}, []
    with use_backend("cpu"):
        for folder in ("whole", "blocks"):
            (tmp_path / folder).mkdir()
            with monkeypatch.context() as patched:
                if folder == "blocks":
                    patched.setenv("GPUCAL_DEVICE_BYTES", "1")
                    patched.setattr(
                        MemoryPlan, "largest_block", lambda *_args, unit: sizes.append(unit) or 2 * unit
                    )
                Detector1Pipeline.call(raw, output_dir=str(tmp_path / folder), save_results=True, steps=steps)
            products[folder] = {path.name: path for path in sorted((tmp_path / folder).glob("*.fits"))}
    assert sizes == [stripes.superstripes]
    assert_same(products["blocks"], products["whole"])
