"""Groups of images are aligned to each other, and all of them to a catalogue.

Source: the ``tweakreg`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/tweakreg/README.html; for the order of images, ``align_wcs`` of
tweakwcs, https://tweakwcs.readthedocs.io.
"""

import logging
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.errors import GpucalError
from gpucal.steps.parts.alignment.fitting import Clipping, Fit, fitted
from gpucal.steps.parts.alignment.images import Group, Reference
from gpucal.steps.parts.alignment.matching import Matching, Pairs, matched
from gpucal.steps.parts.alignment.overlaps import hull, overlap

log = logging.getLogger(__name__)

# Fewer sources than these tell nothing of where an image lies: its corners do.
_ENOUGH_FOR_A_HULL = 4


class AlignmentError(GpucalError):
    """A group of images cannot be aligned; it stays where it was."""


class LedAstrayError(AlignmentError):
    """A fit would move a group farther than is believed."""


class Outcome(Enum):
    """What became of a group."""

    ALIGNED = "aligned"
    REFERENCE = "the reference"  # others were aligned to it
    FAILED = "failed"
    ALONE = "alone"  # it has no sources, or overlaps none of the others, or nothing was aligned to it


class Rules(NamedTuple):
    """How groups are aligned.

    Attributes
    ----------
    matching : Matching
        How sources are matched.
    geometry : str
        See `gpucal.steps.parts.alignment.fitting`.
    clipping : Clipping
        Of the fit.
    minobj : int
        The fewest sources that have to match.
    """

    matching: Matching = Matching()
    geometry: str = "rshift"
    clipping: Clipping = Clipping()
    minobj: int = 15


def align_to_each_other(
    groups: Sequence[Group], rules: Rules, expand: bool = False, in_order: bool = False
) -> list[Outcome]:
    """Align groups of images to the sources of one of them.

    Parameters
    ----------
    groups : sequence of Group
        In order. Coordinates of their images are corrected in place; those of groups that fail are left as they were.
    rules : Rules
        How.
    expand : bool
        Whether sources of aligned groups become references for the next ones; a group that overlaps none is then the
        first of a part of its own. Otherwise the first group alone is the reference.
    in_order : bool
        Whether groups are taken in the given order; otherwise, with ``expand``, the two that overlap most, and then
        each time the one that overlaps most with what there is.

    Returns
    -------
    list of Outcome
        For each group.
    """
    outcomes = [Outcome.ALONE] * len(groups)
    left = [number for number, group in enumerate(groups) if group.number_of_sources]
    if len(left) < 2:
        return outcomes
    shapes = [_shape(group) if expand else [] for group in groups]
    if expand and not in_order and len(left) > 2:
        left.sort(key=_nearest_pair(left, shapes).get, reverse=True)
    first, following, *left = left
    log.info("%s is the reference", groups[first].name)
    reference = groups[first].on_sky()
    while following is not None:
        outcomes[following], matches = _tried(groups[following], reference, rules)
        if expand:
            if outcomes[following] is Outcome.FAILED and not overlap(shapes[following], [hull(reference.directions)]):
                outcomes[following] = Outcome.ALONE
            if outcomes[following] is not Outcome.FAILED:
                reference = reference.with_more(groups[following].on_sky().part(_unmatched(groups[following], matches)))
            if not in_order:
                covered = [hull(reference.directions)]
                left.sort(key=lambda number: -overlap(shapes[number], covered))
        following = left.pop(0) if left else None
    if Outcome.ALIGNED in outcomes:
        outcomes[first] = Outcome.REFERENCE
    return outcomes


def align_to_catalog(
    groups: Sequence[Group], outcomes: Sequence[Outcome], reference: Reference, rules: Rules
) -> list[Outcome]:
    """Align groups, that were aligned to each other, all together to a catalogue.

    Parameters
    ----------
    groups : sequence of Group
        Coordinates of all their images are corrected in place.
    outcomes : sequence of Outcome
        Of `align_to_each_other`. Sources of those that failed are left out of the fit, unless all failed; these move
        along with the others, as their pointing has the same fault.
    reference : Reference
        The catalogue.
    rules : Rules
        How.

    Returns
    -------
    list of Outcome
        For each group.

    Raises
    ------
    GpucalError
        If too few sources match, or they do not determine the change. Nothing is corrected then.
    """
    if len(reference.directions) < rules.minobj:
        raise AlignmentError(f"it has {len(reference.directions)} sources, and {rules.minobj} are asked for")
    fitting = [group for group, outcome in zip(groups, outcomes, strict=True) if outcome is not Outcome.FAILED]
    together = Group([image for group in fitting or groups for image in group])
    plane = together.images[0].plane
    fit, _ = align_to(together, reference, rules)
    tell(together, fit)
    results = []
    for group, outcome in zip(groups, outcomes, strict=True):
        if fitting and outcome is Outcome.FAILED:
            for image in group:
                image.move(plane, fit.matrix, fit.shift)
            results.append(outcome)
        else:
            results.append(Outcome.ALIGNED if group.number_of_sources else Outcome.ALONE)
    return results


def align_to(group: Group, reference: Reference, rules: Rules, farthest: float | None = None) -> tuple[Fit, Pairs]:
    """Align a group of images to sources with known places.

    Parameters
    ----------
    group : Group
        Coordinates of its images are corrected in place.
    reference : Reference
        The sources.
    rules : Rules
        How.
    farthest : float, optional
        A move of a corner that is not believed, arcsec.

    Returns
    -------
    Fit
        In the plane of the first image.
    Pairs
        The sources that matched.

    Raises
    ------
    GpucalError
        If too few sources match, if they do not determine the change, or if it is not believed. Coordinates are then
        what they were.
    """
    plane, own = group.images[0].plane, group.on_sky()
    visible = np.flatnonzero(plane.sees(reference.directions))
    targets, points = plane.at(reference.directions[visible]), plane.at(own.directions)
    pairs = matched(targets, points, rules.matching, group.images[0].pixel_size())
    if len(pairs.image) < rules.minobj:
        raise AlignmentError(f"{len(pairs.image)} of its sources match, and {rules.minobj} are asked for")
    pairs = Pairs(visible[pairs.reference], pairs.image)
    weights = _joint(reference.part(pairs.reference).weights, own.part(pairs.image).weights)
    fit = fitted(
        plane.at(reference.directions[pairs.reference]), points[pairs.image], rules.geometry, rules.clipping, weights
    )
    before = group.coordinates()
    for image in group:
        image.move(plane, fit.matrix, fit.shift)
    if farthest is not None and not (distance := group.moved(before)) < farthest:
        group.restore(before)
        raise LedAstrayError(f"the fit would move it by {distance:.3g} arcsec, more than {farthest:.3g}")
    return fit, pairs


def _tried(group: Group, reference: Reference, rules: Rules) -> tuple[Outcome, Pairs | None]:
    """Align a group, and say how it went."""
    try:
        fit, pairs = align_to(group, reference, rules, rules.matching.largest_move)
    except GpucalError as reason:
        if as_peer() and isinstance(reason, LedAstrayError):
            raise  # one such group undoes all
        log.warning("%s is not aligned: %s", group.name, reason)
        return Outcome.FAILED, None
    tell(group, fit)
    return Outcome.ALIGNED, pairs


def tell(group: Group, fit: Fit) -> None:
    """Log a fit."""
    turn = np.rad2deg(np.arctan2(fit.matrix[0, 1], fit.matrix[0, 0])) * 3600
    log.info(
        "%s is aligned by %d sources: moved by %.4g, %.4g arcsec, turned by %.3g arcsec, rms %.3g mas",
        group.name, np.count_nonzero(fit.used), *fit.shift, turn, fit.rms * 1000,
    )  # fmt: skip


def _unmatched(group: Group, matches: Pairs | None) -> np.ndarray:
    """Which of its sources matched none of the reference."""
    alone = np.ones(group.number_of_sources, bool)
    if matches is not None:
        alone[matches.image] = False
    return alone


def _joint(one: np.ndarray | None, other: np.ndarray | None) -> np.ndarray | None:
    """Weights of pairs: their inverses are added."""
    if one is None or other is None:
        return other if one is None else one
    weights, both = np.zeros(len(one)), (one > 0) & (other > 0)
    weights[both] = one[both] * other[both] / (one[both] + other[both])
    return weights


def _shape(group: Group) -> list[np.ndarray]:
    """The polygons around the sources of each image."""
    return [
        hull(image.on_sky().directions if len(image.sources.x) >= _ENOUGH_FOR_A_HULL else image.corners())
        for image in group
    ]


def _nearest_pair(numbers: Sequence[int], shapes: Sequence[list[np.ndarray]]) -> dict[int, int]:
    """Ranks of groups: the two that overlap most before all others, first the one that overlaps more with all."""
    areas = np.zeros((len(numbers),) * 2)
    for one in range(len(numbers)):
        for other in range(one):
            areas[one, other] = areas[other, one] = overlap(shapes[numbers[one]], shapes[numbers[other]])
    first, second = np.unravel_index(areas.argmax(), areas.shape)
    if areas[first].sum() < areas[second].sum():
        first, second = second, first
    return dict.fromkeys(numbers, 0) | {numbers[second]: 1, numbers[first]: 2}
