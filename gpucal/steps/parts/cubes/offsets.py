"""Offsets of exposures on the sky that the user gives in a file."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from gpucal.data import Members
from gpucal.errors import GpucalError
from gpucal.wcs.documents import read_document

_NAMES, _EAST, _NORTH, _UNIT = "filename", "raoffset", "decoffset", "units"


def read_offsets(path: str | Path, members: Members) -> dict[int, tuple[float, float]]:
    """The offsets of exposures.

    Parameters
    ----------
    path : path
        An ASDF file with the lists ``filename``, ``raoffset`` and ``decoffset``, and ``units``, which is ``arcsec``.
    members : Members
        The exposures.

    Returns
    -------
    dict of int to (float, float)
        By how much each is moved to the east and to the north, arcsec.

    Raises
    ------
    GpucalError
        If the file cannot be read, lacks one of these, has lists of unequal lengths, or lacks an exposure.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise GpucalError(f"offset_file {path}: no such file")
    tree = read_document(path)
    missing = [name for name in (_NAMES, _EAST, _NORTH, _UNIT) if name not in tree]
    if missing:
        raise GpucalError(f"offset_file {path}: lacks {', '.join(missing)}")
    if str(tree[_UNIT]) != "arcsec":
        raise GpucalError(f"offset_file {path}: {_UNIT} is {tree[_UNIT]}; it has to be arcsec")
    names = [str(name) for name in tree[_NAMES]]
    east, north = (_numbers(path, name, tree[name]) for name in (_EAST, _NORTH))
    if not len(names) == len(east) == len(north):
        lengths = f"{len(names)}, {len(east)} and {len(north)}"
        raise GpucalError(f"offset_file {path}: {_NAMES}, {_EAST} and {_NORTH} have {lengths} entries")
    places = {name: number for number, name in reversed(list(enumerate(names)))}  # of several the first
    own = [str(exposure.meta.filename) for exposure in members]
    unknown = [name for name in own if name not in places]
    if unknown:
        raise GpucalError(f"offset_file {path}: has no entry for {', '.join(unknown)}")
    return {place: (float(east[places[name]]), float(north[places[name]])) for place, name in enumerate(own)}


def _numbers(path: Path, name: str, values: Iterable) -> np.ndarray:
    try:
        made = np.array(list(values), float)
    except (TypeError, ValueError) as error:
        raise GpucalError(f"offset_file {path}: {name} is no list of numbers") from error
    if not np.isfinite(made).all():
        raise GpucalError(f"offset_file {path}: {name} has a number that is not finite")
    return made
