"""World coordinates in metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpucal.errors import GpucalError

if TYPE_CHECKING:
    from gpucal.wcs.world import Wcs


class MissingWcsError(GpucalError):
    """An exposure, or a slit of one, has no world coordinates."""


def wcs_of(meta: dict, source: str) -> Wcs:
    """The world coordinates in metadata.

    Parameters
    ----------
    meta : dict
        The tree ``meta`` of a model or of a slit.
    source : str
        What messages call it.

    Raises
    ------
    MissingWcsError
        If there are none.
    """
    kept = meta.get("wcs")
    if kept is None:
        raise MissingWcsError(f"{source}: has no world coordinates; run assign_wcs on it first")
    from gpucal.wcs.world import Wcs  # of no use to most runs

    return Wcs.of_kept(kept)
