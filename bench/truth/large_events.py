"""Snowballs and showers: how many are found, by their size, and what is flagged where there are none."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.truth.exposures import simulated, usable
from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET
from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.simulate import Effects
from gpucal.simulate.events import ellipse

LIGHT = ("sky", "poisson", "read_noise", "saturation")
FOUND = 0.5  # of the pixels that an event should have flagged


def surroundings(snowball, rows, columns):
    """The ring round a snowball where its halo is too faint to be a jump by itself."""
    distance = np.hypot(rows - snowball["y"], columns - snowball["x"])
    return (distance > 4 * snowball["radius"]) & (distance < 4.5 * snowball["radius"])


@dataclass(frozen=True)
class Kind:
    """A kind of large event, the search for it, and an exposure that shows it.

    Attributes
    ----------
    name : str
        That of the switch of the effect, and of the events in the truth.
    rate : float
        Events per pixel and second.
    readout : dict
        The readout.
    search : dict
        Parameters of ``jump`` that switch the search on.
    covered : function
        Of an event, rows and columns: the pixels that should be flagged.
    radii : tuple of float
        Edges of the bins of size, pixels.
    """

    name: str
    rate: float
    readout: dict
    search: dict
    covered: Callable
    radii: tuple[float, ...]


KINDS = (
    Kind(
        "snowballs",
        1e-6,
        {"detector": "NRCB1", "subarray": "FULL", "readpatt": "RAPID", "ngroups": 6},
        {"expand_large_events": True},
        surroundings,
        (3, 5, 7, 9, 12),
    ),
    Kind(
        "showers",
        2e-6,
        {"detector": "MIRIMAGE", "subarray": "FULL", "readpatt": "FASTR1", "ngroups": 20},
        {"find_showers": True},
        ellipse,
        (8, 12, 16, 24, 40),
    ),
)


@dataclass(frozen=True)
class Bin:
    """Events of one range of sizes: their number, and that of those that were found."""

    low: float
    high: float
    events: int
    found: int


@dataclass(frozen=True)
class LargeEvents:
    """What the search for one kind found.

    Attributes
    ----------
    kind : Kind
    bins : list of Bin
    missed : list of int
        How many pixels each event should have flagged that was not found.
    pixels : float
        How many an event should have flagged, the median of all.
    false_rates : tuple of float
        The fraction of differences flagged in an exposure without large events: by the search, and without it.
    """

    kind: Kind
    bins: list[Bin]
    missed: list[int]
    pixels: float
    false_rates: tuple[float, float]


def measure() -> list[LargeEvents]:
    """Completeness with one kind of event on a sky; false positives of the same exposure without it."""
    return [_measure(kind) for kind in KINDS]


def _measure(kind: Kind) -> LargeEvents:
    rate = {f"{kind.name.removesuffix('s')}_rate": kind.rate}
    flags, good, truth = _searched(kind, Effects.only(*LIGHT, kind.name, **rate), kind.search)
    events = _seen(getattr(truth, kind.name), flags, good)
    covered = [kind.covered(event, *np.indices(good.shape)) & good for event in events]
    found = np.array([_is_flagged(*pair, flags) for pair in zip(events, covered, strict=True)])
    in_bins = [
        (low, high, (events["radius"] >= low) & (events["radius"] < high))
        for low, high in zip(kind.radii, kind.radii[1:], strict=False)
    ]
    bins = [Bin(low, high, int(chosen.sum()), int(found[chosen].sum())) for low, high, chosen in in_bins]
    pixels = np.array([part.sum() for part in covered])
    rates = [_flagged(kind, search) for search in (kind.search, {})]
    return LargeEvents(kind, bins, list(pixels[~found]), float(np.median(pixels)), tuple(rates))


def _searched(kind: Kind, effects: Effects, search: dict):
    """Group flags after the jump step, usable pixels, and the truth."""
    skipped = {name: {"skip": True} for name in ("ramp_fit", "refpix")}
    with simulated(effects=effects, seed=8, **kind.readout) as simulation:
        steps = skipped | {"jump": search}
        ramp = Detector1Pipeline.call(simulation.exposure, steps=steps, configure_log=False)
        return ramp.groupdq.copy(), usable(ramp.pixeldq), simulation.truth


def _seen(events, flags, good):
    """The events that come between two groups of use, and are not in the last difference."""
    ngroups = flags.shape[1]
    usable_groups = np.mean(flags[:, :, good] & DO_NOT_USE > 0, axis=-1) < FOUND
    between = (events["group"] >= 1) & (events["group"] < ngroups - 1)
    group = np.where(between, events["group"], 1)
    integration = events["integration"]
    return events[between & usable_groups[integration, group] & usable_groups[integration, group - 1]]


def _is_flagged(event, covered, flags) -> bool:
    """Whether most of what an event should have flagged is flagged in its group."""
    return np.mean(flags[event["integration"], event["group"]][covered] & JUMP_DET > 0) > FOUND


def _flagged(kind: Kind, search: dict) -> float:
    """The fraction of differences flagged in an exposure without large events."""
    flags, good, _truth = _searched(kind, Effects.only(*LIGHT), search)
    return float(np.mean(flags[:, 1:, good] & JUMP_DET > 0))


def table(found: list[LargeEvents]) -> str:
    """The measurements as Markdown."""
    rows = ["| event | radius, pixels | events | found | completeness |", "|---|---|---|---|---|"]
    for one in found:
        for part in one.bins:
            share = f"{part.found / part.events:.3f}" if part.events else ""
            name = one.kind.name.removesuffix("s")
            rows.append(f"| {name} | {part.low} to {part.high} | {part.events} | {part.found} | {share} |")
    rows.append("")
    for one in found:
        if one.missed:
            rows.append(
                f"Missed {one.kind.name} should have flagged {min(one.missed)} to {max(one.missed)} pixels; of all "
                f"{one.kind.name} the median is {one.pixels:.0f}."
            )
    for one in found:
        by_search, without = one.false_rates
        rows.append(
            f"Differences flagged in an exposure without {one.kind.name}: {by_search:.2g}; "
            f"without the search, {without:.2g}."
        )
    return "\n".join(rows)
