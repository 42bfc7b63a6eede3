"""Exposures that are so far from all others that a mosaic with them is nearly empty.

The rule has no number to choose. Exposures whose circles touch make an island. An island whose gap to all others is
wider than all islands put side by side has strayed.
"""

from collections.abc import Sequence

import numpy as np

from gpucal.errors import GpucalError
from gpucal.wcs.sphere import directions

# Names of exposures that a message lists.
_LISTED = 5


class StrayPointingError(GpucalError):
    """Exposures of one mosaic are absurdly far from one another."""


def check_pointings(names: Sequence[str], corners: Sequence[np.ndarray]) -> None:
    """Refuse exposures that are absurdly far from the others.

    Parameters
    ----------
    names : sequence of str
        Of the exposures, for the message.
    corners : sequence of (n, 2) array
        Their corners on the sky, degrees.

    Raises
    ------
    StrayPointingError
        If there are such. The largest group of exposures is what the others have strayed from; of two groups of the
        same size, the one with the first exposure.
    """
    centers, radii = _circles(corners)
    separations = np.rad2deg(2 * np.arcsin(np.minimum(_chords(centers) / 2, 1)))
    gaps = separations - radii[:, None] - radii
    islands = _groups(gaps <= 0)
    extents = [(separations + radii[:, None] + radii)[np.ix_(one, one)].max() for one in islands]
    groups = _groups(gaps <= sum(extents))
    if len(groups) == 1:
        return
    largest = max(groups, key=len)
    stray = np.setdiff1d(np.arange(len(names)), largest)
    nearest = gaps[np.ix_(stray, largest)].min()
    listed = ", ".join(names[one] for one in stray[:_LISTED]) + (", ..." if len(stray) > _LISTED else "")
    raise StrayPointingError(
        f"{len(stray)} of {len(names)} exposures are {_angle(nearest)} from the nearest of the others, which makes the "
        f"mosaic nearly empty: {listed}. Check their pointing (RA_REF, DEC_REF), leave them out of the association, "
        "or give output_shape, crpix and crval, or output_wcs, to say which part of the sky is wanted"
    )


def _circles(corners: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Directions of the middles of exposures, (n, 3), and the radii of the circles about them, degrees."""
    vectors = [directions(points) for points in corners]
    centers = np.array([one.mean(0) / np.linalg.norm(one.mean(0)) for one in vectors])
    reach = (np.linalg.norm(one - center, axis=1).max() for one, center in zip(vectors, centers, strict=True))
    return centers, np.rad2deg(2 * np.arcsin(np.array(list(reach)) / 2))


def _chords(centers: np.ndarray) -> np.ndarray:
    return np.sqrt(((centers[:, None] - centers) ** 2).sum(-1))


def _groups(linked: np.ndarray) -> list[list[int]]:
    """Groups of indices that are linked, directly or by others, in the order of their first one."""
    left, groups = set(range(len(linked))), []
    while left:
        group, new = set(), {min(left)}
        while new:
            group |= new
            new = {int(one) for one in np.flatnonzero(linked[sorted(new)].any(0))} - group
        left -= group
        groups.append(sorted(group))
    return groups


def _angle(degrees: float) -> str:
    return f"{degrees:.1f} degrees" if degrees >= 1 else f"{degrees * 60:.1f} arcmin"
