"""Whether rates are unbiased, and whether their errors are honest, from 0.01 to 10,000 DN/s."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bench.truth.exposures import simulated, usable
from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.simulate import Effects

# Readouts that suit rates from faint sky to a star that fills the well in a few reads, and those that work otherwise.
SLOW = {"detector": "NRCB1", "subarray": "SUB160", "readpatt": "SHALLOW4", "ngroups": 10, "nints": 2}
FAST = {"detector": "NRCA3", "subarray": "SUB64P", "readpatt": "RAPID", "ngroups": 10, "nints": 4}
SUBSTRIPES = {"detector": "NRCA1", "subarray": "SUB164STRIPE4_DHS", "readpatt": "BRIGHT2", "ngroups": 10}
SUPERSTRIPES = {"detector": "NIS", "subarray": "SUB204STRIPE_SOSS", "readpatt": "NISRAPID", "ngroups": 10}
IRS2 = {"detector": "NRS1", "subarray": "FULL", "readpatt": "NRSIRS2RAPID", "ngroups": 10}


class Case(NamedTuple):
    """An exposure of a smooth sky.

    Attributes
    ----------
    rate : float
        DN/s, about.
    readout : dict
    with_refpix : bool
        Elsewhere this step is left out: there is no drift to correct, and the noise of its means would be common to all
        pixels. Frames of superstripes and of IRS2 are made by it.
    drifts : tuple of str
        Effects beside photon and read noise.
    """

    rate: float
    readout: dict
    with_refpix: bool = False
    drifts: tuple[str, ...] = ()


CASES = (
    *(Case(rate, SLOW) for rate in (0.01, 0.1, 1.0, 10.0, 100.0)),
    *(Case(rate, FAST) for rate in (1e3, 3e3, 1e4)),
    Case(100.0, SUBSTRIPES),
    Case(100.0, SUPERSTRIPES, with_refpix=True),
    Case(10.0, IRS2, with_refpix=True, drifts=("one_over_f", "amplifier_offsets", "odd_even")),
)
GAIN = 2.0  # electrons per DN, about: the truth itself is taken pixel by pixel


@dataclass(frozen=True)
class Slopes:
    """Rates of one exposure against the truth.

    Attributes
    ----------
    readout : str
        Detector, subarray and read pattern.
    rate : float
        Mean of the true rates, DN/s.
    npixels : int
        Pixels that were fitted.
    bias, bias_error : float
        Mean of rate - truth, and its standard error, DN/s.
    mean_pull, spread_of_pulls : float
        Of (rate - truth) / ERR.
    """

    readout: str
    rate: float
    npixels: int
    bias: float
    bias_error: float
    mean_pull: float
    spread_of_pulls: float


def measure() -> list[Slopes]:
    """Slopes of the ``rate`` products of all cases."""
    return [_measure(case) for case in CASES]


def _measure(case: Case) -> Slopes:
    effects = Effects.only("sky", "poisson", "read_noise", *case.drifts, sky_rate=case.rate * GAIN)
    with simulated(effects=effects, seed=6, **case.readout) as simulation:
        steps = {"jump": {"skip": True}, "refpix": {"skip": not case.with_refpix}}
        model = Detector1Pipeline.call(simulation.exposure, steps=steps, configure_log=False)
        truth = simulation.truth.rate
    good = usable(model.dq) & np.isfinite(model.data)
    error = (model.data - truth)[good].astype(float)
    pulls = error / model.err[good]
    return Slopes(
        readout=" ".join(case.readout[name] for name in ("detector", "subarray", "readpatt")),
        rate=float(truth[good].mean()),
        npixels=int(good.sum()),
        bias=float(error.mean()),
        bias_error=float(error.std() / np.sqrt(error.size)),
        mean_pull=float(pulls.mean()),
        spread_of_pulls=float(pulls.std()),
    )


def table(found: list[Slopes]) -> str:
    """The measurements as Markdown."""
    rows = [
        "| readout | rate, DN/s | pixels | mean of rate - truth, DN/s | its standard error "
        "| mean pull | spread of pulls |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in found:
        rows.append(
            f"| {one.readout} | {one.rate:.3g} | {one.npixels} | {one.bias:.2g} | {one.bias_error:.2g} "
            f"| {one.mean_pull:.3f} | {one.spread_of_pulls:.3f} |"
        )
    return "\n".join(rows)
