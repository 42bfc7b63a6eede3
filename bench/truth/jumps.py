"""Cosmic rays: how many are found, by their energy, and how many jumps are false."""

from dataclasses import dataclass

import numpy as np

from bench.truth.exposures import simulated, usable
from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET, SATURATED
from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.simulate import Effects

READOUT = {"detector": "NRCB1", "subarray": "SUB320", "readpatt": "BRIGHT1", "ngroups": 10, "nints": 2}
EDGES = (20, 30, 40, 50, 60, 80, 100, 150, 250, 1000, 200_000)  # electrons
LIGHT = ("sky", "poisson", "read_noise")


@dataclass(frozen=True)
class Completeness:
    """Hits of one range of energies.

    Attributes
    ----------
    low, high : float
        Electrons.
    hits, found : int
        Hits that could be seen, and those whose group is flagged.
    """

    low: float
    high: float
    hits: int
    found: int


@dataclass(frozen=True)
class Jumps:
    """What the search found.

    Attributes
    ----------
    completeness : list of Completeness
    false_rate : float
        The fraction of first differences flagged in an exposure that nothing hit.
    differences : int
        The differences searched there.
    """

    completeness: list[Completeness]
    false_rate: float
    differences: int


def measure() -> Jumps:
    """Completeness with cosmic rays alone on a sky; false positives of the same exposure without them."""
    flags, good, hits = _searched(
        Effects.only(*LIGHT, "cosmic_rays", cosmic_ray_rate=2e-4, least_energy=EDGES[0], sky_rate=2.0)
    )
    energies, found = _seen(flags, good, hits)
    bins = [
        (low, high, (energies >= low) & (energies < high))
        for low, high in zip(EDGES, EDGES[1:], strict=False)
    ]
    completeness = [
        Completeness(low, high, int(chosen.sum()), int(found[chosen].sum())) for low, high, chosen in bins
    ]
    flags, good, _hits = _searched(Effects.only(*LIGHT, sky_rate=2.0))
    searched = (flags[:, 1:] & JUMP_DET > 0)[:, :, good]
    return Jumps(completeness, float(searched.mean()), searched.size)


def _searched(effects: Effects):
    """Group flags after the jump step, usable pixels, and the hits that went in."""
    steps = {"ramp_fit": {"skip": True}, "jump": {"flag_4_neighbors": False}}
    with simulated(effects=effects, seed=7, **READOUT) as simulation:
        ramp = Detector1Pipeline.call(simulation.exposure, steps=steps, configure_log=False)
        return ramp.groupdq.copy(), usable(ramp.pixeldq), simulation.truth.hits


def _seen(flags, good, hits):
    """Energies of the hits that could be seen, and whether the group of each is flagged.

    Such a hit is alone in its pixel's integration, lies between two groups, and saturates nothing.
    """
    ngroups = flags.shape[1]
    place = np.stack([hits["integration"], hits["y"], hits["x"]])
    _unique, which, count = np.unique(place, axis=1, return_inverse=True, return_counts=True)
    between = (hits["group"] >= 1) & (hits["group"] < ngroups)
    group = np.where(between, hits["group"], 0)
    at = hits["integration"], group, hits["y"], hits["x"]
    seen = (count[which.ravel()] == 1) & between & good[hits["y"], hits["x"]]
    seen &= flags[at] & (SATURATED | DO_NOT_USE) == 0
    return hits["electrons"][seen], (flags[at] & JUMP_DET > 0)[seen]


def table(jumps: Jumps) -> str:
    """The measurements as Markdown."""
    rows = ["| energy, electrons | hits | found | completeness |", "|---|---|---|---|"]
    for one in jumps.completeness:
        share = f"{one.found / one.hits:.3f}" if one.hits else ""
        rows.append(f"| {one.low:,} to {one.high:,} | {one.hits} | {one.found} | {share} |")
    rows.append(
        f"\nFalse jumps, in an exposure that nothing hit: {jumps.false_rate:.2g} of {jumps.differences:,} differences."
    )
    return "\n".join(rows)
