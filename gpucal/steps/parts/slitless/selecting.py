"""Which sources of a field are extracted."""

import logging
from collections.abc import Sequence

import numpy as np

from gpucal.errors import GpucalError
from gpucal.steps.parts.slitless.sources import Sources

log = logging.getLogger(__name__)


def asked_for(sources: Sources, step) -> Sources:
    """The sources that a user names, by number or by place; all without any.

    Parameters
    ----------
    sources : Sources
        Of the catalog.
    step : Step
        Has ``source_ids``, ``source_ra``, ``source_dec`` and ``source_max_sep`` (arcsec).

    Raises
    ------
    GpucalError
        If a name or place is no number, or there is no source near any place.
    """
    if step.source_ids is None and step.source_ra is None and step.source_dec is None:
        return sources
    wanted = [int(one) for one in numbers(step.source_ids, "source_ids")]
    for label in set(wanted).difference(sources.label.tolist()):
        log.warning("There is no source %d in the catalog", label)
    wanted += near_places(sources, step.source_ra, step.source_dec, step.source_max_sep)
    if not wanted:
        raise GpucalError(
            f"no source of the catalog is within {step.source_max_sep:g} arcsec of any of the places of source_ra and "
            "source_dec; give others, or a larger source_max_sep"
        )
    return sources.part(np.isin(sources.label, wanted))


def near_places(sources: Sources, ra: Sequence | None, dec: Sequence | None, farthest: float) -> list[int]:
    """The numbers of the sources nearest to places, degrees, if they are no farther than so many arcsec."""
    ra, dec = numbers(ra, "source_ra"), numbers(dec, "source_dec")
    if len(ra) != len(dec):
        raise GpucalError(f"source_ra has {len(ra)} values and source_dec {len(dec)}: give one of each for a source")
    directions, found = _directions(*sources.center.T), []
    for place in zip(ra, dec, strict=True):
        chord = np.linalg.norm(directions - _directions(*np.array(place)), axis=-1)
        separation = np.rad2deg(2 * np.arcsin(np.minimum(chord / 2, 1))) * 3600
        if not np.isfinite(separation).any() or np.nanmin(separation) > farthest:
            log.warning("No source of the catalog is within %g arcsec of %.6f, %.6f", farthest, *place)
        else:
            found.append(int(sources.label[np.nanargmin(separation)]))
    return found


def bright_enough(sources: Sources, faintest: float | None) -> Sources:
    """The sources brighter than a magnitude; those without one are kept, and told of.

    Parameters
    ----------
    sources : Sources
    faintest : float or None
        AB magnitude; None keeps all.
    """
    unknown = np.isnan(sources.magnitude)
    if unknown.any():
        log.warning(
            "The catalog has no magnitude of sources %s: they count as the faintest, and no limit leaves them out",
            ", ".join(map(str, sources.label[unknown].tolist())),
        )
    return sources if faintest is None else sources.part(~(sources.magnitude >= faintest))


def numbers(given: Sequence | None, name: str) -> list[float]:
    """What a user gave, as numbers.

    Raises
    ------
    GpucalError
        If one is none.
    """
    try:
        return [float(one) for one in given or ()]
    except (TypeError, ValueError) as error:
        raise GpucalError(f"{name}: {', '.join(map(str, given))} are not all numbers") from error


def _directions(ra, dec) -> np.ndarray:
    ra, dec = np.deg2rad(ra), np.deg2rad(dec)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)
