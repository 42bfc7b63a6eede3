"""The tables of an OIFITS file: what stands in which column, in which unit.

Source: Duvert, Young & Hummel (2017, A&A 597, A8), the second version of the format; ``OI_Q4`` is an addition of JWST,
for quadrangles.
"""

from typing import NamedTuple

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.steps.parts.interferometry.closures import Measured

TEXT = {"TEL_NAME": 16, "STA_NAME": 16, "FOVTYPE": 6, "TARGET": 16, "VELTYP": 8, "VELDEF": 8, "SPECTYP": 16}

# The letters of FITS for types of numbers, by kind and bytes.
LETTERS = {("b", 1): "L", ("i", 2): "I", ("f", 4): "E", ("f", 8): "D"}

UNITS = {
    "DIAMETER": "m", "STAXYZ": "m", "FOV": "arcsec", "CTRS_EQT": "m", "PISTONS": "deg", "PIST_ERR": "deg",
    "PISTON_T": "deg", "PISTON_C": "deg",
    "RAEP0": "deg", "DECEP0": "deg", "EQUINOX": "yr", "RA_ERR": "deg", "DEC_ERR": "deg", "SYSVEL": "m/s",
    "PMRA": "deg/yr", "PMDEC": "deg/yr", "PMRA_ERR": "deg/yr", "PMDEC_ERR": "deg/yr", "PARALLAX": "deg",
    "PARA_ERR": "deg",
    "EFF_WAVE": "m", "EFF_BAND": "m",
    "TIME": "s", "MJD": "day", "INT_TIME": "s",
    "VISPHI": "deg", "VISPHIERR": "deg", "T3PHI": "deg", "T3PHIERR": "deg", "Q4PHI": "deg", "Q4PHIERR": "deg",
    **{f"{axis}{number}COORD": "m" for axis in "UV" for number in ("", 1, 2, 3, 4)},
}  # fmt: skip


class Time(NamedTuple):
    """When it was measured, of each integration.

    Attributes
    ----------
    mjd : (nints,) float64 array
    seconds : (nints,) float64 array
        How long.
    """

    mjd: np.ndarray
    seconds: np.ndarray


def measured_table(columns: dict[str, np.ndarray], time: Time, coordinates, stations) -> np.ndarray:
    """A table of what was measured of baselines, triangles or quadrangles.

    There is a row for each of them and each integration, one integration after another. As jwst has it, there is one
    row for each of them, and columns hold an array of all integrations.

    Parameters
    ----------
    columns : dict of str to (nints, n) or (n,) float array
        Values and errors of integrations, or of their mean.
    time : Time
    coordinates : (n, nsides, 2) float array
        Metres towards east and north.
    stations : (n, nholes) int array
        The numbers of holes.
    """
    if as_peer():
        time = Time(time.mjd[:1], time.seconds[:1])
        columns = {name: values.T for name, values in columns.items()}
    else:
        columns = {name: values.reshape(-1) for name, values in columns.items()}
    repeats = len(time.mjd)
    nrows = len(stations) * repeats
    missing = np.zeros(nrows, bool)
    if not as_peer():
        missing = ~np.isfinite([values for name, values in columns.items() if not name.endswith("ERR")]).all(
            0
        )
    return table_of(
        {
            "TARGET_ID": np.ones(nrows, np.int16),
            "TIME": np.zeros(nrows),
            "MJD": np.repeat(time.mjd, len(stations)),
            "INT_TIME": np.repeat(time.seconds, len(stations)),
            **columns,
            **coordinate_columns(np.tile(coordinates, (repeats, 1, 1))),
            "STA_INDEX": np.tile(stations, (repeats, 1)).astype(np.int16),
            "FLAG": missing,
        }
    )


def coordinate_columns(coordinates) -> dict[str, np.ndarray]:
    """The columns of coordinates: UCOORD and VCOORD of baselines; of more holes those of the sides that have some.

    The last side of a triangle is what the others leave, and has no columns; that of a quadrangle has.
    """
    if coordinates.shape[1] == 1:
        return {"UCOORD": coordinates[:, 0, 0], "VCOORD": coordinates[:, 0, 1]}
    columns = {}
    for side in range(2 if coordinates.shape[1] == 3 else 4):
        columns[f"U{side + 1}COORD"], columns[f"V{side + 1}COORD"] = (
            coordinates[:, side, 0],
            coordinates[:, side, 1],
        )
    if as_peer() and "U4COORD" in columns:
        columns["U4COORD"] = -(columns["V2COORD"] + columns["V3COORD"])
        columns["V4COORD"] = -(columns["U2COORD"] + columns["U3COORD"])
    return columns


def pair_of(name: str, measured: Measured, in_degrees: bool = False) -> dict[str, np.ndarray]:
    """The column of a quantity, and that of its error."""
    factor = 180.0 / np.pi if in_degrees else 1.0
    return {name: measured.value * factor, f"{name}ERR": measured.error * factor}


def table_of(columns: dict[str, np.ndarray]):
    """A table of columns, with their units; texts have the widths of the format.

    Returns
    -------
    `astropy.io.fits.FITS_rec`
        In which flags are logical values of FITS.
    """
    from astropy.io import fits

    made = []
    for name, values in columns.items():
        array = np.asarray(values)
        width = TEXT[name] if name in TEXT else (array.size // len(array) if array.ndim > 1 else "")
        letter = "A" if name in TEXT else LETTERS[array.dtype.kind, array.dtype.itemsize]
        shape = f"({','.join(map(str, array.shape[:0:-1]))})" if array.ndim > 1 else None
        made.append(
            fits.Column(
                name, f"{width}{letter}", None if as_peer() else UNITS.get(name), dim=shape, array=array
            )
        )
    return fits.BinTableHDU.from_columns(made).data
