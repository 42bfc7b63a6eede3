"""The likelihood fit agrees with the peer's on ramps of every kind.

Where omitting either of two differences is equally good, rounding decides which one leaves. So the peer runs
in a process of its own in which NumPy takes its powers from the C library, to the last bit, and not from the
widest vector unit that the machine happens to have.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare_folders
from bench.peer_tests.offline import cache_without_rules
from gpucal.kernels.flags.dqflags import AD_FLOOR, DO_NOT_USE, JUMP_DET, PERSISTENCE, SATURATED
from gpucal.steps.ramps.ramp_fit import RampFitStep

pytest.importorskip("jwst", reason="the peer is not installed: pip install .[peer]")

SHAPE = (16, 20)
PLAIN_POWERS = {"NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512F AVX512CD AVX512_SKX"}

FIT_ALL = """
import json, sys
from pathlib import Path
from jwst.ramp_fitting import RampFitStep
for folder in Path(sys.argv[1]).iterdir():
    out = folder / "theirs"
    out.mkdir()
    parameters = json.loads((folder / "parameters.json").read_text())
    references = {f"override_{kind}": str(folder / f"{kind}.fits") for kind in ("gain", "readnoise")}
    RampFitStep.call(
        str(folder / "made_jump.fits"), **references, **parameters, save_results=True, output_dir=str(out)
    )
"""


@dataclass(frozen=True)
class Case:
    """An exposure and how it is fitted."""

    seed: int
    nints: int
    ngroups: int
    nframes: int = 1
    groupgap: int = 0
    zeroframe: bool = False
    dark: bool = False
    flags: bool = True
    holes: bool = False
    brightest: float = 4.0
    instrument: tuple = ("NIRCAM", "NRCA1")
    read_times: list | None = None
    parameters: dict = field(default_factory=lambda: {"algorithm": "LIKELY"})


CASES = {
    "three groups": Case(1, 2, 3),
    "four groups": Case(2, 3, 4),
    "four averaged groups": Case(3, 2, 4, nframes=8, groupgap=2, zeroframe=True),
    "five groups": Case(4, 2, 5, holes=True),
    "seven averaged groups": Case(5, 3, 7, nframes=4, groupgap=1),
    "faint": Case(6, 2, 7, flags=False, brightest=-0.5),
    "ten groups": Case(7, 1, 10, dark=True, holes=True),
    "averages with zero frames": Case(8, 5, 9, nframes=4, zeroframe=True, holes=True),
    "zero frames of single reads": Case(9, 2, 6, zeroframe=True),
    "many groups": Case(10, 1, 45, nframes=2, dark=True),
    "MIRI": Case(11, 2, 8, instrument=("MIRI", "MIRIMAGE"), holes=True),
    "range of groups": Case(12, 2, 9, parameters={"algorithm": "LIKELY", "firstgroup": 1, "lastgroup": 6}),
    "uneven": Case(
        13, 2, 6, read_times=[[3.0], [6.0, 9.0, 15.0], [18.0], [24.0, 27.0], [33.0], [36.0]], parameters={}
    ),
    "saved chi squared": Case(14, 3, 6, nframes=2, parameters={"algorithm": "LIKELY", "save_opt": True}),
}  # fmt: skip


def described(model, case):
    """The model, with the keywords of a small subarray."""
    model.meta.instrument.name, model.meta.instrument.detector = case.instrument
    subarray = model.meta.subarray
    subarray.xstart, subarray.ystart, subarray.xsize, subarray.ysize = 1, 1, SHAPE[1], SHAPE[0]
    return model


def ramp_of(case, rng):
    """Noisy ramps with jumps of all sizes, and flags of every kind."""
    shape = (case.nints, case.ngroups, *SHAPE)
    model = described(datamodels.RampModel(shape), case)
    rate = 10 ** rng.uniform(-1, case.brightest, SHAPE)
    signal = np.cumsum(rng.poisson(np.broadcast_to(rate, shape)), axis=1) + rng.normal(0, 8, shape)
    signal += np.cumsum((rng.random(shape) < 0.03) * rng.exponential(3000, shape), axis=1)
    if case.holes:
        signal[rng.random(shape) < 0.002] = np.nan
    model.data = signal.astype(np.float32)
    model.groupdq = flags_of(shape, rng) if case.flags else np.zeros(shape, np.uint8)
    model.pixeldq = rng.choice([0] * 20 + [DO_NOT_USE, SATURATED, JUMP_DET, 1024], SHAPE).astype(np.uint32)
    if case.zeroframe:
        model.zeroframe = (rng.choice([0, 1, 1], (case.nints, *SHAPE)) * rate).astype(np.float32)
    if case.dark:
        model.average_dark_current = rng.uniform(0, 0.1, SHAPE).astype(np.float32)
    exposure = model.meta.exposure
    exposure.type = "NRC_IMAGE" if case.instrument[0] == "NIRCAM" else "MIR_IMAGE"
    exposure.nframes, exposure.groupgap, exposure.frame_time = case.nframes, case.groupgap, 3.0
    exposure.group_time = exposure.frame_time * (case.nframes + case.groupgap)
    if case.read_times:
        exposure.read_times = case.read_times
    return model


def flags_of(shape, rng):
    """Flags of groups: scattered ones, saturation from any group on, whole ramps that cannot be used."""
    nints, ngroups = shape[:2]
    flags = np.zeros(shape, np.uint8)
    for flag, fraction in ((JUMP_DET, 0.05), (DO_NOT_USE, 0.03), (PERSISTENCE, 0.01), (AD_FLOOR, 0.01)):
        flags[rng.random(shape) < fraction] |= flag
    group = np.arange(ngroups)[:, None, None]
    flags[group >= rng.integers(0, 3 * ngroups + 2, (nints, 1, *SHAPE))] |= SATURATED
    flags |= np.where(rng.random((nints, 1, *SHAPE)) < 0.02, DO_NOT_USE, 0).astype(np.uint8)
    return flags


def references_of(case, rng):
    """Gain and read noise, with some that are NaN, zero, negative or far off."""
    gain, noise = (described(cls(SHAPE), case) for cls in (datamodels.GainModel, datamodels.ReadnoiseModel))
    gain.data = rng.normal(1.8, 0.1, SHAPE).astype(np.float32)
    noise.data = rng.normal(11, 1, SHAPE).astype(np.float32)
    if case.holes:
        gain.data[0, :6] = [np.nan, 0, -1, np.inf, 1e-3, 1e3]
        noise.data[1, :4] = [np.nan, 0, 1e5, 1e-3]
    return {"gain": gain, "readnoise": noise}


@pytest.fixture(scope="module")
def exposures(tmp_path_factory):
    """A folder for each case, with its input and the peer's products."""
    root = tmp_path_factory.mktemp("likelihood")
    for name, case in CASES.items():
        rng = np.random.default_rng(case.seed)
        folder = root / name.replace(" ", "_")
        folder.mkdir()
        ramp_of(case, rng).save(folder / "made_jump.fits")
        for kind, reference in references_of(case, rng).items():
            reference.save(folder / f"{kind}.fits")
        (folder / "parameters.json").write_text(json.dumps(case.parameters))
    return root


@pytest.fixture(scope="module")
def fitted_by_peer(exposures, tmp_path_factory):
    """The same folders, after the peer has fitted all of them."""
    environment = os.environ | PLAIN_POWERS | cache_without_rules(tmp_path_factory.mktemp("crds_cache"))
    subprocess.run(
        [sys.executable, "-c", FIT_ALL, str(exposures)], env=environment, check=True, capture_output=True
    )
    return exposures


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("name", CASES)
def test_products_agree(fitted_by_peer, name):
    case, folder = CASES[name], fitted_by_peer / name.replace(" ", "_")
    references = {f"override_{kind}": str(folder / f"{kind}.fits") for kind in ("gain", "readnoise")}
    (folder / "ours").mkdir()
    rate, rateints = RampFitStep.call(
        str(folder / "made_jump.fits"), **references, **case.parameters,
        save_results=True, output_dir=str(folder / "ours"),
    )  # fmt: skip
    products = compare_folders(folder / "ours", folder / "theirs")
    assert len(products) == (3 if "save_opt" in case.parameters else 2)
    for agreement in products.values():
        agreement.assert_agrees()
    assert np.isfinite(rate.data).any()
    assert (rateints.dq & JUMP_DET > 0).any()
