"""The exposures of the parts, and the parameters they are calibrated with; fewer and smaller ones in a rehearsal."""

from bench.cases import CASES, SNOWBALLS
from bench.on_device.session import Session
from bench.parity import CASES as SMALL_CASES
from bench.parity import PARAMETERS
from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.simulate import Plan

SMOKE = {"NRS1 SUB32, 2 groups": {"detector": "NRS1", "subarray": "SUB32", "readpatt": "NRSRAPID", "ngroups": 2}}
SMOKE_STEPS = ("dq_init", "superbias", "ramp_fit")

# What `gpucal.simulate.observe` takes; in a rehearsal one exposure, which is not resampled: the simulator is slow.
OBSERVATIONS = {
    "NIRCam SUB320, 4 dithers": {"plan": Plan(exposures=4), "detectors": ("NRCB1",), "subarray": "SUB320"},
    "MIRI SUB256, 4 dithers, turned": {
        "plan": Plan(exposures=4, turn=10.0), "detectors": ("MIRIMAGE",), "subarray": "SUB256",
    },
}  # fmt: skip
SMOKE_OBSERVATIONS = {
    "MIRI SUB64, image": {"plan": Plan(exposures=1), "detectors": ("MIRIMAGE",), "subarray": "SUB64"}
}

# All that is not run by default, or has nothing to do.
ALL_STEPS = {name: {"skip": False, **PARAMETERS.get(name, {})} for name in ("charge_migration", "persistence")}
ALL_STEPS["jump"] = {name.rpartition(".")[2]: value == "true" for name, value in SNOWBALLS.items()}
ALL_STEPS["ramp_fit"] = {"save_opt": True}


def small_cases(session: Session) -> dict[str, dict]:
    """Exposures of all instruments, small ones first, and what `simulate` takes for each."""
    return SMOKE if session.smoke else SMALL_CASES


def large_cases(session: Session) -> dict[str, dict]:
    """Exposures as observers take them."""
    return SMOKE if session.smoke else {name: case.exposure for name, case in CASES.items()}


def observations(session: Session) -> dict[str, dict]:
    """Dithered images, and what `observe` takes for each."""
    return SMOKE_OBSERVATIONS if session.smoke else OBSERVATIONS


def image2_steps(session: Session) -> dict[str, dict]:
    """Parameters of the steps of stage 2 of images."""
    return {"resample": {"skip": True}} if session.smoke else {}


def only_few_steps() -> dict[str, dict]:
    """Parameters that skip most steps: a rehearsal takes one as well as another."""
    return {name: {"skip": True} for name in Detector1Pipeline.step_defs if name not in SMOKE_STEPS}


def steps(session: Session) -> dict[str, dict]:
    """Parameters of the steps for large exposures: the defaults."""
    return only_few_steps() if session.smoke else {}


def all_steps(session: Session) -> dict[str, dict]:
    """Parameters of the steps with which as many kernels as can be are launched."""
    return only_few_steps() if session.smoke else ALL_STEPS
