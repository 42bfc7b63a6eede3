"""How much of an effect is left after the step that corrects it."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import binary_erosion

from bench.truth.exposures import corrected_ramp, expected_signal, simulated, usable
from gpucal.kernels.flags.dqflags import DO_NOT_USE, SATURATED
from gpucal.simulate import Effects
from gpucal.simulate.detectors import detector_named

MIRI = {"detector": "MIRIMAGE", "subarray": "SUB64", "readpatt": "FASTR1", "ngroups": 20, "nints": 2}
NIRCAM = {"detector": "NRCB1", "subarray": "SUB160", "readpatt": "BRIGHT2", "ngroups": 8}
SUBSTRIPES = {"detector": "NRCA1", "subarray": "SUB164STRIPE4_DHS", "readpatt": "BRIGHT2", "ngroups": 8}
SUPERSTRIPES = {"detector": "NIS", "subarray": "SUB204STRIPE_SOSS", "readpatt": "NISRAPID", "ngroups": 8}
IRS2 = {"detector": "NRS1", "readpatt": "NRSIRS2RAPID", "ngroups": 6}

# Steps after refpix, which work on what it makes of an IRS2 exposure.
AFTER_IRS2 = ("linearity", "dark_current", "persistence")

# The bias of detectors that have no superbias step.
ZERO_POINTS = {"MIRIMAGE": detector_named("MIRIMAGE").bias}


@dataclass(frozen=True)
class Case:
    """An effect, the step that corrects it, and an exposure that shows it.

    Attributes
    ----------
    effect : str
        In words.
    step : str
        The alias of the step.
    effects : Effects
        What the simulation has.
    settings : dict
        The readout.
    left_out : tuple of str
        Steps that would hide the effect.
    differences : bool
        Measure the differences of adjacent groups: the step leaves what the first group has.
    """

    effect: str
    step: str
    effects: Effects
    settings: dict
    left_out: tuple[str, ...] = ()
    differences: bool = False


CASES = (
    Case("bias structure", "superbias", Effects.only("bias", "sky"), NIRCAM),
    Case(
        "offsets of the outputs, odd and even columns",
        "refpix",
        Effects.only("amplifier_offsets", "odd_even"),
        NIRCAM,
    ),
    Case(
        "nonlinear response, to 70% of full well",
        "linearity",
        Effects.only("linearity", "sky", sky_rate=8000.0, nonlinearity=0.06),
        NIRCAM,
    ),
    Case(
        "dark current, hot pixels",
        "dark_current",
        Effects.only("dark", "hot_pixels", hot_pixel_fraction=0.05),
        NIRCAM,
    ),
    Case(
        "coupling of neighbours",
        "ipc",
        Effects.only("ipc", "stars", "saturation", stars_per_pixel=2e-3, ipc_coupling=0.005),
        NIRCAM,
    ),
    Case(
        "1/f noise, differences of groups",
        "clean_flicker_noise",
        Effects.only("one_over_f", one_over_f_level=10.0),
        NIRCAM,
        differences=True,
    ),
    Case(
        "IRS2: 1/f noise and drifts of the outputs, differences of groups",
        "refpix",
        Effects.only("one_over_f", "amplifier_offsets", "odd_even"),
        IRS2,
        AFTER_IRS2,
        differences=True,
    ),
    Case("substripes: bias structure", "superbias", Effects.only("bias", "sky"), SUBSTRIPES),
    Case(
        "substripes: offsets of the outputs, odd and even columns",
        "refpix",
        Effects.only("amplifier_offsets", "odd_even"),
        SUBSTRIPES,
    ),
    Case(
        "superstripes: nonlinear response, to 70% of full well",
        "linearity",
        Effects.only("linearity", "sky", sky_rate=8000.0, nonlinearity=0.06),
        SUPERSTRIPES,
    ),
    Case(
        "superstripes: dark current, hot pixels",
        "dark_current",
        Effects.only("dark", "hot_pixels", hot_pixel_fraction=0.05),
        SUPERSTRIPES,
    ),
    Case("MIRI: settling after a reset", "reset", Effects.only("reset_anomaly"), MIRI),
    Case("MIRI: first frame", "firstframe", Effects.only("first_frame"), MIRI, ("rscd",)),
    Case("MIRI: last frame", "lastframe", Effects.only("last_frame"), MIRI),
    Case("MIRI: decay after the switch of the reset", "rscd", Effects.only("switch_decay"), MIRI),
    Case("MIRI: dark that settles", "dark_current", Effects.only("dark", "dark_settling"), MIRI),
    Case("MIRI: interference", "emicorr", Effects.only("interference"), MIRI, ("refpix",)),
)


def residuals(ramp, rate: np.ndarray, differences: bool) -> np.ndarray:
    """The ramp less what light alone makes, in groups without SATURATED or DO_NOT_USE, DN; or its differences.

    Of usable pixels with eight usable neighbours: beyond the edge of a subarray nothing is known.
    """
    inner = binary_erosion(usable(ramp.pixeldq), np.ones((3, 3)))
    good = (ramp.groupdq & (SATURATED | DO_NOT_USE) == 0) & inner
    left = ramp.data - expected_signal(ramp, rate)
    return np.diff(left, axis=1)[good[:, 1:] & good[:, :-1]] if differences else left[good]


def measure() -> list[tuple[Case, tuple[float, float], tuple[float, float]]]:
    """Mean and spread of the residuals of each case, without the step and with it."""
    found = []
    for case in CASES:
        with simulated(effects=case.effects, seed=5, **case.settings) as simulation:
            ramps = [corrected_ramp(simulation, case.step, skip, case.left_out) for skip in (True, False)]
            zero_point = ZERO_POINTS.get(case.settings["detector"], 0.0)
            left = [residuals(ramp, simulation.truth.rate, case.differences) - zero_point for ramp in ramps]
        found.append((case, *((float(r.mean()), float(r.std())) for r in left)))
    return found


def table(found) -> str:
    """The measurements as Markdown."""
    rows = [
        "| effect | step | mean without, DN | spread without | mean with | spread with |",
        "|---|---|---|---|---|---|",
    ]
    for case, before, after in found:
        rows.append(
            f"| {case.effect} | {case.step} | " + " | ".join(f"{v:.3g}" for v in (*before, *after)) + " |"
        )
    return "\n".join(rows)
