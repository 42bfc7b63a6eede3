"""Whether rates are unbiased, and whether their errors are honest, from 0.01 to 10,000 DN/s."""

from dataclasses import dataclass

import numpy as np

from bench.truth.exposures import simulated, usable
from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.simulate import Effects

# Rates from faint sky to a star that fills the well in a few reads, each with a readout that suits it.
SLOW = {"detector": "NRCB1", "subarray": "SUB160", "readpatt": "SHALLOW4", "ngroups": 10, "nints": 2}
FAST = {"detector": "NRCA3", "subarray": "SUB64P", "readpatt": "RAPID", "ngroups": 10, "nints": 4}
RATES = {0.01: SLOW, 0.1: SLOW, 1.0: SLOW, 10.0: SLOW, 100.0: SLOW, 1e3: FAST, 3e3: FAST, 1e4: FAST}
GAIN = 2.0  # electrons per DN, about: the truth itself is taken pixel by pixel


@dataclass(frozen=True)
class Slopes:
    """Rates of one exposure against the truth.

    Attributes
    ----------
    rate : float
        Mean of the true rates, DN/s.
    npixels : int
        Pixels that were fitted.
    bias, bias_error : float
        Mean of rate - truth, and its standard error, DN/s.
    mean_pull, spread_of_pulls : float
        Of (rate - truth) / ERR.
    """

    rate: float
    npixels: int
    bias: float
    bias_error: float
    mean_pull: float
    spread_of_pulls: float


def measure() -> list[Slopes]:
    """Slopes of the ``rate`` products at each rate, with photon and read noise and nothing else.

    ``refpix`` is left out: there is no drift to correct, and the noise of its means would be common to all pixels.
    """
    return [_measure(rate, settings) for rate, settings in RATES.items()]


def _measure(rate: float, settings: dict) -> Slopes:
    effects = Effects.only("sky", "poisson", "read_noise", sky_rate=rate * GAIN)
    with simulated(effects=effects, seed=6, **settings) as simulation:
        model = Detector1Pipeline.call(
            simulation.exposure, steps={"jump": {"skip": True}, "refpix": {"skip": True}}
        )
        truth = simulation.truth.rate
    good = usable(model.dq) & np.isfinite(model.data)
    error = (model.data - truth)[good].astype(float)
    pulls = error / model.err[good]
    return Slopes(
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
        "| rate, DN/s | pixels | mean of rate - truth, DN/s | its standard error | mean pull | spread of pulls |",
        "|---|---|---|---|---|---|",
    ]
    for one in found:
        rows.append(
            f"| {one.rate:.3g} | {one.npixels} | {one.bias:.2g} | {one.bias_error:.2g} | {one.mean_pull:.3f} | "
            f"{one.spread_of_pulls:.3f} |"
        )
    return "\n".join(rows)
