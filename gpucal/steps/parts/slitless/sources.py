"""The sources of a direct image, as its catalog tells them.

Source: the ECSV format, https://github.com/astropy/astropy-APEs/blob/main/APE6.rst; the columns are those of the
source_catalog step, https://jwst-pipeline.readthedocs.io/en/latest/jwst/source_catalog/main.html.
"""

import csv
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gpucal.data import InputError

# Corners of the smallest box about the segment of a source: lower left, lower right, upper left, upper right.
CORNERS = ("sky_bbox_ll", "sky_bbox_lr", "sky_bbox_ul", "sky_bbox_ur")
_CENTER = "sky_centroid"
_COLUMNS = ("label", "isophotal_abmag", "is_extended", *(f"{place}.{axis}" for place in (_CENTER, *CORNERS)
                                                         for axis in ("ra", "dec")))  # fmt: skip


class Sources(NamedTuple):
    """Sources, in the order of the catalog.

    Attributes
    ----------
    label : (n,) int64 array
        Their numbers, which are those of their segments.
    center : (n, 2) float64 array
        Right ascension and declination, degrees.
    corners : (n, 4, 2) float64 array
        The same of the corners of the box about the segment: see `CORNERS`.
    magnitude : (n,) float64 array
        AB magnitude within the isophote; NaN where the catalog has none.
    is_extended : (n,) bool array
        Whether they are larger than a point.
    """

    label: np.ndarray
    center: np.ndarray
    corners: np.ndarray
    magnitude: np.ndarray
    is_extended: np.ndarray

    def part(self, chosen) -> "Sources":
        """Some of them: a mask, or their places in order."""
        return Sources(*(column[chosen] for column in self))


def read_sources(path: Path) -> Sources:
    """Read a catalog.

    Parameters
    ----------
    path : pathlib.Path
        A file of the source_catalog step (.ecsv).

    Returns
    -------
    Sources

    Raises
    ------
    InputError
        If it cannot be read, or lacks columns.
    """
    try:
        text = Path(path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a catalog of sources ({error})") from error
    if not text.startswith("# %ECSV"):
        raise InputError(f"{path}: is no catalog of sources: it does not begin with '# %ECSV'")
    delimiter = re.search(r"^# delimiter: '?(.)", text, re.MULTILINE)
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    titles, *rows = csv.reader(lines, delimiter=delimiter[1] if delimiter else " ")
    missing = [name for name in _COLUMNS if name not in titles]
    if missing:
        lacking = ", ".join(dict.fromkeys(name.partition(".")[0] for name in missing))
        raise InputError(f"{path}: the catalog of sources lacks the columns {lacking}; make it with source_catalog")
    if any(len(row) != len(titles) for row in rows):
        raise InputError(f"{path}: a line of the catalog has more or fewer values than there are columns")
    return _of_columns(path, dict(zip(titles, zip(*rows, strict=True) if rows else [()] * len(titles), strict=True)))


def _of_columns(path: Path, columns: dict) -> Sources:
    def numbers(name: str) -> np.ndarray:
        try:
            return np.array([float(one) if one else np.nan for one in columns[name]])
        except ValueError as error:
            raise InputError(f"{path}: column {name} of the catalog holds what is no number ({error})") from error

    def places(name: str) -> np.ndarray:
        return np.stack([numbers(f"{name}.ra"), numbers(f"{name}.dec")], axis=-1)

    label = numbers("label")
    if not np.isfinite(label).all():
        raise InputError(f"{path}: a source of the catalog has no label")
    return Sources(
        label.astype(np.int64),
        places(_CENTER),
        np.stack([places(name) for name in CORNERS], axis=1),
        numbers("isophotal_abmag"),
        np.array([one == "True" for one in columns["is_extended"]], bool),
    )
